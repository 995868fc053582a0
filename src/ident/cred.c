/* SPDX-License-Identifier: MIT */
/*
 * A thread's virtual credentials: made, copied, asked.
 */
#include "ident/cred.h"

#include <linux/capability.h>
#include <string.h>
#include <talloc.h>

/* Every capability that there is: cap_valid(). */
#define ALL_CAPS ((UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1)

struct cred *cred_new(void *ctx, uint32_t uid, uint32_t gid)
{
	struct cred *c = talloc_zero(ctx, struct cred);

	if (!c)
		return NULL;
	c->uid = c->euid = c->suid = c->fsuid = uid;
	c->gid = c->egid = c->sgid = c->fsgid = gid;
	c->bounding = ALL_CAPS;
	if (uid == 0)
		c->permitted = c->effective = ALL_CAPS;
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
