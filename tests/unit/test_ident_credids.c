/* SPDX-License-Identifier: MIT */
/* setuid(2) and its kin: who may, what becomes of all four ids and of root's capabilities. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>

#include "rootcred.h"

#define NO UINT32_MAX
#define ALL ((UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1)
#define BIT(cap) (UINT64_C(1) << (cap))
#define FS                                                                                   \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | \
	 BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE))

enum what { SET, RE, RES, FSID };

struct ids {
	uint32_t r, e, s, fs;
};

/* Which capabilities the thread has before. */
enum power { ROOT, NONE, SETID };

static const struct {
	enum what call;
	struct ids before;
	enum power power;
	uint32_t arg[3];
	int result; /* of FSID: the old one */
	struct ids after;
} rows[] = {
	/* setuid: with the capability all four, without it only back to real or saved */
	{ SET, { 0, 0, 0, 0 }, ROOT, { 5 }, 0, { 5, 5, 5, 5 } },
	{ SET, { 1, 2, 3, 2 }, NONE, { 1 }, 0, { 1, 1, 3, 1 } },
	{ SET, { 1, 2, 3, 2 }, NONE, { 3 }, 0, { 1, 3, 3, 3 } },
	{ SET, { 1, 2, 3, 9 }, NONE, { 2 }, -EPERM, { 1, 2, 3, 9 } },
	{ SET, { 1, 2, 3, 2 }, NONE, { NO }, -EINVAL, { 1, 2, 3, 2 } },
	{ SET, { 1, 2, 3, 2 }, SETID, { 4 }, 0, { 4, 4, 4, 4 } },
	{ SET, { 0, 0, 0, 0 }, ROOT, { NO }, -EINVAL, { 0, 0, 0, 0 } },
	/* setreuid: the saved one follows */
	{ RE, { 0, 0, 0, 0 }, ROOT, { 5, 6 }, 0, { 5, 6, 6, 6 } },
	{ RE, { 1, 2, 3, 2 }, NONE, { 2, 1 }, 0, { 2, 1, 1, 1 } },
	{ RE, { 1, 2, 3, 2 }, NONE, { NO, 3 }, 0, { 1, 3, 3, 3 } },
	{ RE, { 1, 2, 3, 2 }, NONE, { NO, 1 }, 0, { 1, 1, 3, 1 } },
	{ RE, { 1, 2, 3, 9 }, NONE, { NO, NO }, 0, { 1, 2, 3, 2 } },
	{ RE, { 1, 2, 3, 9 }, NONE, { 1, NO }, 0, { 1, 2, 2, 2 } },
	{ RE, { 1, 2, 3, 2 }, NONE, { 3, NO }, -EPERM, { 1, 2, 3, 2 } },
	{ RE, { 1, 2, 3, 2 }, NONE, { NO, 4 }, -EPERM, { 1, 2, 3, 2 } },
	{ RE, { 1, 2, 3, 2 }, NONE, { 2, 4 }, -EPERM, { 1, 2, 3, 2 } },
	/* setresuid: each to any of the three */
	{ RES, { 0, 0, 0, 0 }, ROOT, { 5, 6, 7 }, 0, { 5, 6, 7, 6 } },
	{ RES, { 1, 2, 3, 2 }, NONE, { 3, 1, 2 }, 0, { 3, 1, 2, 1 } },
	{ RES, { 1, 2, 3, 2 }, NONE, { 4, NO, NO }, -EPERM, { 1, 2, 3, 2 } },
	{ RES, { 1, 2, 3, 2 }, NONE, { NO, 4, NO }, -EPERM, { 1, 2, 3, 2 } },
	{ RES, { 1, 2, 3, 2 }, NONE, { NO, NO, 4 }, -EPERM, { 1, 2, 3, 2 } },
	{ RES, { 1, 2, 3, 9 }, NONE, { NO, NO, NO }, 0, { 1, 2, 3, 9 } },
	{ RES, { 1, 2, 3, 9 }, NONE, { 1, NO, 3 }, 0, { 1, 2, 3, 9 } },
	{ RES, { 1, 2, 3, 9 }, NONE, { 1, 2, 3 }, 0, { 1, 2, 3, 2 } },
	{ RES, { 1, 2, 3, 9 }, NONE, { 2, NO, NO }, 0, { 2, 2, 3, 2 } },
	{ RES, { 1, 2, 3, 9 }, NONE, { 9, NO, NO }, -EPERM, { 1, 2, 3, 9 } },
	/* setfsuid: says what it was, and no more */
	{ FSID, { 0, 0, 0, 0 }, ROOT, { 5 }, 0, { 0, 0, 0, 5 } },
	{ FSID, { 1, 2, 3, 2 }, NONE, { 3 }, 2, { 1, 2, 3, 3 } },
	{ FSID, { 1, 2, 3, 2 }, NONE, { 4 }, 2, { 1, 2, 3, 2 } },
	{ FSID, { 1, 2, 3, 9 }, NONE, { NO }, 9, { 1, 2, 3, 9 } },
	{ FSID, { 1, 2, 3, 2 }, SETID, { 4 }, 2, { 1, 2, 3, 4 } },
	{ FSID, { 0, 0, 0, 7 }, ROOT, { NO }, 7, { 0, 0, 0, 7 } },
};

