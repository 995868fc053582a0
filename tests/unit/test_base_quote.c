/* SPDX-License-Identifier: MIT */
/* Names of guests at a terminal: no control character survives, nothing overflows. */
#include "base/quote.h"

#include "unit.h"

static const struct {
	const char *text, *shown;
} names[] = {
	{ "", "" },
	{ "plain name", "plain name" },
	{ "a\nb\tc", "a\\nb\\tc" },
	{ "\033[31m", "\\033[31m" },
	{ "\177", "\\177" },
	{ "caf\303\251 \303\200", "caf\303\251 \303\200" },
	{ "\302\233", "\\302\\233" },
	{ "back\\slash", "back\\slash" },
};

START_TEST(shows)
{
	char got[64];

	ck_assert_str_eq(quote_text(names[_i].text, got, sizeof(got)), names[_i].shown);
}
END_TEST

START_TEST(cuts_between_escapes)
{
	char got[6] = "xxxxx";

	ck_assert_str_eq(quote_text("ab\033c", got, 6), "ab");
	ck_assert_str_eq(quote_text("abcdefgh", got, 6), "abcde");
	ck_assert_str_eq(quote_text("a\033", got, 6), "a\\033");
	ck_assert_str_eq(quote_text("abc", got, 1), "");
}
END_TEST

static Suite *quote_suite(void)
{
	Suite *s = suite_create("base_quote");
	TCase *tc = tcase_create("quote");

	tcase_add_loop_test(tc, shows, 0, ROWS(names));
	tcase_add_test(tc, cuts_between_escapes);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(quote_suite)
