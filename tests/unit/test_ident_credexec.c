/* SPDX-License-Identifier: MIT */
/* What an exec makes of credentials: set-id bits, file capabilities, root's powers, AT_SECURE. */
#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <talloc.h>

#include "ident/cred.h"
#include "unit.h"

#define ALL ((UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1)
#define A UINT64_C(1)
#define B UINT64_C(2)
#define HIGH (UINT64_C(1) << 39)
#define SETUID (UINT64_C(1) << CAP_SETUID)

enum {
	SEC = CRED_EXEC_SECURE | CRED_EXEC_NO_PDEATHSIG,
	UND = CRED_EXEC_UNDUMPABLE,
	NOP = CRED_EXEC_NO_PDEATHSIG,
	PER = CRED_EXEC_CLEAR_PER,
};

/* security.capability as it lies on disk. */
struct fcap {
	uint32_t magic;
	uint64_t permitted, inheritable;
	uint32_t rootid;
	size_t size; /* 0: what the revision says */
};

enum { V1 = VFS_CAP_REVISION_1, V2 = VFS_CAP_REVISION_2, V3 = VFS_CAP_REVISION_3, E = 1 };

static const struct {
	/* before: real and effective ids (saved and fs as effective), sets */
	uint32_t uid, euid, gid, egid;
	struct {
		uint64_t e, p, i, x, a;
	} before;
	unsigned securebits;
	bool nnp;
	/* the file */
	uint32_t fuid, fgid, mode;
	struct fcap caps;
	bool nosuid, shares_fs, unreadable;
	/* after */
	int result;
	uint32_t euid_after, egid_after;
	struct {
		uint64_t e, p, a;
	} after;
} rows[] = {
#define USER 5, 5, 5, 5, { 0, 0, 0, ALL, 0 }, 0, 0
#define USER_NNP 5, 5, 5, 5, { 0, 0, 0, ALL, 0 }, 0, 1
#define ROOT 0, 0, 0, 0, { ALL, ALL, 0, ALL, 0 }, 0, 0
#define PLAIN 0, 0, 0755, { 0 }, 0, 0, 0
	/* nothing set: users stay users, root stays root */
	{ USER, PLAIN, 0, 5, 5, { 0, 0, 0 } },
	{ ROOT, PLAIN, 0, 0, 0, { ALL, ALL, 0 } },
	{ 0, 0, 0, 0, { 0, 0, A, B, 0 }, 0, 0, PLAIN, PER | UND | NOP, 0, 0, { 3, 3, 0 } },
	{ 0, 0, 0, 0, { ALL, ALL, 0, A, 0 }, 0, 0, PLAIN, 0, 0, 0, { A, A, 0 } },
	/* set-user-id root, another's, set-group-id */
	{ USER, 0, 7, 04755, { 0 }, 0, 0, 0, SEC | PER | UND, 0, 5, { ALL, ALL, 0 } },
	{ USER, 9, 7, 04755, { 0 }, 0, 0, 0, SEC | PER | UND, 9, 5, { 0, 0, 0 } },
	{ USER, 9, 7, 02755, { 0 }, 0, 0, 0, SEC | PER | UND, 5, 7, { 0, 0, 0 } },
	{ USER, 9, 7, 02745, { 0 }, 0, 0, 0, 0, 5, 5, { 0, 0, 0 } },
	{ USER, 5, 5, 06755, { 0 }, 0, 0, 0, PER, 5, 5, { 0, 0, 0 } },
	{ ROOT, 9, 7, 06755, { 0 }, 0, 0, 0, SEC | PER | UND, 9, 7, { 0, ALL, 0 } },
	/* held back */
	{ USER, 0, 0, 06755, { 0 }, 1, 0, 0, 0, 5, 5, { 0, 0, 0 } },
	{ USER_NNP, 0, 0, 06755, { 0 }, 0, 0, 0, 0, 5, 5, { 0, 0, 0 } },
	{ USER, 0, 0, 06755, { 0 }, 0, 1, 0, SEC | PER, 5, 5, { 0, 0, 0 } },
	{ 5, 5, 5, 5, { SETUID, SETUID, 0, ALL, 0 }, 0, 0, 9, 5, 04755, { 0 }, 0, 1, 0,
	  SEC | PER | UND, 9, 5, { 0, 0, 0 } },
	{ 5, 5, 5, 5, { SETUID, SETUID, 0, ALL, 0 }, 0, 0, 0, 5, 04755, { 0 }, 0, 1, 0,
	  SEC | PER | UND, 0, 5, { SETUID, SETUID, 0 } },
	{ ROOT, 0, 0, 0755, { 0 }, 0, 1, 0, 0, 0, 0, { ALL, ALL, 0 } },
	/* may not be read: undumpable, no more */
	{ USER, 0, 0, 0711, { 0 }, 0, 0, 1, UND, 5, 5, { 0, 0, 0 } },
	/* ids that differed before: secure, as the old ones say also undumpable */
	{ 5, 6, 5, 5, { 0, 0, 0, ALL, 0 }, 0, 0, PLAIN, SEC | UND, 6, 5, { 0, 0, 0 } },
	{ 5, 5, 5, 6, { 0, 0, 0, ALL, 0 }, 0, 0, PLAIN, SEC | UND, 5, 6, { 0, 0, 0 } },
	{ 5, 5, 5, 6, { 0, 0, 0, ALL, 0 }, 0, 1, PLAIN, SEC | UND, 5, 6, { 0, 0, 0 } },
	{ 0, 5, 0, 0, { 0, ALL, 0, ALL, 0 }, 0, 0, PLAIN, SEC | UND, 5, 0, { 0, ALL, 0 } },
	{ 5, 0, 5, 5, { ALL, ALL, 0, ALL, 0 }, 0, 0, PLAIN, SEC | UND, 0, 5, { ALL, ALL, 0 } },
	{ 5, 0, 5, 5, { ALL, ALL, 0, ALL, 0 }, 0, 0, 5, 5, 04755, { 0 }, 0, 0, 0, SEC | PER | UND,
	  5, 5, { 0, 0, 0 } },
	/* file capabilities: permitted by bounding, inheritable by both, effective or not */
	{ USER, 0, 0, 0755, { V2, A | HIGH, 0, 0, 0 }, 0, 0, 0, SEC | PER | UND, 5, 5,
	  { 0, A | HIGH, 0 } },
	{ USER, 0, 0, 0755, { V2 | E, A | HIGH, 0, 0, 0 }, 0, 0, 0, SEC | PER | UND, 5, 5,
	  { A | HIGH, A | HIGH, 0 } },
	{ USER, 0, 0, 0755, { V1 | E, A | HIGH, 0, 0, 0 }, 0, 0, 0, SEC | PER | UND, 5, 5,
	  { A, A, 0 } },
	{ USER, 0, 0, 0755, { V3 | E, A | HIGH, 0, 0, 0 }, 0, 0, 0, SEC | PER | UND, 5, 5,
	  { A | HIGH, A | HIGH, 0 } },
	{ USER, 0, 0, 0755, { V3 | E, A, 0, 1000, 0 }, 0, 0, 0, 0, 5, 5, { 0, 0, 0 } },
	{ USER, 0, 0, 0755, { V2 | E, ~ALL | A, 0, 0, 0 }, 0, 0, 0, SEC | PER | UND, 5, 5,
	  { A, A, 0 } },
	{ USER, 0, 0, 0755, { V2 | E, A, 0, 0, 0 }, 1, 0, 0, 0, 5, 5, { 0, 0, 0 } },
	{ USER_NNP, 0, 0, 0755, { V2 | E, A, 0, 0, 0 }, 0, 0, 0, SEC | PER, 5, 5, { 0, 0, 0 } },
	{ 5, 5, 5, 5, { 0, A, 0, ALL, 0 }, 0, 1, 0, 0, 0755, { V2 | E, A, 0, 0, 0 }, 0, 0, 0, SEC,
	  5, 5, { A, A, 0 } },
	{ 5, 5, 5, 5, { 0, 0, A, ALL, 0 }, 0, 0, 0, 0, 0755, { V2, 0, A | B, 0, 0 }, 0, 0, 0,
	  SEC | PER | UND, 5, 5, { 0, A, 0 } },
	{ 5, 5, 5, 5, { 0, 0, 0, A, 0 }, 0, 0, 0, 0, 0755, { V2, A | B, 0, 0, 0 }, 0, 0, 0,
	  SEC | PER | UND, 5, 5, { 0, A, 0 } },
	{ 5, 5, 5, 5, { 0, 0, 0, A, 0 }, 0, 0, 0, 0, 0755, { V2 | E, A | B, 0, 0, 0 }, 0, 0, 0,
	  -EPERM, 5, 5, { 0, 0, 0 } },
	{ ROOT, 0, 0, 0755, { V2 | E, A, 0, 0, 0 }, 0, 0, 0, 0, 0, 0, { ALL, ALL, 0 } },
	/* set-user-id root with capabilities of its own: those alone */
	{ USER, 0, 0, 04755, { V2 | E, A, 0, 0, 0 }, 0, 0, 0, SEC | PER | UND, 0, 5, { A, A, 0 } },
	/* broken ones */
	{ USER, 0, 0, 0755, { V2, 0, 0, 0, 3 }, 0, 0, 0, -EINVAL, 5, 5, { 0, 0, 0 } },
	{ USER, 0, 0, 0755, { V2, 0, 0, 0, XATTR_CAPS_SZ_1 }, 0, 0, 0, -EINVAL, 5, 5, { 0, 0, 0 } },
	{ USER, 0, 0, 0755, { V3, 0, 0, 0, XATTR_CAPS_SZ_2 }, 0, 0, 0, -EINVAL, 5, 5, { 0, 0, 0 } },
	{ USER, 0, 0, 0755, { 0x04000000, 0, 0, 0, 20 }, 0, 0, 0, -EINVAL, 5, 5, { 0, 0, 0 } },
	{ USER, 0, 0, 0755, { 0x04000000, 0, 0, 0, 20 }, 1, 0, 0, 0, 5, 5, { 0, 0, 0 } },
	/* ambient ones live on, but not through set-id or file capabilities */
	{ 5, 5, 5, 5, { A, A, A, ALL, A }, 0, 0, PLAIN, 0, 5, 5, { A, A, A } },
	{ 5, 5, 5, 5, { A, A, A, ALL, A }, 0, 1, PLAIN, 0, 5, 5, { A, A, A } },
	{ 5, 5, 5, 5, { A, A, A, ALL, A }, 0, 0, 9, 9, 04755, { 0 }, 0, 0, 0, SEC | PER | UND, 9, 5,
	  { 0, 0, 0 } },
	{ 5, 5, 5, 5, { A, A, A, ALL, A }, 0, 0, 0, 0, 0755, { V2, B, 0, 0, 0 }, 0, 0, 0,
	  SEC | PER | UND, 5, 5, { 0, B, 0 } },
	/* root without root's powers; keepcaps ends */
	{ 0, 0, 0, 0, { ALL, ALL, 0, ALL, 0 }, SECBIT_NOROOT, 0, PLAIN, 0, 0, 0, { 0, 0, 0 } },
	{ USER, 0, 0, 04755, { 0 }, 0, 0, 0, SEC | PER | UND, 0, 5, { ALL, ALL, 0 } },
	{ 5, 5, 5, 5, { 0, 0, 0, ALL, 0 }, SECBIT_NOROOT, 0, 0, 0, 04755, { 0 }, 0, 0, 0,
	  SEC | PER | UND, 0, 5, { 0, 0, 0 } },
	{ 5, 5, 5, 5, { A, A, 0, ALL, 0 }, SECBIT_KEEP_CAPS, 0, PLAIN, 0, 5, 5, { 0, 0, 0 } },
};

