// SPDX-License-Identifier: MIT
/* Bounded path strings: whole or refused, and the '/' boundary. */
#include "base/pathbuf.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static struct pathbuf b;

START_TEST(refused_whole)
{
	static char big[sizeof(b.s) + 1];

	memset(big, 'x', sizeof(big) - 1);
	ck_assert_int_eq(pathbuf_set(&b, "/a"), 0);
	ck_assert_int_eq(pathbuf_set(&b, big), -ENAMETOOLONG);
	ck_assert_int_eq(pathbuf_append(&b, big), -ENAMETOOLONG);
	ck_assert_int_eq(pathbuf_append_n(&b, big, sizeof(b.s) - 2), -ENAMETOOLONG);
	ck_assert_int_eq(pathbuf_push(&b, big, sizeof(b.s) - 3), -ENAMETOOLONG);
	ck_assert_int_eq(pathbuf_prepend_n(&b, big, sizeof(b.s) - 2), -ENAMETOOLONG);
	ck_assert_str_eq(b.s, "/a");
	ck_assert_uint_eq(b.len, 2);

	ck_assert_int_eq(pathbuf_append_n(&b, big, sizeof(b.s) - 3), 0);
	ck_assert_uint_eq(b.len, sizeof(b.s) - 1);
	ck_assert_uint_eq(strlen(b.s), b.len);
	ck_assert_int_eq(pathbuf_append(&b, "x"), -ENAMETOOLONG);
	ck_assert_int_eq(pathbuf_append(&b, ""), 0);
}
END_TEST

START_TEST(push_fills_to_the_brim)
{
	static char big[sizeof(b.s)];

	memset(big, 'x', sizeof(big) - 1);
	pathbuf_clear(&b);
	ck_assert_int_eq(pathbuf_push(&b, big, sizeof(b.s) - 2), 0);
	ck_assert_uint_eq(b.len, sizeof(b.s) - 1);
	ck_assert_int_eq(b.s[0], '/');
	pathbuf_set(&b, "/");
	ck_assert_int_eq(pathbuf_push(&b, big, sizeof(b.s) - 2), 0);
	ck_assert_uint_eq(strlen(b.s), sizeof(b.s) - 1);
	pathbuf_set(&b, "/");
	ck_assert_int_eq(pathbuf_push(&b, big, sizeof(b.s) - 1), -ENAMETOOLONG);
}
END_TEST

START_TEST(parts_move)
{
	pathbuf_set(&b, "/");
	pathbuf_push(&b, "usr/x", 3);
	pathbuf_push(&b, "lib", 3);
	ck_assert_str_eq(b.s, "/usr/lib");
	ck_assert_int_eq(pathbuf_prepend_n(&b, "/srvXX", 4), 0);
	ck_assert_str_eq(b.s, "/srv/usr/lib");
	ck_assert_int_eq(pathbuf_set_n(&b, b.s + 4, 4), 0);
	ck_assert_str_eq(b.s, "/usr");
}
END_TEST

static const struct pop_row {
	const char *from, *to;
} pop_rows[] = {
	{ "/a/b", "/a" },	  { "/a", "/" }, { "/", "/" },
	{ "/a/bb/ccc", "/a/bb" }, { "", "" },	 { "a", "" },
};

START_TEST(pop)
{
	const struct pop_row *row = &pop_rows[_i];

	pathbuf_set(&b, row->from);
	pathbuf_pop(&b);
	ck_assert_str_eq(b.s, row->to);
	ck_assert_uint_eq(b.len, strlen(row->to));
}
END_TEST

static const struct under_row {
	const char *path, *dir, *rest;
} under_rows[] = {
	{ "/a/b", "/a", "/b" }, { "/a", "/a", "" },	    { "/ab", "/a", NULL },
	{ "/a", "/ab", NULL },	{ "/a/b", "/", "/a/b" },    { "/", "/", "" },
	{ "/", "/a", NULL },	{ "/a/", "/a", "/" },	    { "relative", "/", NULL },
	{ "", "/", NULL },	{ "/a/b", "/a/b/c", NULL },
};

START_TEST(under)
{
	const struct under_row *row = &under_rows[_i];

	ck_assert_pstr_eq(path_under(row->path, row->dir), row->rest);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("base_pathbuf");

	unit_add(s, "refused_whole", refused_whole);
	unit_add(s, "push_fills_to_the_brim", push_fills_to_the_brim);
	unit_add(s, "parts_move", parts_move);
	unit_add_rows(s, "pop", pop, ROWS(pop_rows));
	unit_add_rows(s, "under", under, ROWS(under_rows));
	return s;
}

UNIT_MAIN(suite)
