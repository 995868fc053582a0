// SPDX-License-Identifier: MIT
/* What one process may do to another, row by row. */
#include "ident/reach.h"

#include <linux/capability.h>

#include "unit.h"

#define CAP(n) (UINT64_C(1) << (n))

static struct cred user(uint32_t uid, uint32_t euid, uint32_t suid)
{
	return (struct cred){ .uid = uid, .euid = euid, .suid = suid, .fsuid = euid,
			      .gid = uid, .egid = euid, .sgid = suid, .fsgid = euid };
}

static struct cred able(unsigned cap)
{
	struct cred c = user(9, 9, 9);

	c.effective = c.permitted = CAP(cap);
	return c;
}

static const struct {
	uint32_t by[3], on[3]; /* real, effective, saved */
	bool kill, nice, ioprio, limits, memory;
} rows[] = {
	{ { 1, 1, 1 }, { 1, 1, 1 }, true, true, true, true, true },
	{ { 1, 1, 1 }, { 2, 2, 2 }, false, false, false, false, false },
	{ { 1, 1, 1 }, { 1, 2, 2 }, true, true, true, false, false },
	{ { 1, 1, 1 }, { 2, 1, 2 }, false, true, false, false, false },
	{ { 1, 1, 1 }, { 2, 2, 1 }, true, false, false, false, false },
	{ { 1, 2, 1 }, { 2, 3, 3 }, true, true, true, false, false },
	{ { 1, 2, 1 }, { 3, 3, 2 }, true, false, false, false, false },
	{ { 1, 2, 1 }, { 1, 3, 3 }, true, false, true, false, false },
	{ { 1, 2, 1 }, { 3, 3, 1 }, true, false, false, false, false },
	{ { 1, 2, 1 }, { 3, 1, 3 }, false, false, false, false, false },
	{ { 1, 2, 3 }, { 3, 3, 3 }, false, false, false, false, false },
	{ { 1, 2, 3 }, { 1, 1, 1 }, true, false, true, true, true },
	{ { 1, 2, 3 }, { 2, 2, 2 }, true, true, true, false, false },
};

START_TEST(by_ids)
{
	struct cred by = user(rows[_i].by[0], rows[_i].by[1], rows[_i].by[2]);
	struct cred on = user(rows[_i].on[0], rows[_i].on[1], rows[_i].on[2]);

	ck_assert_int_eq(reach_kill(&by, &on), rows[_i].kill);
	ck_assert_int_eq(reach_nice(&by, &on), rows[_i].nice);
	ck_assert_int_eq(reach_schedule(&by, &on), rows[_i].nice);
	ck_assert_int_eq(reach_ioprio(&by, &on), rows[_i].ioprio);
	ck_assert_int_eq(reach_limits(&by, &on), rows[_i].limits);
	ck_assert_int_eq(reach_memory(&by, &on, true), rows[_i].memory);
}
END_TEST

START_TEST(by_capability)
{
	struct cred on = user(1, 1, 1), none = user(9, 9, 9);
	struct cred c;

	c = able(CAP_KILL);
	ck_assert(reach_kill(&c, &on) && !reach_nice(&c, &on));
	c = able(CAP_SYS_NICE);
	ck_assert(reach_nice(&c, &on) && reach_schedule(&c, &on) && reach_ioprio(&c, &on));
	ck_assert(!reach_kill(&c, &on));
	c = able(CAP_SYS_RESOURCE);
	ck_assert(reach_limits(&c, &on) && !reach_memory(&c, &on, true));
	c = able(CAP_SYS_PTRACE);
	ck_assert(reach_memory(&c, &on, true) && reach_memory(&c, &on, false));
	on.permitted = ~UINT64_C(0);
	ck_assert(reach_memory(&c, &on, false));
	ck_assert(!reach_memory(&none, &none, false));
	c = none;
	c.permitted = CAP(CAP_CHOWN);
	ck_assert(!reach_memory(&none, &c, true) && reach_memory(&c, &none, true));
	ck_assert(!reach_nice(&none, &c) && !reach_schedule(&none, &c) && !reach_ioprio(&none, &c));
	ck_assert(reach_nice(&c, &none) && reach_kill(&none, &c));
	c.permitted = CAP(CAP_KILL); /* not in force */
	ck_assert(!reach_kill(&c, &on));
}
END_TEST

/* By the fs ids and the effective capabilities. */
START_TEST(looks_inside)
{
	struct cred on = user(1, 1, 1), by = user(1, 1, 1);

	ck_assert(reach_inspect(&by, &on, true) && !reach_inspect(&by, &on, false));
	on.suid = 0; /* as su does, for a moment */
	ck_assert(!reach_inspect(&by, &on, true));
	on.suid = 1;
	on.sgid = 7;
	ck_assert(!reach_inspect(&by, &on, true));
	on.sgid = 1;
	by.fsuid = 2;
	ck_assert(!reach_inspect(&by, &on, true) && reach_memory(&by, &on, true));
	by.fsuid = 1;
	on.permitted = by.permitted = CAP(CAP_CHOWN);
	ck_assert(!reach_inspect(&by, &on, true) && reach_memory(&by, &on, true));
	by.effective = CAP(CAP_SYS_PTRACE);
	ck_assert(reach_inspect(&by, &on, false));
}
END_TEST

START_TEST(claims)
{
	struct cred c = user(1, 2, 3), uids = able(CAP_SETUID), gids = able(CAP_SETGID);

	for (uint32_t uid = 0; uid < 6; uid++)
		for (uint32_t gid = 0; gid < 6; gid++)
			ck_assert_int_eq(reach_claim(&c, uid, gid),
					 uid >= 1 && uid <= 3 && gid >= 1 && gid <= 3);
	ck_assert(reach_claim(&uids, 5, 9) && !reach_claim(&uids, 5, 5));
	ck_assert(reach_claim(&gids, 9, 5) && !reach_claim(&gids, 5, 5));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ident_reach");

	unit_add_rows(s, "by_ids", by_ids, ROWS(rows));
	unit_add(s, "by_capability", by_capability);
	unit_add(s, "looks_inside", looks_inside);
	unit_add(s, "claims", claims);
	return s;
}

UNIT_MAIN(suite)