static size_t size_of(const struct fcap *f)
{
	if (f->size)
		return f->size;
	switch (f->magic & VFS_CAP_REVISION_MASK) {
	case V1: return XATTR_CAPS_SZ_1;
	case V2: return XATTR_CAPS_SZ_2;
	case V3: return XATTR_CAPS_SZ_3;
	default: return 0;
	}
}

static void write_caps(const struct fcap *f, uint32_t disk[6])
{
	disk[0] = htole32(f->magic);
	disk[1] = htole32((uint32_t)f->permitted);
	disk[2] = htole32((uint32_t)f->inheritable);
	disk[3] = htole32((uint32_t)(f->permitted >> 32));
	disk[4] = htole32((uint32_t)(f->inheritable >> 32));
	disk[5] = htole32(f->rootid);
}

static struct cred *before(int i)
{
	struct cred *c = cred_new(NULL, rows[i].uid, rows[i].gid, &cred_limits_newest);

	ck_assert_ptr_nonnull(c);
	c->euid = c->suid = c->fsuid = rows[i].euid;
	c->egid = c->sgid = c->fsgid = rows[i].egid;
	c->effective = rows[i].before.e;
	c->permitted = rows[i].before.p;
	c->inheritable = rows[i].before.i;
	c->bounding = rows[i].before.x;
	c->ambient = rows[i].before.a;
	c->securebits = rows[i].securebits;
	c->no_new_privs = rows[i].nnp;
	return c;
}