static uint64_t caps_of(enum power power, unsigned cap)
{
	return power == ROOT ? ALL : power == SETID ? BIT(cap) : 0;
}

static int call_uid(enum what call, const uint32_t arg[3])
{
	switch (call) {
	case SET: return cred_setuid(c, arg[0]);
	case RE: return cred_setreuid(c, arg[0], arg[1]);
	case RES: return cred_setresuid(c, arg[0], arg[1], arg[2]);
	case FSID: return (int)cred_setfsuid(c, arg[0]);
	}
	return 0;
}

static int call_gid(enum what call, const uint32_t arg[3])
{
	switch (call) {
	case SET: return cred_setgid(c, arg[0]);
	case RE: return cred_setregid(c, arg[0], arg[1]);
	case RES: return cred_setresgid(c, arg[0], arg[1], arg[2]);
	case FSID: return (int)cred_setfsgid(c, arg[0]);
	}
	return 0;
}

static void same_ids(const struct ids *want, uint32_t r, uint32_t e, uint32_t s, uint32_t fs)
{
	ck_assert_uint_eq(r, want->r);
	ck_assert_uint_eq(e, want->e);
	ck_assert_uint_eq(s, want->s);
	ck_assert_uint_eq(fs, want->fs);
}

START_TEST(user_ids)
{
	const struct ids *b = &rows[_i].before;

	c->uid = b->r, c->euid = b->e, c->suid = b->s, c->fsuid = b->fs;
	c->permitted = c->effective = caps_of(rows[_i].power, CAP_SETUID);
	ck_assert_int_eq(call_uid(rows[_i].call, rows[_i].arg), rows[_i].result);
	same_ids(&rows[_i].after, c->uid, c->euid, c->suid, c->fsuid);
	ck_assert(c->gid == 0 && c->fsgid == 0);
}
END_TEST

/* The same rules; capabilities stay what they are. */
START_TEST(group_ids)
{
	const struct ids *b = &rows[_i].before;

	c->gid = b->r, c->egid = b->e, c->sgid = b->s, c->fsgid = b->fs;
	c->permitted = c->effective = caps_of(rows[_i].power, CAP_SETGID);
	ck_assert_int_eq(call_gid(rows[_i].call, rows[_i].arg), rows[_i].result);
	same_ids(&rows[_i].after, c->gid, c->egid, c->sgid, c->fsgid);
	ck_assert(c->uid == 0 && c->fsuid == 0);
	ck_assert_uint_eq(c->effective, caps_of(rows[_i].power, CAP_SETGID));
	ck_assert_uint_eq(c->permitted, c->effective);
}
END_TEST

/* ---- cap_task_fix_setuid ---- */

static const struct {
	unsigned securebits;
	struct ids before;
	uint64_t effective, permitted, ambient;
	enum what call;
	uint32_t arg[3];
	uint64_t effective_after, permitted_after, ambient_after;
} fixups[] = {
	/* the last root id goes: everything does */
	{ 0, { 0, 0, 0, 0 }, ALL, ALL, 1, SET, { 5 }, 0, 0, 0 },
	{ 0, { 0, 5, 5, 5 }, 0, ALL, 1, RES, { 5, 5, 5 }, 0, 0, 0 },
	/* kept by wish, but for the effective set and the ambient one */
	{ SECBIT_KEEP_CAPS, { 0, 0, 0, 0 }, ALL, ALL, 1, SET, { 5 }, 0, ALL, 0 },
	{ SECBIT_KEEP_CAPS, { 0, 5, 0, 5 }, 3, ALL, 1, RES, { 5, 5, 5 }, 3, ALL, 0 },
	{ SECBIT_NO_SETUID_FIXUP, { 0, 0, 0, 0 }, ALL, ALL, 1, SET, { 5 }, ALL, ALL, 1 },
	/* the effective one follows the effective id */
	{ 0, { 0, 0, 0, 0 }, ALL, ALL, 1, RES, { NO, 5, NO }, 0, ALL, 1 },
	{ 0, { 0, 5, 0, 5 }, 0, 7, 1, RES, { NO, 0, NO }, 7, 7, 1 },
	{ 0, { 5, 5, 0, 5 }, 2, 7, 0, RE, { NO, 0 }, 7, 7, 0 },
	{ SECBIT_NO_SETUID_FIXUP, { 0, 5, 0, 5 }, 2, 7, 0, RES, { NO, 0, NO }, 2, 7, 0 },
	{ 0, { 0, 0, 0, 0 }, BIT(CAP_SETUID), ALL, 0, RES, { 5, NO, NO }, BIT(CAP_SETUID), ALL, 0 },
	/* the file system's id carries the capabilities over files */
	{ 0, { 0, 0, 0, 0 }, ALL, ALL, 1, FSID, { 5 }, ALL & ~FS, ALL, 1 },
	{ 0, { 0, 0, 0, 5 }, BIT(CAP_KILL), ALL, 0, FSID, { 0 }, FS | BIT(CAP_KILL), ALL, 0 },
	{ 0, { 0, 5, 5, 5 }, 0, BIT(CAP_CHOWN), 0, FSID, { 0 }, BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0 },
	{ 0, { 0, 0, 0, 5 }, ALL, ALL, 0, FSID, { 6 }, ALL, ALL, 0 },
	{ SECBIT_NO_SETUID_FIXUP, { 0, 0, 0, 0 }, ALL, ALL, 0, FSID, { 5 }, ALL, ALL, 0 },
};

