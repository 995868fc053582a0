/* SPDX-License-Identifier: MIT */
/* Help and manual: every option is in both, and help fits a terminal. */
#include "cli/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/verbs.h"
#include "unit.h"

static char text[131072];

static void print_help(FILE *out)
{
	help_options(out, "pr");
	help_debug(out);
	for (const struct verb *v = verbs_table; v->name; v++)
		help_verb(out, "pr", v);
}

/* What a printer prints, in `text`. */
static void capture(void (*print)(FILE *out))
{
	FILE *out = tmpfile();
	size_t n;

	ck_assert_ptr_nonnull(out);
	print(out);
	rewind(out);
	n = fread(text, 1, sizeof(text) - 1, out);
	text[n] = '\0';
	ck_assert_uint_lt(n, sizeof(text) - 1);
	fclose(out);
}

START_TEST(help_has_every_option)
{
	capture(print_help);
	for (const struct option *o = options_table; o->names; o++)
		if (o->group != GROUP_HIDDEN)
			ck_assert_msg(strstr(text, o->help), "%s", o->names);
}
END_TEST

START_TEST(help_fits_80_columns)
{
	capture(print_help);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 80, "%s", line);
}
END_TEST

START_TEST(manual_has_every_option)
{
	char name[64];

	capture(man_print);
	for (const struct option *o = options_table; o->names; o++) {
		if (o->group == GROUP_HIDDEN || !o->letter)
			continue;
		snprintf(name, sizeof(name), "\n\\fB\\-%c\\fR", o->letter);
		ck_assert_msg(strstr(text, name), "%s", name);
	}
	ck_assert_ptr_nonnull(strstr(text, "\\fB\\-\\-kill\\-on\\-exit\\fR"));
	ck_assert_ptr_nonnull(strstr(text, "\\fB\\-\\-trace\\fR[\\fB=\\fIFILE\\fR]"));
}
END_TEST

START_TEST(manual_leaves_no_markup)
{
	capture(man_print);
	for (const char *p = strstr(text, ".SH"); *p; p++)
		ck_assert_msg(*p != '*' || p[1] == '.' || p[-1] == '_', "%.40s", p);
	ck_assert_ptr_nonnull(strstr(text, "for example LD_*."));
}
END_TEST

static Suite *help_suite(void)
{
	Suite *s = suite_create("cli_help");
	TCase *tc = tcase_create("help");

	tcase_add_test(tc, help_has_every_option);
	tcase_add_test(tc, help_fits_80_columns);
	tcase_add_test(tc, manual_has_every_option);
	tcase_add_test(tc, manual_leaves_no_markup);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(help_suite)
