// SPDX-License-Identifier: MIT
/* Names of archives' entries: what is left of them, and what they mean in a layer. */
#include "image/entryname.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "unit.h"

static const struct {
	const char *text;
	int strip;
	int result;
	const char *parent, *last;
} names[] = {
	{ "a", 0, 0, "", "a" },
	{ "./a/b", 0, 0, "a", "b" },
	{ "/a//b/./c/", 0, 0, "a/b", "c" },
	{ "./", 0, 0, "", "" },
	{ "/", 0, 0, "", "" },
	{ "", 0, -EINVAL, NULL, NULL },
	{ "..", 0, -EINVAL, NULL, NULL },
	{ "a/../b", 0, -EINVAL, NULL, NULL },
	{ "a/..", 0, -EINVAL, NULL, NULL },
	{ "..a/...", 0, 0, "..a", "..." },
	{ "w/a/b", 1, 0, "a", "b" },
	{ "w/", 1, 0, "", "" },
	{ "./", 1, 1, NULL, NULL },
	{ "w/a", 3, 1, NULL, NULL },
	{ "../a", 1, -EINVAL, NULL, NULL },
};

START_TEST(parts)
{
	struct entryname n = { .room = 0 };
	void *ctx = talloc_new(NULL);

	ck_assert_int_eq(entryname_parse(ctx, names[_i].text, names[_i].strip, &n),
			 names[_i].result);
	if (names[_i].result == 0) {
		ck_assert_str_eq(n.parent, names[_i].parent);
		ck_assert_str_eq(n.last, names[_i].last);
	}
	talloc_free(ctx);
}
END_TEST

START_TEST(too_long)
{
	struct entryname n = { .room = 0 };
	void *ctx = talloc_new(NULL);
	char *text = talloc_zero_size(ctx, ENTRYNAME_MAX + 2);

	memset(text, 'n', 255);
	ck_assert_int_eq(entryname_parse(ctx, text, 0, &n), 0);
	memset(text, 'n', 256);
	ck_assert_int_eq(entryname_parse(ctx, text, 0, &n), -ENAMETOOLONG);
	for (int i = 0; i < ENTRYNAME_MAX; i += 2)
		memcpy(text + i, "d/", 2);
	ck_assert_int_eq(entryname_parse(ctx, text, 0, &n), 0);
	ck_assert_uint_eq(strlen(n.text), ENTRYNAME_MAX - 1);
	strncat(text, "d", 2);
	ck_assert_int_eq(entryname_parse(ctx, text, 0, &n), -ENAMETOOLONG);
	talloc_free(ctx);
}
END_TEST

static const struct {
	const char *text;
	enum entryname_kind kind;
} kinds[] = {
	{ "a", ENTRYNAME_PLAIN },
	{ ".wha", ENTRYNAME_PLAIN },
	{ "a/.wh.b", ENTRYNAME_WHITEOUT },
	{ ".wh..b", ENTRYNAME_WHITEOUT },
	{ ".wh....", ENTRYNAME_WHITEOUT },
	{ "a/.wh..wh..opq", ENTRYNAME_OPAQUE },
	{ ".wh..wh.plnk", ENTRYNAME_NOTHING },
	{ ".wh..wh.plnk/1.2", ENTRYNAME_NOTHING },
	{ "stargz.index.json", ENTRYNAME_NOTHING },
	{ "a/stargz.index.json", ENTRYNAME_PLAIN },
	{ ".wh.", ENTRYNAME_BAD },
	{ "a/.wh..", ENTRYNAME_BAD },
	{ "a/.wh...", ENTRYNAME_BAD },
	{ "a/.wh.b/c", ENTRYNAME_BAD },
};

START_TEST(meaning)
{
	struct entryname n = { .room = 0 };
	void *ctx = talloc_new(NULL);

	ck_assert_int_eq(entryname_parse(ctx, kinds[_i].text, 0, &n), 0);
	ck_assert_int_eq(entryname_kind(&n), kinds[_i].kind);
	talloc_free(ctx);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("image_entryname");

	unit_add_rows(s, "parts", parts, ROWS(names));
	unit_add(s, "too_long", too_long);
	unit_add_rows(s, "meaning", meaning, ROWS(kinds));
	return s;
}

UNIT_MAIN(suite)