START_TEST(capabilities_follow)
{
	const struct ids *b = &fixups[_i].before;
	const enum what call = fixups[_i].call;

	c->uid = b->r, c->euid = b->e, c->suid = b->s, c->fsuid = b->fs;
	c->securebits = fixups[_i].securebits;
	c->effective = fixups[_i].effective;
	c->permitted = fixups[_i].permitted;
	c->ambient = fixups[_i].ambient;
	if (call == FSID)
		call_uid(call, fixups[_i].arg);
	else
		ck_assert_int_eq(call_uid(call, fixups[_i].arg), 0);
	ck_assert_uint_eq(c->effective, fixups[_i].effective_after);
	ck_assert_uint_eq(c->permitted, fixups[_i].permitted_after);
	ck_assert_uint_eq(c->ambient, fixups[_i].ambient_after);
	ck_assert_uint_eq(c->bounding, ALL);
}
END_TEST

/* ---- supplementary groups ---- */

START_TEST(groups_are_sorted)
{
	const uint32_t list[] = { 7, 1, NO - 1, 7, 0 };

	ck_assert_int_eq(cred_may_setgroups(c, 5), 0);
	ck_assert_int_eq(cred_setgroups(c, list, 5), 0);
	ck_assert_uint_eq(c->group_count, 5);
	ck_assert(c->groups[0] == 0 && c->groups[1] == 1 && c->groups[2] == 7);
	ck_assert(c->groups[3] == 7 && c->groups[4] == NO - 1);
	ck_assert(cred_in_group(c, 7) && cred_in_group(c, 0) && !cred_in_group(c, 2));
	ck_assert_int_eq(cred_setgroups(c, NULL, 0), 0);
	ck_assert_uint_eq(c->group_count, 0);
	ck_assert_ptr_null(c->groups);
	ck_assert(!cred_in_group(c, 7));
}
END_TEST

START_TEST(groups_refused)
{
	const uint32_t list[] = { 7, NO };

	ck_assert_int_eq(cred_setgroups(c, list, 1), 0);
	ck_assert_int_eq(cred_setgroups(c, list, 2), -EINVAL);
	ck_assert_uint_eq(c->group_count, 1);
	ck_assert_int_eq(cred_may_setgroups(c, 65536), 0);
	ck_assert_int_eq(cred_may_setgroups(c, 65537), -EINVAL);
	ck_assert_int_eq(cred_may_setgroups(c, (unsigned)-1), -EINVAL);
	c->effective &= ~BIT(CAP_SETGID);
	ck_assert_int_eq(cred_may_setgroups(c, 0), -EPERM);
	ck_assert_int_eq(cred_may_setgroups(c, (unsigned)-1), -EPERM);
}
END_TEST

static Suite *credids_suite(void)
{
	Suite *s = suite_create("ident_credids");
	TCase *tc = tcase_create("credids");

	tcase_add_checked_fixture(tc, rootcred_setup, rootcred_teardown);
	tcase_add_loop_test(tc, user_ids, 0, ROWS(rows));
	tcase_add_loop_test(tc, group_ids, 0, ROWS(rows));
	tcase_add_loop_test(tc, capabilities_follow, 0, ROWS(fixups));
	tcase_add_test(tc, groups_are_sorted);
	tcase_add_test(tc, groups_refused);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(credids_suite)
