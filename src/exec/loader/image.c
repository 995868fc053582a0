/* SPDX-License-Identifier: MIT */
/*
 * Mapping an ELF file as fs/binfmt_elf.c does: the first segment with the room of all of them, the
 * others over it, zeros behind what comes from the file. Odd files give the same odd memory, or
 * the same death.
 */
#include "exec/loader/image.h"

/* The kernel refuses program headers beyond 64 KiB. */
enum { HEADERS_MAX = 0x10000, FIRST_READ = 1024 };
static uint64_t headers[HEADERS_MAX / sizeof(uint64_t)];

static unsigned long page_down(const struct image *im, unsigned long a)
{
	return a & ~(im->page - 1);
}

static unsigned long page_up(const struct image *im, unsigned long a)
{
	return page_down(im, a + im->page - 1);
}

static long must(long r)
{
	if (machine_is_error(r))
		machine_die();
	return r;
}

static void must_read(int fd, void *buf, unsigned long size, uint64_t offset)
{
	if (machine_pread(fd, buf, size, offset) != (long)size)
		machine_die();
}

static void header_check(const MACHINE_HEADER *h)
{
	for (int i = 0; i < ELF_MAGIC_SIZE; i++)
		if (h->e_ident[i] != (uint8_t)ELF_MAGIC[i])
			machine_die();
	if (h->e_type != ELF_TYPE_EXEC && h->e_type != ELF_TYPE_DYN)
		machine_die();
	if (h->e_machine != MACHINE_ELF || h->e_phentsize != sizeof(MACHINE_SEGMENT))
		machine_die();
	if (h->e_phnum == 0 || h->e_phnum > HEADERS_MAX / sizeof(MACHINE_SEGMENT))
		machine_die();
}

void image_open(struct image *im, const char *path, unsigned long page)
{
	unsigned long size, at, got;

	im->fd = (int)must(machine_call(NR_OPENAT, AT_CWD, (long)path, O_READ_CLOEXEC, 0, 0, 0));
	im->page = page;
	im->code_prot = 0;
	got = (unsigned long)must(machine_pread(im->fd, headers, FIRST_READ, 0));
	if (got < sizeof(im->header))
		machine_die();
	im->header = *(MACHINE_HEADER *)headers;
	header_check(&im->header);

	at = (unsigned long)im->header.e_phoff;
	size = im->header.e_phnum * sizeof(MACHINE_SEGMENT);
	if (at > got || size > got - at || at % sizeof(uint64_t) != 0) {
		must_read(im->fd, headers, size, im->header.e_phoff);
		at = 0;
	}
	im->segments = (const MACHINE_SEGMENT *)((const char *)headers + at);
}

enum stack_kind image_stack(const struct image *im)
{
	enum stack_kind kind = STACK_DEFAULT;

	for (unsigned i = 0; i < im->header.e_phnum; i++)
		if (im->segments[i].p_type == ELF_PT_GNU_STACK)
			kind = im->segments[i].p_flags & ELF_PF_X ? STACK_EXEC : STACK_NOEXEC;
	return kind;
}

/* What all segments span, and the largest alignment that one asks for (at least a page). */
static unsigned long image_span(const struct image *im, unsigned long *ret_align)
{
	unsigned long low = -1UL, high = 0, align = im->page;

	for (unsigned i = 0; i < im->header.e_phnum; i++) {
		const MACHINE_SEGMENT *s = &im->segments[i];

		if (s->p_type != ELF_PT_LOAD)
			continue;
		if (page_down(im, s->p_vaddr) < low)
			low = page_down(im, s->p_vaddr);
		if (s->p_vaddr + s->p_memsz > high)
			high = s->p_vaddr + s->p_memsz;
		if ((s->p_align & (s->p_align - 1)) == 0 && s->p_align > align)
			align = s->p_align;
	}
	if (high <= low)
		machine_die();
	*ret_align = align;
	return high - low;
}

static const MACHINE_SEGMENT *first_load(const struct image *im)
{
	for (unsigned i = 0; i < im->header.e_phnum; i++)
		if (im->segments[i].p_type == ELF_PT_LOAD)
			return &im->segments[i];
	machine_die();
}

static int segment_prot(const struct image *im, const MACHINE_SEGMENT *s)
{
	return (s->p_flags & ELF_PF_R ? PROT_R : 0) | (s->p_flags & ELF_PF_W ? PROT_W : 0) |
	       (s->p_flags & ELF_PF_X ? PROT_X | im->code_prot : 0);
}

/*
 * The part that comes from the file. With a `total`, room for the whole image is taken in the same
 * call, so that it lies in one piece, and given back behind the segment.
 */
static unsigned long segment_map_file(const struct image *im, const MACHINE_SEGMENT *s,
				      unsigned long addr, int flags, unsigned long total)
{
	unsigned long offset_in_page = s->p_vaddr & (im->page - 1);
	unsigned long size = page_up(im, s->p_filesz + offset_in_page);
	unsigned long room = total > size ? page_up(im, total) : size;
	long r;

	if (s->p_offset < offset_in_page || ((s->p_offset - offset_in_page) & (im->page - 1)))
		machine_die();
	r = must(machine_mmap(page_down(im, addr), room, segment_prot(im, s), MAP_PRIVATE | flags,
			      im->fd, s->p_offset - offset_in_page));
	if (room > size)
		machine_call(NR_MUNMAP, r + (long)size, (long)(room - size), 0, 0, 0, 0);
	return (unsigned long)r;
}

