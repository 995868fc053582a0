/* SPDX-License-Identifier: MIT */
/* --user and --groups: names and numbers by passwd and group, as docker takes them. */
#include "ident/userdb.h"

#include <string.h>
#include <talloc.h>

#include "unit.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "broken:x:y:0::/:\n"
			     "short:x:7\n"
			     "daemon:*:1:1::/usr/sbin:/usr/sbin/nologin\n"
			     "bob:x:1000:100:Bob,,,:/home/bob:/bin/bash\n"
			     "42:x:2000:200::/home/42:\n"
			     "homeless:x:3000:300:::\n"
			     "groupless:x:4000::::\n"
			     "last:x:5000:500::/last:/bin/sh";
static const char group[] = "root:x:0:\n"
			    "adm:x:4:daemon,bob\n"
			    "users:x:100:\n"
			    "bobs:x:101:bobby,bo\n"
			    "sudo:x:27:bob,last\n"
			    "wheel:x:10:last";

static const struct userdb both = { passwd, group }, neither = { NULL, NULL };
static void *ctx;

static void setup(void)
{
	ctx = talloc_new(NULL);
}

static void teardown(void)
{
	talloc_free(ctx);
}

static const struct {
	const struct userdb *db;
	const char *spec;
	uint32_t uid, gid;
	const char *home;
	unsigned count;
	uint32_t groups[2];
} users[] = {
	{ &both, "root", 0, 0, "/root", 0, { 0 } },
	{ &both, "0", 0, 0, "/root", 0, { 0 } },
	{ &both, "bob", 1000, 100, "/home/bob", 2, { 4, 27 } },
	{ &both, "1000", 1000, 100, "/home/bob", 2, { 4, 27 } },
	{ &both, "bob:users", 1000, 100, "/home/bob", 0, { 0 } },
	{ &both, "bob:wheel", 1000, 10, "/home/bob", 0, { 0 } },
	{ &both, "bob:27", 1000, 27, "/home/bob", 0, { 0 } },
	{ &both, "bob:9999", 1000, 9999, "/home/bob", 0, { 0 } },
	{ &both, "1001", 1001, 0, "/", 0, { 0 } },
	{ &both, "1001:1002", 1001, 1002, "/", 0, { 0 } },
	{ &both, "1001:adm", 1001, 4, "/", 0, { 0 } },
	{ &both, "4294967294", 4294967294u, 0, "/", 0, { 0 } },
	{ &both, "42", 2000, 200, "/home/42", 0, { 0 } }, /* a name first */
	{ &both, "homeless", 3000, 300, "/", 0, { 0 } },
	{ &both, "last", 5000, 500, "/last", 2, { 27, 10 } },
	{ &neither, "1001", 1001, 0, "/", 0, { 0 } },
	{ &neither, "1001:7", 1001, 7, "/", 0, { 0 } },
};

START_TEST(users_found)
{
	struct userdb_user u;
	struct fail fail;

	ck_assert_int_eq(userdb_find(ctx, users[_i].db, users[_i].spec, &u, &fail), 0);
	ck_assert_uint_eq(u.uid, users[_i].uid);
	ck_assert_uint_eq(u.gid, users[_i].gid);
	ck_assert_str_eq(u.home, users[_i].home);
	ck_assert_uint_eq(u.group_count, users[_i].count);
	for (unsigned i = 0; i < u.group_count; i++)
		ck_assert_uint_eq(u.groups[i], users[_i].groups[i]);
}
END_TEST

static const struct {
	const struct userdb *db;
	const char *spec, *word, *why;
} missing[] = {
	{ &both, "nobody", "'nobody'", "/etc/passwd" },
	{ &both, "", "''", "/etc/passwd" },
	{ &both, "broken", "'broken'", "/etc/passwd" },
	{ &both, "short", "'short'", "/etc/passwd" },
	{ &both, "groupless", "'groupless'", "no group" },
	{ &both, "bob:", "''", "/etc/group" },
	{ &both, "bob:none", "'none'", "/etc/group" },
	{ &both, ":users", "''", "/etc/passwd" },
	{ &both, "4294967295", "4294967295", "/etc/passwd" },
	{ &both, "99999999999999999999", "'99999999999999999999'", "/etc/passwd" },
	{ &both, "-1", "'-1'", "/etc/passwd" },
	{ &both, "# a comment", "comment", "/etc/passwd" },
	{ &neither, "bob", "'bob'", "give a number" },
	{ &neither, "7:users", "'users'", "give a number" },
};

START_TEST(users_missing)
{
	struct userdb_user u;
	struct fail fail;

	ck_assert_int_eq(userdb_find(ctx, missing[_i].db, missing[_i].spec, &u, &fail), -1);
	ck_assert_msg(strstr(fail.text, missing[_i].word), "%s", fail.text);
	ck_assert_msg(strstr(fail.text, missing[_i].why), "%s", fail.text);
}
END_TEST

START_TEST(lists_of_groups)
{
	struct userdb_user u;
	struct fail fail;

	ck_assert_int_eq(userdb_find(ctx, &both, "bob", &u, &fail), 0);
	ck_assert_int_eq(userdb_groups(ctx, &both, "wheel,7,27", &u, &fail), 0);
	ck_assert_uint_eq(u.group_count, 3);
	ck_assert(u.groups[0] == 10 && u.groups[1] == 7 && u.groups[2] == 27);
	ck_assert_int_eq(userdb_groups(ctx, &both, "", &u, &fail), 0);
	ck_assert_uint_eq(u.group_count, 0);
	ck_assert_ptr_null(u.groups);
	ck_assert_int_eq(userdb_groups(ctx, &both, "7,none", &u, &fail), -1);
	ck_assert_ptr_nonnull(strstr(fail.text, "'none'"));
	ck_assert_int_eq(userdb_groups(ctx, &both, "7,", &u, &fail), -1);
}
END_TEST

static Suite *userdb_suite(void)
{
	Suite *s = suite_create("ident_userdb");
	TCase *tc = tcase_create("userdb");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, users_found, 0, ROWS(users));
	tcase_add_loop_test(tc, users_missing, 0, ROWS(missing));
	tcase_add_test(tc, lists_of_groups);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(userdb_suite)