START_TEST(exec_rows)
{
	struct cred *c = before(_i);
	uint32_t disk[6];
	const struct cred_exec file = {
		.uid = rows[_i].fuid,
		.gid = rows[_i].fgid,
		.mode = 0100000 | rows[_i].mode,
		.caps = disk,
		.caps_size = size_of(&rows[_i].caps),
		.nosuid = rows[_i].nosuid,
		.shares_fs = rows[_i].shares_fs,
		.unreadable = rows[_i].unreadable,
	};
	int r;

	write_caps(&rows[_i].caps, disk);
	r = cred_exec(c, &file);
	ck_assert_int_eq(r, rows[_i].result);
	ck_assert_uint_eq(c->euid, rows[_i].euid_after);
	ck_assert_uint_eq(c->egid, rows[_i].egid_after);
	ck_assert_uint_eq(c->suid, c->euid);
	ck_assert_uint_eq(c->fsgid, c->egid);
	ck_assert_uint_eq(c->effective, rows[_i].after.e);
	ck_assert_uint_eq(c->permitted, rows[_i].after.p);
	ck_assert_uint_eq(c->ambient, rows[_i].after.a);
	ck_assert_uint_eq(c->uid, rows[_i].uid);
	ck_assert_uint_eq(c->inheritable, rows[_i].before.i);
	ck_assert_uint_eq(c->bounding, rows[_i].before.x);
	ck_assert(r < 0 || !(c->securebits & SECBIT_KEEP_CAPS));
	talloc_free(c);
}
END_TEST

