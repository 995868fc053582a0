/* SPDX-License-Identifier: MIT */
/*
 * ELF headers of both widths, brought into one form. Which width a header has follows from its
 * e_machine, as in the kernel, which has one ELF reader per machine and mostly ignores e_ident.
 */
#include "exec/elf.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

/* BINPRM_BUF_SIZE is larger than either header; shorter files are read as followed by zeros. */
union header {
	struct elf32_header h32;
	struct elf64_header h64;
};

enum { PHDRS_MAX = 0x10000, INTERP_MAX = 4096 };

/* The part of a header that is looked at, of either width. */
struct shape {
	const struct elf_machine *machine;
	uint16_t type, phentsize, phnum;
	uint64_t entry, phoff;
};

/* e_machine lies at the same place in both headers. */
static const struct elf_machine *machine_find(const union header *h)
{
	for (size_t i = 0; i < elf_machine_count; i++) {
		const struct elf_machine *m = &elf_machines[i];
		int class = m->bits == 64 ? ELF_CLASS_64 : ELF_CLASS_32;

		if (h->h32.e_machine != m->machine)
			continue;
		if (!m->class_checked || h->h32.e_ident[ELF_IDENT_CLASS] == class)
			return m;
	}
	return NULL;
}

static int shape_read(const union header *h, struct shape *ret)
{
	const struct elf_machine *m = machine_find(h);

	if (memcmp(h->h32.e_ident, ELF_MAGIC, ELF_MAGIC_SIZE) != 0 || !m)
		return -ENOEXEC;
	if (m->bits == 64)
		*ret = (struct shape){ m,
				       h->h64.e_type,
				       h->h64.e_phentsize,
				       h->h64.e_phnum,
				       h->h64.e_entry,
				       h->h64.e_phoff };
	else
		*ret = (struct shape){ m,
				       h->h32.e_type,
				       h->h32.e_phentsize,
				       h->h32.e_phnum,
				       h->h32.e_entry,
				       h->h32.e_phoff };
	return 0;
}

static struct elf_segment segment_get(const struct shape *shape, const char *phdrs, size_t i)
{
	struct elf32_segment s32;
	struct elf64_segment s64;

	if (shape->machine->bits == 64) {
		memcpy(&s64, phdrs + i * sizeof(s64), sizeof(s64));
		return (struct elf_segment){ s64.p_offset, s64.p_vaddr, s64.p_filesz, s64.p_memsz,
					     s64.p_align,  s64.p_type,	s64.p_flags };
	}
	memcpy(&s32, phdrs + i * sizeof(s32), sizeof(s32));
	return (struct elf_segment){ s32.p_offset, s32.p_vaddr, s32.p_filesz, s32.p_memsz,
				     s32.p_align,  s32.p_type,	s32.p_flags };
}

/* load_elf_phdrs: whatever goes wrong, the answer is the same. */
static int phdrs_read(const struct shape *shape, const struct exec_file *f, void *ctx, char **ret)
{
	size_t each = shape->machine->bits == 64 ? sizeof(struct elf64_segment)
						 : sizeof(struct elf32_segment);
	size_t size = each * shape->phnum;

	if (shape->phentsize != each || size == 0 || size > PHDRS_MAX)
		return -ENOEXEC;
	*ret = talloc_size(ctx, size);
	if (!*ret)
		return -ENOMEM;
	return exec_file_read_all(f, *ret, size, shape->phoff) < 0 ? -ENOEXEC : 0;
}

static int interp_read(struct elf_info *info, const struct exec_file *f,
		       const struct elf_segment *s)
{
	int r;

	if (s->filesz > INTERP_MAX || s->filesz < 2)
		return -ENOEXEC;
	info->interp = talloc_size(info, s->filesz);
	if (!info->interp)
		return -ENOMEM;
	r = exec_file_read_all(f, info->interp, s->filesz, s->offset);
	if (r < 0)
		return r;
	return info->interp[s->filesz - 1] == '\0' ? 0 : -ENOEXEC;
}

/* The first PT_INTERP counts, and of the others the last. */
static int segments_read(struct elf_info *info, const struct exec_file *f,
			 const struct shape *shape, const char *phdrs, bool want_interp)
{
	int r;

	info->loads = talloc_array(info, struct elf_segment, shape->phnum);
	if (!info->loads)
		return -ENOMEM;
	for (size_t i = 0; i < shape->phnum; i++) {
		struct elf_segment s = segment_get(shape, phdrs, i);

		if (s.type == ELF_PT_LOAD)
			info->loads[info->load_count++] = s;
		if (s.type == ELF_PT_GNU_PROPERTY)
			info->properties = s;
		if (s.type == ELF_PT_GNU_STACK)
			info->stack = s.flags & ELF_PF_X ? ELF_STACK_EXEC : ELF_STACK_NOEXEC;
		if (s.type != ELF_PT_INTERP || !want_interp || info->interp)
			continue;
		r = interp_read(info, f, &s);
		if (r < 0)
			return r;
	}
	return 0;
}

static int info_read(struct elf_info *info, const struct exec_file *f, const struct shape *shape,
		     bool want_interp)
{
	char *phdrs = NULL;
	int r;

	info->machine = shape->machine;
	info->type = shape->type;
	info->entry = shape->entry;
	info->phoff = shape->phoff;
	r = phdrs_read(shape, f, info, &phdrs);
	if (r == 0)
		r = segments_read(info, f, shape, phdrs, want_interp);
	talloc_free(phdrs);
	return r;
}

static int info_finish(struct elf_info *info, int r, struct elf_info **ret)
{
	if (r < 0)
		talloc_free(info);
	else
		*ret = info;
	return r;
}

int elf_read_program(void *ctx, const struct exec_file *f, struct elf_info **ret)
{
	union header h = { 0 };
	struct elf_info *info;
	struct shape shape;
	ssize_t n;
	int r;

	n = f->read(f, &h, sizeof(h), 0);
	if (n < 0)
		return (int)n;
	r = shape_read(&h, &shape);
	if (r < 0)
		return r;
	if (shape.type != ELF_TYPE_EXEC && shape.type != ELF_TYPE_DYN)
		return -ENOEXEC;
	info = talloc_zero(ctx, struct elf_info);
	if (!info)
		return -ENOMEM;
	return info_finish(info, info_read(info, f, &shape, true), ret);
}

int elf_read_interp(void *ctx, const struct exec_file *f, const struct elf_machine *machine,
		    struct elf_info **ret)
{
	union header h = { 0 };
	struct elf_info *info;
	struct shape shape;
	int r;

	r = exec_file_read_all(f, &h, machine->bits == 64 ? sizeof(h.h64) : sizeof(h.h32), 0);
	if (r < 0)
		return r;
	if (shape_read(&h, &shape) < 0 || shape.machine != machine)
		return -ELIBBAD;
	info = talloc_zero(ctx, struct elf_info);
	if (!info)
		return -ENOMEM;
	r = info_read(info, f, &shape, false);
	return info_finish(info, r == -ENOEXEC ? -ELIBBAD : r, ret);
}
