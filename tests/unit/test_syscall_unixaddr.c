// SPDX-License-Identifier: MIT
/* AF_UNIX addresses: which bytes are a pathname, and what the longest ones look like. */
#include "syscall/unixaddr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "unit.h"

static const struct {
	const char *path;
	size_t len; /* of the path's bytes given */
	unsigned family;
	const char *name; /* NULL: none */
} addresses[] = {
	{ "/a/b", 5, AF_UNIX, "/a/b" },
	{ "/a/b", 4, AF_UNIX, "/a/b" },	     /* no NUL */
	{ "/a/b\0junk", 9, AF_UNIX, "/a/b" }, /* ends at the NUL */
	{ "x", 1, AF_UNIX, "x" },
	{ "\0abstract", 9, AF_UNIX, NULL },
	{ "", 0, AF_UNIX, NULL },
	{ "/a/b", 5, AF_INET, NULL },
};

START_TEST(names)
{
	char bytes[UNIXADDR_MAX] = { 0 }, name[UNIXADDR_NAME_MAX + 1];
	sa_family_t family = (sa_family_t)addresses[_i].family;
	const char *want = addresses[_i].name ? addresses[_i].name : "";
	size_t n;

	memcpy(bytes, &family, sizeof(family));
	memcpy(bytes + UNIXADDR_HEAD, addresses[_i].path, addresses[_i].len);
	n = unixaddr_name(bytes, UNIXADDR_HEAD + addresses[_i].len, name);
	ck_assert_uint_eq(n, strlen(want));
	ck_assert_str_eq(name, want);
}
END_TEST

START_TEST(lengths_refused)
{
	char bytes[UNIXADDR_MAX + 8], name[UNIXADDR_NAME_MAX + 1];
	sa_family_t family = AF_UNIX;

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, &family, sizeof(family));
	ck_assert_uint_eq(unixaddr_name(bytes, 0, name), 0);
	ck_assert_uint_eq(unixaddr_name(bytes, 1, name), 0);
	ck_assert_uint_eq(unixaddr_name(bytes, UNIXADDR_HEAD, name), 0);
	ck_assert_uint_eq(unixaddr_name(bytes, UNIXADDR_HEAD + 108, name), 108);
	ck_assert_uint_eq(unixaddr_name(bytes, UNIXADDR_MAX, name), 0); /* 109 without a NUL */
	ck_assert_uint_eq(unixaddr_name(bytes, UNIXADDR_MAX + 1, name), 0);
}
END_TEST

START_TEST(longest)
{
	char text[UNIXADDR_NAME_MAX + 2], name[UNIXADDR_NAME_MAX + 1];
	struct unixaddr a;

	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(unixaddr_set(&a, text, UNIXADDR_NAME_MAX + 1), -ENAMETOOLONG);
	ck_assert_int_eq(unixaddr_set(&a, text, UNIXADDR_NAME_MAX), 0);
	ck_assert_uint_eq(a.len, 111);
	ck_assert_uint_eq(unixaddr_len_in(&a), sizeof(struct sockaddr_un));
	ck_assert_uint_eq(unixaddr_name(a.bytes, a.len, name), 108);
	ck_assert_int_eq(unixaddr_set(&a, text, 1), 0);
	ck_assert_uint_eq(unixaddr_len_in(&a), UNIXADDR_HEAD + 2);
}
END_TEST

START_TEST(full_length)
{
	struct unixaddr a;

	ck_assert_int_eq(unixaddr_set(&a, "/ab", 3), 0);
	ck_assert_uint_eq(unixaddr_full_len(a.bytes, a.len), a.len);
	ck_assert_uint_eq(unixaddr_full_len(a.bytes, a.len - 1), a.len);     /* the NUL cut */
	ck_assert_uint_eq(unixaddr_full_len(a.bytes, a.len - 2), a.len - 1); /* what is there */
}
END_TEST

static const struct {
	const char *host;
	size_t len;
} dirs[] = {
	{ "/a/b/c", 4 }, { "/a/b/c/", 4 }, { "/a//b", 2 }, { "/a", 1 }, { "/", 1 }, { "//", 1 },
};

START_TEST(directory_part)
{
	ck_assert_uint_eq(unixaddr_dir_len(dirs[_i].host), dirs[_i].len);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("syscall_unixaddr");

	unit_add_rows(s, "names", names, ROWS(addresses));
	unit_add(s, "lengths_refused", lengths_refused);
	unit_add(s, "longest", longest);
	unit_add(s, "full_length", full_length);
	unit_add_rows(s, "directory_part", directory_part, ROWS(dirs));
	return s;
}

UNIT_MAIN(suite)