/* A group that the thread is in is no change of ids, though AT_SECURE it is. */
START_TEST(set_group_id_of_an_own_group)
{
	struct cred *c = cred_new(NULL, 5, 5, &cred_limits_newest);
	const struct cred_exec file = { .gid = 7, .mode = 0102755 };
	const uint32_t own = 7;

	ck_assert_int_eq(cred_setgroups(c, &own, 1), 0);
	c->permitted = c->effective = c->inheritable = c->ambient = A;
	ck_assert_int_eq(cred_exec(c, &file), SEC | PER | UND);
	ck_assert_uint_eq(c->egid, 7);
	ck_assert_uint_eq(c->ambient, A);
	ck_assert_uint_eq(c->group_count, 1);
	talloc_free(c);
}
END_TEST

/*
 * Saved and fs ids follow the effective ones in every exec. That the effective group is not the one
 * for files looks to the kernel like a change of groups.
 */
START_TEST(all_ids_follow)
{
	struct cred *c = cred_new(NULL, 5, 5, &cred_limits_newest);
	const struct cred_exec file = { .mode = 0100755 };

	c->suid = c->fsuid = 8;
	c->sgid = c->fsgid = 9;
	ck_assert_int_eq(cred_exec(c, &file), SEC | UND);
	ck_assert(c->suid == 5 && c->fsuid == 5 && c->sgid == 5 && c->fsgid == 5);
	talloc_free(c);
}
END_TEST

static Suite *credexec_suite(void)
{
	Suite *s = suite_create("ident_credexec");
	TCase *tc = tcase_create("credexec");

	tcase_add_loop_test(tc, exec_rows, 0, ROWS(rows));
	tcase_add_test(tc, set_group_id_of_an_own_group);
	tcase_add_test(tc, all_ids_follow);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(credexec_suite)
