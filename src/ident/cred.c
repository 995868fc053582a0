/* SPDX-License-Identifier: MIT */
/*
 * A thread's virtual credentials: made, copied, asked.
 */
#include "ident/cred.h"

#include <linux/capability.h>
#include <string.h>
#include <talloc.h>

/* Of securebits.h since Linux 6.14: up to SECURE_EXEC_DENY_INTERACTIVE_LOCKED. */
#define ALL_SECUREBITS 0xfffu

const struct cred_limits cred_limits_newest = {
	.caps = (UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1,
	.securebits = ALL_SECUREBITS,
};

struct cred *cred_new(void *ctx, uint32_t uid, uint32_t gid, const struct cred_limits *limits)
{
	struct cred *c = talloc_zero(ctx, struct cred);

	if (!c)
		return NULL;
	c->uid = c->euid = c->suid = c->fsuid = uid;
	c->gid = c->egid = c->sgid = c->fsgid = gid;
	c->limits = *limits;
	c->bounding = limits->caps;
	if (uid == 0)
		c->permitted = c->effective = limits->caps;
	return c;
}

struct cred *cred_copy(void *ctx, const struct cred *from)
{
	struct cred *c = talloc_memdup(ctx, from, sizeof(*from));

	if (!c)
		return NULL;
	talloc_set_type(c, struct cred);
	c->groups = NULL;
	if (from->group_count) {
		c->groups = talloc_memdup(c, from->groups, from->group_count * sizeof(*c->groups));
		if (!c->groups) {
			talloc_free(c);
			return NULL;
		}
	}
	return c;
}

bool cred_capable(const struct cred *c, unsigned cap)
{
	return c->effective >> cap & 1;
}

bool cred_in_group(const struct cred *c, uint32_t gid)
{
	if (c->fsgid == gid)
		return true;
	for (unsigned i = 0; i < c->group_count; i++)
		if (c->groups[i] == gid)
			return true;
	return false;
}

bool cred_undumps(const struct cred *from, const struct cred *to)
{
	return from->euid != to->euid || from->egid != to->egid || from->fsuid != to->fsuid ||
	       from->fsgid != to->fsgid || (to->permitted & ~from->permitted);
}
