/* SPDX-License-Identifier: MIT */
/*
 * ELF headers, whole and broken, with the errors of fs/binfmt_elf.c.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "exec/elf.h"

enum { PHDRS = 4 };

/* A file of either width: header, program headers, the interpreter's name. */
struct image {
	union {
		struct elf64_header h64;
		struct elf32_header h32;
	} h;
	union {
		struct elf64_segment s64[PHDRS];
		struct elf32_segment s32[PHDRS];
	} s;
	char interp[16];
};

static void segment_set(struct image *im, int bits, int i, struct elf64_segment s)
{
	if (bits == 64)
		im->s.s64[i] = s;
	else
		im->s.s32[i] = (struct elf32_segment){
			s.p_type,  (uint32_t)s.p_offset, (uint32_t)s.p_vaddr,
			0,	   (uint32_t)s.p_filesz, (uint32_t)s.p_memsz,
			s.p_flags, (uint32_t)s.p_align,
		};
}

static struct image image_make(int bits)
{
	struct image im = { 0 };
	uint64_t interp = offsetof(struct image, interp);

	memcpy(im.h.h64.e_ident, ELF_MAGIC, ELF_MAGIC_SIZE);
	im.h.h64.e_type = ELF_TYPE_DYN;
	im.h.h64.e_machine = elf_machines[bits == 64 ? 0 : elf_machine_count - 1].machine;
	if (bits == 64) {
		im.h.h64.e_entry = 0x1234;
		im.h.h64.e_phoff = offsetof(struct image, s);
		im.h.h64.e_phentsize = sizeof(struct elf64_segment);
		im.h.h64.e_phnum = PHDRS;
	} else {
		im.h.h32.e_entry = 0x1234;
		im.h.h32.e_phoff = offsetof(struct image, s);
		im.h.h32.e_phentsize = sizeof(struct elf32_segment);
		im.h.h32.e_phnum = PHDRS;
	}
	segment_set(&im, bits, 0,
		    (struct elf64_segment){ ELF_PT_LOAD, 5, 0, 0x1000, 0, 10, 20, 4096 });
	segment_set(&im, bits, 1,
		    (struct elf64_segment){ ELF_PT_INTERP, 4, interp, 0, 0, 7, 7, 1 });
	segment_set(&im, bits, 2, (struct elf64_segment){ ELF_PT_GNU_STACK, 6, 0, 0, 0, 0, 0, 16 });
	segment_set(&im, bits, 3,
		    (struct elf64_segment){ ELF_PT_LOAD, 6, 0, 0x9000, 0, 1, 2, 4096 });
	memcpy(im.interp, "/lib/x", 7);
	return im;
}

static int read_program(void *ctx, const void *data, size_t size, struct elf_info **ret)
{
	struct exec_file f = { .read = exec_file_read_data, .data = data, .size = size };

	return elf_read_program(ctx, &f, ret);
}

static int read_interp(const void *data, size_t size)
{
	struct exec_file f = { .read = exec_file_read_data, .data = data, .size = size };
	struct elf_info *info = NULL;
	int r = elf_read_interp(NULL, &f, &elf_machines[0], &info);

	talloc_free(info);
	return r;
}

START_TEST(whole)
{
	int bits = _i ? 32 : 64;
	struct image im = image_make(bits);
	struct elf_info *info;

	if (elf_machines[_i % elf_machine_count].bits != bits)
		return; /* this machine runs none of so many */
	ck_assert_int_eq(read_program(NULL, &im, sizeof(im), &info), 0);
	ck_assert_int_eq(info->machine->bits, bits);
	ck_assert_uint_eq(info->entry, 0x1234);
	ck_assert_str_eq(info->interp, "/lib/x");
	ck_assert_int_eq(info->stack, ELF_STACK_NOEXEC);
	ck_assert_uint_eq(info->load_count, 2);
	ck_assert_uint_eq(info->loads[1].vaddr, 0x9000);
	ck_assert_uint_eq(info->loads[1].memsz, 2);
	talloc_free(info);
}
END_TEST

