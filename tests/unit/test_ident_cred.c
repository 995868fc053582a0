/* SPDX-License-Identifier: MIT */
/* Credentials made and copied, and which changes make a process undumpable. */
#include "ident/cred.h"

#include <linux/capability.h>

#include "rootcred.h"

START_TEST(begins_as)
{
	struct cred *user = cred_new(NULL, 5, 6, &cred_limits_newest);

	ck_assert(cred_capable(c, CAP_CHOWN) && cred_capable(c, CAP_LAST_CAP));
	ck_assert_uint_eq(c->permitted, c->bounding);
	ck_assert(c->inheritable == 0 && c->ambient == 0 && c->securebits == 0);
	ck_assert(user->uid == 5 && user->euid == 5 && user->suid == 5 && user->fsuid == 5);
	ck_assert(user->gid == 6 && user->egid == 6 && user->sgid == 6 && user->fsgid == 6);
	ck_assert(user->permitted == 0 && user->effective == 0);
	ck_assert_uint_eq(user->bounding, c->bounding);
	ck_assert(!cred_capable(user, CAP_CHOWN) && cred_in_group(user, 6));
	ck_assert(!cred_in_group(user, 0));
	talloc_free(user);
}
END_TEST

START_TEST(copies_have_their_own_groups)
{
	const uint32_t groups[] = { 3, 4 };
	struct cred *copy;

	ck_assert_int_eq(cred_setgroups(c, groups, 2), 0);
	c->no_new_privs = true;
	copy = cred_copy(NULL, c);
	ck_assert_int_eq(cred_setgroups(c, NULL, 0), 0);
	ck_assert_uint_eq(copy->group_count, 2);
	ck_assert(cred_in_group(copy, 3) && copy->no_new_privs);
	talloc_free(copy);
}
END_TEST

static const struct {
	struct cred from, to;
	bool undumps;
} changes[] = {
	{ { .uid = 1 }, { .uid = 2 }, false },
	{ { .suid = 1 }, { .suid = 2 }, false },
	{ { .gid = 1, .sgid = 1 }, { .gid = 2, .sgid = 2 }, false },
	{ { .euid = 1 }, { .euid = 2 }, true },
	{ { .fsuid = 1 }, { .fsuid = 2 }, true },
	{ { .egid = 1 }, { .egid = 2 }, true },
	{ { .fsgid = 1 }, { .fsgid = 2 }, true },
	{ { .permitted = 1 }, { .permitted = 0 }, false },
	{ { .permitted = 1 }, { .permitted = 3 }, true },
	{ { .effective = 0 }, { .effective = 1 }, false },
	{ { .inheritable = 0 }, { .inheritable = 1 }, false },
	{ { .bounding = 1 }, { .bounding = 0 }, false },
	{ { .securebits = 1 }, { .securebits = 3 }, false },
};

START_TEST(undumping_changes)
{
	ck_assert_int_eq(cred_undumps(&changes[_i].from, &changes[_i].to), changes[_i].undumps);
}
END_TEST

static Suite *cred_suite(void)
{
	Suite *s = suite_create("ident_cred");
	TCase *tc = tcase_create("cred");

	tcase_add_checked_fixture(tc, rootcred_setup, rootcred_teardown);
	tcase_add_test(tc, begins_as);
	tcase_add_test(tc, copies_have_their_own_groups);
	tcase_add_loop_test(tc, undumping_changes, 0, ROWS(changes));
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(cred_suite)
