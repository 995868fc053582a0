// SPDX-License-Identifier: MIT
/* The words of -b. */
#include "path/bindspec.h"

#include <string.h>
#include <talloc.h>

#include "unit.h"

enum { NOFOLLOW = 1, RO = 2, NOEXEC = 4, OPTIONAL = 8 };

static const struct row {
	const char *word, *host, *guest;
	int flags;
} rows[] = {
	{ "/dev", "/dev", NULL, 0 },
	{ "dir/x", "dir/x", NULL, 0 },
	{ "/a:/b", "/a", "/b", 0 },
	{ "/a:rel", "/a", "rel", 0 },
	{ "/a:/b!", "/a", "/b", NOFOLLOW },
	{ "/a:/b!!", "/a", "/b!", NOFOLLOW },
	{ "/a!", "/a!", NULL, 0 },
	{ "/a:ro", "/a", "ro", 0 },
	{ "/a:/b:ro", "/a", "/b", RO },
	{ "/a::ro", "/a", NULL, RO },
	{ "/a:/b:rw", "/a", "/b", 0 },
	{ "/a:/b:ro,rw", "/a", "/b", 0 },
	{ "/a:/b!:noexec,ro", "/a", "/b", NOFOLLOW | NOEXEC | RO },
	{ "/a::optional,noexec,ro", "/a", NULL, OPTIONAL | NOEXEC | RO },
	{ "/a b:/c,d", "/a b", "/c,d", 0 },
};

START_TEST(good)
{
	const struct row *row = &rows[_i];
	struct bind_request b;
	struct fail f = { "" };
	void *ctx = talloc_new(NULL);

	ck_assert_msg(bindspec_parse(ctx, row->word, &b, &f) == 0, "%s: %s", row->word, f.text);
	ck_assert_str_eq(b.host, row->host);
	ck_assert_pstr_eq(b.guest, row->guest);
	ck_assert_int_eq(b.no_follow, !!(row->flags & NOFOLLOW));
	ck_assert_int_eq(b.read_only, !!(row->flags & RO));
	ck_assert_int_eq(b.noexec, !!(row->flags & NOEXEC));
	ck_assert_int_eq(b.optional, !!(row->flags & OPTIONAL));
	talloc_free(ctx);
}
END_TEST

static const struct bad_row {
	const char *word, *says;
} bad_rows[] = {
	{ "", "no source" },
	{ ":/b", "no source" },
	{ "/a:", "no destination" },
	{ "/a:!", "no destination" },
	{ "/a:!:ro", "no destination" },
	{ "/a:/b:", "unknown option ''" },
	{ "/a::", "unknown option ''" },
	{ "/a:/b:ro,", "unknown option ''" },
	{ "/a:/b:RO", "unknown option 'RO'" },
	{ "/a:/b:ro:x", "unknown option 'ro:x'" },
	{ "/a:/b:size=3", "use ro, rw, optional or noexec" },
};

START_TEST(bad)
{
	const struct bad_row *row = &bad_rows[_i];
	struct bind_request b;
	struct fail f = { "" };
	void *ctx = talloc_new(NULL);
	char quoted[64];

	ck_assert_int_eq(bindspec_parse(ctx, row->word, &b, &f), -1);
	ck_assert_msg(strstr(f.text, row->says), "%s: %s", row->word, f.text);
	snprintf(quoted, sizeof(quoted), "'%s'", row->word);
	ck_assert_msg(strstr(f.text, quoted), "%s is not in: %s", row->word, f.text);
	talloc_free(ctx);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("path_bindspec");

	unit_add_rows(s, "good", good, ROWS(rows));
	unit_add_rows(s, "bad", bad, ROWS(bad_rows));
	return s;
}

UNIT_MAIN(suite)
