/* SPDX-License-Identifier: MIT */
/* Sizes and the progress line as text; tables wide and narrow. */
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "cli/table.h"
#include "unit.h"

static const struct {
	uint64_t bytes;
	const char *text;
} sizes[] = {
	{ 0, "0B" },		 { 999, "999B" },	  { 1000, "1.00kB" },
	{ 1995, "2.00kB" },	 { 9994, "9.99kB" },	  { 9995, "10.0kB" },
	{ 99949, "99.9kB" },	 { 99950, "100kB" },	  { 999499, "999kB" },
	{ 999500, "1.00MB" },	 { 28300000, "28.3MB" },  { 1100000000, "1.10GB" },
	{ UINT64_MAX, "18.4EB" },
};

START_TEST(sizes_are_short)
{
	char text[SIZE_TEXT];

	ck_assert_str_eq(size_text(sizes[_i].bytes, text), sizes[_i].text);
}
END_TEST

static const struct {
	uint64_t done, total;
	long ms;
	int columns;
	const char *line;
} lines[] = {
	{ 50000000, 100000000, 2000, 80, "x.tar:  50% of 100MB, 25.0MB/s, 2s left" },
	{ 1000000, 100000000, 1000, 80, "x.tar:   1% of 100MB, 1.00MB/s, 1m39s left" },
	{ 1000, 100000000, 1000, 80, "x.tar:   0% of 100MB, 1.00kB/s, 27h46m left" },
	{ 0, 100, 0, 80, "x.tar:   0% of 100B, 0B/s, 0s left" },
	{ 1500000, 0, 3000, 80, "x.tar: 1.50MB, 500kB/s" },
	{ 200, 100, 1000, 80, "x.tar: 200B, 200B/s" },
	{ 1500000, 0, 3000, 24, "x.tar: 1.50MB, 500kB/s" },
	{ 1500000, 0, 3000, 21, "x.t: 1.50MB, 500kB/s" },
	{ 1500000, 0, 3000, 10, "1.50MB, 5" },
	{ 50000000, 100000000, 2000, 20, " 50% of 100MB, 25.0" },
};

START_TEST(the_line)
{
	char text[200];

	progress_format("x.tar", lines[_i].done, lines[_i].total, lines[_i].ms, lines[_i].columns,
			text, sizeof(text));
	ck_assert_str_eq(text, lines[_i].line);
}
END_TEST

static const struct {
	int columns;
	const char *text;
} tables[] = {
	{ 0, "NAME       ID  SIZE\na          1   10\nlong:name      \033\n" },
	{ 80, "NAME       ID  SIZE\na          1   10\nlong:name      \033\n" },
	{ 60, "a\n  ID: 1\n  SIZE: 10\nlong:name\n  SIZE: \033\n" },
};

START_TEST(tables_fit)
{
	static const char *const heads[] = { "NAME", "ID", "SIZE", NULL };
	static const char *const rows[2][3] = { { "a", "1", "10" }, { "long:name", "", "\033" } };
	struct table *t = table_new(NULL, heads);
	char text[300] = "", wanted[300] = "";
	FILE *out = tmpfile();

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(table_add(t, rows[i]), 0);
	table_print(t, out, tables[_i].columns);
	rewind(out);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, out), 0);
	/* The escape of the last cell is printed in octal. */
	snprintf(wanted, sizeof(wanted), "%.*s\\033\n", (int)strcspn(tables[_i].text, "\033"),
		 tables[_i].text);
	ck_assert_str_eq(text, wanted);
	fclose(out);
	talloc_free(t);
}
END_TEST

static Suite *progress_suite(void)
{
	Suite *s = suite_create("cli_progress");

	unit_add_rows(s, "sizes", sizes_are_short, ROWS(sizes));
	unit_add_rows(s, "line", the_line, ROWS(lines));
	unit_add_rows(s, "tables", tables_fit, ROWS(tables));
	return s;
}

UNIT_MAIN(progress_suite)