/* The rest: zeros up to the end of the last page from the file, and pages of zeros. */
static void segment_map_zeros(const struct image *im, const MACHINE_SEGMENT *s, unsigned long start)
{
	unsigned long from = start + s->p_filesz, to = start + s->p_memsz;
	unsigned long from_page = s->p_filesz ? page_up(im, from) : page_down(im, from);
	unsigned long to_page = page_up(im, to);
	int prot = PROT_R | PROT_W | (s->p_flags & ELF_PF_X ? PROT_X : 0);

	if (s->p_filesz && (s->p_flags & ELF_PF_W))
		for (volatile char *p = (char *)from; p < (char *)from_page; p++)
			*p = 0;
	if (to_page > from_page)
		must(machine_mmap(from_page, to_page - from_page, prot,
				  MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0));
}

/* Maps one segment for `addr`; returns where its first page is. */
static unsigned long segment_map(const struct image *im, const MACHINE_SEGMENT *s,
				 unsigned long addr, int flags, unsigned long total)
{
	unsigned long start = page_down(im, addr);

	if (s->p_filesz > s->p_memsz || addr + s->p_memsz < addr)
		machine_die();
	if (s->p_filesz)
		start = segment_map_file(im, s, addr, flags, total);
	if (s->p_memsz > s->p_filesz)
		segment_map_zeros(im, s, start + (s->p_vaddr & (im->page - 1)));
	return start;
}

/* The file's own addresses; image_finish makes them addresses in memory. */
static void image_account(struct image *im, const MACHINE_SEGMENT *s)
{
	unsigned long start = s->p_vaddr, end = start + s->p_filesz;
	uint64_t phoff = im->header.e_phoff;

	if (s->p_offset <= phoff && phoff - s->p_offset < s->p_filesz)
		im->phdr = (unsigned long)(phoff - s->p_offset) + start;
	if ((s->p_flags & ELF_PF_X) && start < im->start_code)
		im->start_code = start;
	if ((s->p_flags & ELF_PF_X) && end > im->end_code)
		im->end_code = end;
	if (start > im->start_data)
		im->start_data = start;
	if (end > im->end_data)
		im->end_data = end;
	if (start + s->p_memsz > im->end)
		im->end = start + s->p_memsz;
}

static void image_finish(struct image *im)
{
	im->entry = im->header.e_entry + im->bias;
	im->phdr += im->bias;
	im->end += im->bias;
	im->start_code += im->bias;
	im->end_code += im->bias;
	im->start_data += im->bias;
	im->end_data += im->bias;
	machine_call(NR_CLOSE, im->fd, 0, 0, 0, 0, 0);
}

/* `flags` place the first segment; the others follow it. */
static void image_map(struct image *im, unsigned long bias, int flags, unsigned long total)
{
	unsigned long addr;
	int placed = 0;

	im->bias = bias;
	im->entry = im->phdr = im->end = 0;
	im->end_code = im->start_data = im->end_data = 0;
	im->start_code = -1UL;
	for (unsigned i = 0; i < im->header.e_phnum; i++) {
		const MACHINE_SEGMENT *s = &im->segments[i];

		if (s->p_type != ELF_PT_LOAD)
			continue;
		addr = segment_map(im, s, im->bias + s->p_vaddr, placed ? MAP_FIXED : flags,
				   placed ? 0 : total);
		if (!placed)
			im->bias += addr - page_down(im, im->bias + s->p_vaddr);
		placed = 1;
		image_account(im, s);
	}
	if (im->header.e_type == ELF_TYPE_EXEC && im->bias != bias)
		machine_die();
	image_finish(im);
}

/* The address wanted for the first byte of a position independent program. */
static unsigned long program_base(const struct image_place *place, unsigned long span,
				  unsigned long align, unsigned long page)
{
	unsigned long rnd = place->random & ((1UL << MACHINE_RND_BITS) - 1);
	unsigned long brk;

	if (place->policy == PLACE_BELOW_BRK) {
		brk = (unsigned long)machine_call(NR_BRK, 0, 0, 0, 0, 0, 0);
		if (brk > span + align + MACHINE_DYN_BASE / 4)
			return (brk - span) & ~(align - 1);
	}
	return (MACHINE_DYN_BASE + rnd * page) & ~(align - 1);
}

/*
 * In 64 bits nothing else lies near a program of ordinary size, so no room need be taken for it
 * first, and its segments are not mapped over each other's room: 2.5 of 18 us.
 */
static int is_lonely(unsigned long span)
{
	return MACHINE_BITS == 64 && span < 1UL << 30;
}

void image_map_program(struct image *im, const struct image_place *place)
{
	unsigned long align, span = image_span(im, &align);
	unsigned long bias = 0;

	if (im->header.e_type == ELF_TYPE_EXEC) {
		image_map(im, 0, MAP_NOREPLACE, 0);
		return;
	}
	if (place->policy != PLACE_ANYWHERE)
		bias = program_base(place, span, align, im->page);
	bias = page_down(im, bias - first_load(im)->p_vaddr);
	if (place->policy == PLACE_ANYWHERE)
		image_map(im, bias, 0, span);
	else
		image_map(im, bias, MAP_NOREPLACE, is_lonely(span) ? 0 : span);
}

void image_map_interp(struct image *im)
{
	unsigned long align, span = image_span(im, &align);

	if (im->header.e_type == ELF_TYPE_EXEC)
		image_map(im, 0, MAP_FIXED, span);
	else
		image_map(im, 0 - page_down(im, first_load(im)->p_vaddr), 0, span);
}
