/* SPDX-License-Identifier: MIT */
/*
 * setuid(2) and its kin, as in kernel/sys.c, and what they do to the capabilities of root:
 * cap_task_fix_setuid in security/commoncap.c.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <talloc.h>

#include "ident/cred.h"

#define NO_ID UINT32_MAX

enum { GROUPS_MAX = 65536 }; /* NGROUPS_MAX */

#define BIT(cap) (UINT64_C(1) << (cap))

/* CAP_FS_SET: what the file system's user id carries. */
static const uint64_t fs_caps = BIT(CAP_CHOWN) | BIT(CAP_MKNOD) | BIT(CAP_DAC_OVERRIDE) |
				BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |
				BIT(CAP_MAC_OVERRIDE) | BIT(CAP_LINUX_IMMUTABLE);

/* One of the three kinds of id, so that users and groups share their rules. */
struct ids {
	uint32_t r, e, s, fs;
};

static struct ids uids(const struct cred *c)
{
	return (struct ids){ c->uid, c->euid, c->suid, c->fsuid };
}

static struct ids gids(const struct cred *c)
{
	return (struct ids){ c->gid, c->egid, c->sgid, c->fsgid };
}

static bool is_root(const struct ids *i)
{
	return i->r == 0 || i->e == 0 || i->s == 0;
}

/* cap_emulate_setxuid */
static void follow_uids(struct cred *c, const struct ids *from, const struct ids *to)
{
	if (is_root(from) && !is_root(to)) {
		if (!(c->securebits & SECBIT_KEEP_CAPS))
			c->permitted = c->effective = 0;
		c->ambient = 0;
	}
	if (from->e == 0 && to->e != 0)
		c->effective = 0;
	if (from->e != 0 && to->e == 0)
		c->effective = c->permitted;
}

static int commit_uids(struct cred *c, const struct ids *to)
{
	const struct ids from = uids(c);

	c->uid = to->r;
	c->euid = to->e;
	c->suid = to->s;
	c->fsuid = to->fs;
	if (!(c->securebits & SECBIT_NO_SETUID_FIXUP))
		follow_uids(c, &from, to);
	return 0;
}

static int commit_gids(struct cred *c, const struct ids *to)
{
	c->gid = to->r;
	c->egid = to->e;
	c->sgid = to->s;
	c->fsgid = to->fs;
	return 0;
}

/* ---- the rules, for users and groups alike ---- */

static int set_one(struct ids *i, uint32_t id, bool may)
{
	if (id == NO_ID)
		return -EINVAL;
	if (may)
		i->r = i->s = id;
	else if (id != i->r && id != i->s)
		return -EPERM;
	i->e = i->fs = id;
	return 0;
}

static int set_real_effective(struct ids *i, uint32_t r, uint32_t e, bool may)
{
	const struct ids old = *i;

	if (r != NO_ID && r != old.r && r != old.e && !may)
		return -EPERM;
	if (e != NO_ID && e != old.r && e != old.e && e != old.s && !may)
		return -EPERM;
	if (r != NO_ID)
		i->r = r;
	if (e != NO_ID)
		i->e = e;
	if (r != NO_ID || (e != NO_ID && e != old.r))
		i->s = i->e;
	i->fs = i->e;
	return 0;
}

static bool is_new(const struct ids *i, uint32_t id)
{
	return id != NO_ID && id != i->r && id != i->e && id != i->s;
}

static int set_all(struct ids *i, uint32_t r, uint32_t e, uint32_t s, bool may)
{
	if (!may && (is_new(i, r) || is_new(i, e) || is_new(i, s)))
		return -EPERM;
	/* Nothing to change leaves the file system's id alone too (newer kernels). */
	if ((r == NO_ID || r == i->r) && (e == NO_ID || (e == i->e && e == i->fs)) &&
	    (s == NO_ID || s == i->s))
		return 0;
	if (r != NO_ID)
		i->r = r;
	if (e != NO_ID)
		i->e = e;
	if (s != NO_ID)
		i->s = s;
	i->fs = i->e;
	return 0;
}

static bool may_set_fs(const struct ids *i, uint32_t id, bool may)
{
	return id != NO_ID && id != i->fs && (may || id == i->r || id == i->e || id == i->s);
}

/* ---- the calls ---- */

int cred_setuid(struct cred *c, uint32_t uid)
{
	struct ids to = uids(c);
	int r = set_one(&to, uid, cred_capable(c, CAP_SETUID));

	return r < 0 ? r : commit_uids(c, &to);
}

int cred_setgid(struct cred *c, uint32_t gid)
{
	struct ids to = gids(c);
	int r = set_one(&to, gid, cred_capable(c, CAP_SETGID));

	return r < 0 ? r : commit_gids(c, &to);
}

int cred_setreuid(struct cred *c, uint32_t ruid, uint32_t euid)
{
	struct ids to = uids(c);
	int r = set_real_effective(&to, ruid, euid, cred_capable(c, CAP_SETUID));

	return r < 0 ? r : commit_uids(c, &to);
}

int cred_setregid(struct cred *c, uint32_t rgid, uint32_t egid)
{
	struct ids to = gids(c);
	int r = set_real_effective(&to, rgid, egid, cred_capable(c, CAP_SETGID));

	return r < 0 ? r : commit_gids(c, &to);
}

int cred_setresuid(struct cred *c, uint32_t ruid, uint32_t euid, uint32_t suid)
{
	struct ids to = uids(c);
	int r = set_all(&to, ruid, euid, suid, cred_capable(c, CAP_SETUID));

	return r < 0 ? r : commit_uids(c, &to);
}

int cred_setresgid(struct cred *c, uint32_t rgid, uint32_t egid, uint32_t sgid)
{
	struct ids to = gids(c);
	int r = set_all(&to, rgid, egid, sgid, cred_capable(c, CAP_SETGID));

	return r < 0 ? r : commit_gids(c, &to);
}

uint32_t cred_setfsuid(struct cred *c, uint32_t uid)
{
	const struct ids i = uids(c);

	if (!may_set_fs(&i, uid, cred_capable(c, CAP_SETUID)))
		return i.fs;
	c->fsuid = uid;
	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return i.fs;
	if (i.fs == 0)
		c->effective &= ~fs_caps;
	else if (uid == 0)
		c->effective |= c->permitted & fs_caps;
	return i.fs;
}

uint32_t cred_setfsgid(struct cred *c, uint32_t gid)
{
	const struct ids i = gids(c);

	if (may_set_fs(&i, gid, cred_capable(c, CAP_SETGID)))
		c->fsgid = gid;
	return i.fs;
}

/* ---- supplementary groups ---- */

int cred_may_setgroups(const struct cred *c, unsigned count)
{
	if (!cred_capable(c, CAP_SETGID))
		return -EPERM;
	return count > GROUPS_MAX ? -EINVAL : 0;
}

static int compare_ids(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int cred_setgroups(struct cred *c, const uint32_t *groups, unsigned count)
{
	uint32_t *sorted = NULL;

	for (unsigned i = 0; i < count; i++)
		if (groups[i] == NO_ID)
			return -EINVAL;
	if (count) {
		sorted = talloc_memdup(c, groups, count * sizeof(*groups));
		if (!sorted)
			return -ENOMEM;
		qsort(sorted, count, sizeof(*sorted), compare_ids);
	}
	talloc_free(c->groups);
	c->groups = sorted;
	c->group_count = count;
	return 0;
}
