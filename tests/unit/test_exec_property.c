/* SPDX-License-Identifier: MIT */
/*
 * The notes of PT_GNU_PROPERTY, whole and broken, with the errors of parse_elf_properties.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "exec/property.h"

enum { WANTED = 0xc0000000 };

static const struct elf_machine looks = { .bits = 64, .feature_property = WANTED };
static const struct elf_machine does_not = { .bits = 64 };

#define HEAD(size) 4, size, 5, 0x00554e47 /* "GNU" */

static const struct {
	const char *name;
	uint32_t words[16];
	size_t size;
	int r;
	uint32_t features;
} rows[] = {
	{ "ordinary", { HEAD(16), WANTED, 4, 3, 0 }, 32, 0, 3 },
	{ "more behind it in the segment", { HEAD(16), WANTED, 4, 3, 0, 9, 9 }, 40, 0, 3 },
	{ "another in front", { HEAD(32), 7, 4, 1, 0, WANTED, 4, 1, 0 }, 48, 0, 1 },
	{ "another behind", { HEAD(32), WANTED, 4, 1, 0, WANTED + 1, 4, 6, 0 }, 48, 0, 1 },
	{ "none in it", { HEAD(0) }, 16, 0, 0 },
	{ "others alone", { HEAD(16), 7, 4, 1, 0 }, 32, 0, 0 },
	{ "empty one", { HEAD(8), 7, 0 }, 24, 0, 0 },
	{ "in no order", { HEAD(32), WANTED, 4, 1, 0, 7, 4, 1, 0 }, 48, -ENOEXEC, 0 },
	{ "twice", { HEAD(32), WANTED, 4, 1, 0, WANTED, 4, 1, 0 }, 48, -ENOEXEC, 0 },
	{ "of 8 bytes", { HEAD(16), WANTED, 8, 1, 0 }, 32, -ENOEXEC, 0 },
	{ "longer than the note", { HEAD(16), 7, 9, 1, 0 }, 32, -ENOEXEC, 0 },
	{ "not filled up", { HEAD(12), WANTED, 4, 1 }, 28, -ENOEXEC, 0 },
	{ "half a property", { HEAD(20), 7, 4, 1, 0, WANTED }, 36, -ENOEXEC, 0 },
	{ "note longer than the segment", { HEAD(24), WANTED, 4, 1, 0 }, 32, -ENOEXEC, 0 },
	{ "another's note", { 4, 16, 5, 0x00434241, WANTED, 4, 1, 0 }, 32, -ENOEXEC, 0 },
	{ "another note", { 4, 16, 1, 0x00554e47, WANTED, 4, 1, 0 }, 32, -ENOEXEC, 0 },
	{ "another length of name", { 3, 16, 5, 0x00554e47, WANTED, 4, 1, 0 }, 32, -ENOEXEC, 0 },
	{ "no note", { 4, 16 }, 8, -EIO, 0 },
	{ "no name", { 4, 0, 5 }, 12, -ENOEXEC, 0 },
};

static int read_row(int i, const struct elf_machine *m, uint64_t filesz, uint32_t *ret)
{
	const struct exec_file f = { .read = exec_file_read_data,
				     .data = rows[i].words,
				     .size = rows[i].size };
	const struct elf_info info = {
		.machine = m, .properties = { .type = ELF_PT_GNU_PROPERTY, .filesz = filesz }
	};

	return elf_read_features(&f, &info, ret);
}

START_TEST(notes)
{
	uint32_t features;
	int r = read_row(_i, &looks, rows[_i].size, &features);

	ck_assert_msg(r == rows[_i].r, "%s: %d", rows[_i].name, r);
	ck_assert_msg(r < 0 || features == rows[_i].features, "%s: %x", rows[_i].name, features);
	ck_assert_int_eq(read_row(_i, &does_not, rows[_i].size, &features), 0);
	ck_assert_uint_eq(features, 0);
}
END_TEST

START_TEST(segments)
{
	uint32_t features = 1;

	ck_assert_int_eq(read_row(0, &looks, 1024, &features), 0); /* as far as the file goes */
	ck_assert_uint_eq(features, 3);
	ck_assert_int_eq(read_row(0, &looks, 1025, &features), -ENOEXEC);
	ck_assert_int_eq(read_row(0, &looks, 0, &features), -EIO);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("exec_property");

	unit_add_rows(s, "notes", notes, ROWS(rows));
	unit_add(s, "segments", segments);
	return s;
}

UNIT_MAIN(suite)
