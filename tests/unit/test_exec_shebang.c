/* SPDX-License-Identifier: MIT */
/*
 * "#!" lines, each with what Linux 6.18 was seen to make of it. test_exec_plan.c asks the kernel
 * that it runs on.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "exec/shebang.h"

struct row {
	const char *text;
	size_t blanks;	    /* put behind "#!" */
	const char *interp; /* NULL: not a script */
	const char *arg;    /* NULL: none */
};

#define Z50  "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
#define Z45  "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
#define Z250 Z50 Z50 Z50 Z50 Z50

static const struct row rows[] = {
	{ "", 0, NULL, NULL },
	{ "#", 0, NULL, NULL },
	{ " #!/bin/sh\n", 0, NULL, NULL },
	{ "#!\n", 0, NULL, NULL },
	{ "#! \t\n", 0, NULL, NULL },
	{ "#!", 0, "", NULL },
	{ "#! ", 0, "", NULL },
	{ "#!/bin/sh\n", 0, "/bin/sh", NULL },
	{ "#!/bin/sh", 0, "/bin/sh", NULL },
	{ "#! \t /bin/sh \t \n", 0, "/bin/sh", NULL },
	{ "#!/bin/sh -x  -y \t\n", 0, "/bin/sh", "-x  -y" },
	{ "#!/bin/sh\t-x\n", 0, "/bin/sh", "-x" },
	{ "#!/bin/sh\r\n", 0, "/bin/sh\r", NULL },
	{ "#!/bin/sh -x\r\n", 0, "/bin/sh", "-x\r" },
	{ "#!/bin/sh -x\nrest\n", 0, "/bin/sh", "-x" },
	{ "#!sh\n", 0, "sh", NULL },
	/* Without a newline blanks stay, and there may be an empty argument. */
	{ "#!/bin/sh ", 0, "/bin/sh", "" },
	{ "#!/bin/sh  -x  ", 0, "/bin/sh", "-x  " },
	/* The last byte of the buffer that can be a name's is the 255th; then it might be cut. */
	{ "/bin/sh\n", 246, "/bin/sh", NULL },
	{ "/bin/sh ", 246, "/bin/sh", NULL },
	{ "/bin/sh\n", 247, NULL, NULL },
	{ "/bin/sh ", 247, NULL, NULL },
	{ "/bin/sh -abc\n", 240, "/bin/sh", "-abc" },
	{ "/bin/sh -abcdefghijk\n", 240, "/bin/sh", "-abcd" },
	{ "/bin/sh -abc", 246, "/bin/sh", NULL },
	{ "/bin/sh -abc", 245, "/bin/sh", NULL },
	{ "/bin/sh -abc", 244, "/bin/sh", "-" },
	{ "", 300, NULL, NULL },
	{ "\n", 254, NULL, NULL },
	{ "\n", 253, NULL, NULL },
	{ "#!/" Z250 "\n", 0, "/" Z250, NULL },
	{ "#!/" Z250 "zz\n", 0, "/" Z250 "zz", NULL },
	{ "#!/" Z250 "zzz\n", 0, NULL, NULL },
	{ "#!/bin/sh " Z250 "\n", 0, "/bin/sh", Z50 Z50 Z50 Z50 Z45 },
};

static void check(const char *buf, const struct row *row)
{
	struct shebang s;
	int r = shebang_parse(buf, &s);

	if (!row->interp) {
		ck_assert_int_eq(r, -ENOEXEC);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(s.interp, row->interp);
	ck_assert_int_eq(s.has_arg, row->arg != NULL);
	if (row->arg)
		ck_assert_str_eq(s.arg, row->arg);
}

START_TEST(lines)
{
	const struct row *row = &rows[_i];
	char buf[SHEBANG_SIZE + 512] = { 0 };
	size_t at = 0;

	if (row->blanks) {
		memcpy(buf, "#!", at = 2);
		memset(buf + at, ' ', row->blanks);
		at += row->blanks;
	}
	memcpy(buf + at, row->text, strlen(row->text));
	check(buf, row);
}
END_TEST

/* A NUL ends the search for the newline, a name and an argument. */
START_TEST(nuls)
{
	char name[SHEBANG_SIZE] = "#!/bin/sh\0 b\n", arg[SHEBANG_SIZE] = "#!/bin/sh a\0b\n";
	char none[SHEBANG_SIZE] = "#!\0\n";

	check(name, &(struct row){ .interp = "/bin/sh" });
	check(arg, &(struct row){ .interp = "/bin/sh", .arg = "a" });
	check(none, &(struct row){ .interp = "" });
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("exec_shebang");

	unit_add_rows(s, "lines", lines, ROWS(rows));
	unit_add(s, "nuls", nuls);
	return s;
}

UNIT_MAIN(suite)