/* One field of a good 64-bit program changed, and what comes of it as a program and otherwise. */
#define CHANGE(field, value) \
	offsetof(struct image, field), sizeof(((struct image *)0)->field), value

static const struct {
	size_t offset, size;
	uint64_t value;
	int program, interp;
} changes[] = {
	{ CHANGE(h.h64.e_ident[1], 'e'), -ENOEXEC, -ELIBBAD },
	{ CHANGE(h.h64.e_type, 1), -ENOEXEC, 0 },
	{ CHANGE(h.h64.e_machine, 0xf00f), -ENOEXEC, -ELIBBAD },
	{ CHANGE(h.h64.e_ident[ELF_IDENT_CLASS], 77), 0, 0 },
	{ CHANGE(h.h64.e_ident[5], 2), 0, 0 },
	{ CHANGE(h.h64.e_phentsize, 32), -ENOEXEC, -ELIBBAD },
	{ CHANGE(h.h64.e_phnum, 0), -ENOEXEC, -ELIBBAD },
	{ CHANGE(h.h64.e_phnum, 1171), -ENOEXEC, -ELIBBAD },
	{ CHANGE(h.h64.e_phoff, 1 << 20), -ENOEXEC, -ELIBBAD },
	{ CHANGE(h.h64.e_phoff, ~0ull), -ENOEXEC, -ELIBBAD },
	{ CHANGE(s.s64[1].p_filesz, 1), -ENOEXEC, 0 },
	{ CHANGE(s.s64[1].p_filesz, 4097), -ENOEXEC, 0 },
	{ CHANGE(s.s64[1].p_filesz, 6), -ENOEXEC, 0 },
	{ CHANGE(s.s64[1].p_offset, 1 << 20), -EIO, 0 },
	{ CHANGE(s.s64[1].p_offset, ~0ull), -EINVAL, 0 },
	{ CHANGE(s.s64[0].p_memsz, 0), 0, 0 },
};

START_TEST(broken)
{
	struct image im = image_make(64);
	struct elf_info *info = NULL;

	if (elf_machines[0].bits != 64)
		return;
	/* little endian */
	memcpy((char *)&im + changes[_i].offset, &changes[_i].value, changes[_i].size);
	ck_assert_int_eq(read_program(NULL, &im, sizeof(im), &info), changes[_i].program);
	talloc_free(info);
	ck_assert_int_eq(read_interp(&im, sizeof(im)), changes[_i].interp);
}
END_TEST

/* Cut anywhere, a file is refused or read, and nothing is read beyond it. */
START_TEST(cut)
{
	struct image im = image_make(64);
	struct elf_info *info;
	size_t phdrs_end = offsetof(struct image, s) + sizeof(im.s);

	if (elf_machines[0].bits != 64)
		return;
	for (size_t size = 0; size <= sizeof(im); size++) {
		void *copy = talloc_memdup(NULL, &im, size);
		int want = size < phdrs_end			       ? -ENOEXEC
			   : size < offsetof(struct image, interp) + 7 ? -EIO
								       : 0;

		ck_assert_int_eq(read_program(copy, copy, size, &info), want);
		want = size < sizeof(im.h.h64) ? -EIO : size < phdrs_end ? -ELIBBAD : 0;
		ck_assert_int_eq(read_interp(copy, size), want);
		talloc_free(copy);
	}
}
END_TEST

/* An interpreter must be for the machine of its program. */
START_TEST(other_machine)
{
	struct image im = image_make(32);

	if (elf_machines[0].bits != 64)
		return;
	ck_assert_int_eq(read_interp(&im, sizeof(im)), -ELIBBAD);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("exec_elf");

	unit_add_rows(s, "whole", whole, 2);
	unit_add_rows(s, "broken", broken, ROWS(changes));
	unit_add(s, "cut", cut);
	unit_add(s, "other_machine", other_machine);
	return s;
}

UNIT_MAIN(suite)
