// SPDX-License-Identifier: MIT
/*
 * The rules of fs/posix_acl.c and the layout of linux/posix_acl_xattr.h: a little-endian version,
 * then entries of tag, permissions and id.
 */
#include "ident/acl.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "ident/cred.h"
#include "ident/owner.h"

enum { VERSION = 2, ALL_PERMS = 7 };

#define NO_ID UINT32_MAX

struct xattr_entry {
	uint16_t tag, perm;
	uint32_t id;
};

/* ---- the xattr ----------------------------------------------------------------------------- */

static bool names_someone(unsigned tag)
{
	return tag == ACL_TAG_USER || tag == ACL_TAG_GROUP;
}

static bool is_tag(unsigned tag)
{
	return tag && tag <= ACL_TAG_OTHER && (tag & (tag - 1)) == 0;
}

static int read_entry(const char *at, struct acl_entry *ret)
{
	struct xattr_entry x;

	memcpy(&x, at, sizeof(x));
	*ret = (struct acl_entry){ le16toh(x.tag), le16toh(x.perm), le32toh(x.id) };
	if (!is_tag(ret->tag))
		return -EINVAL;
	if (!names_someone(ret->tag))
		ret->id = NO_ID;
	return names_someone(ret->tag) && ret->id == NO_ID ? -EINVAL : 0;
}

static struct acl *new_acl(void *ctx, size_t count)
{
	struct acl *a = talloc_size(ctx, sizeof(*a) + count * sizeof(a->entries[0]));

	if (a)
		a->count = count;
	return a;
}

int acl_parse(void *ctx, const void *value, size_t size, struct acl **ret)
{
	const char *at = value;
	uint32_t version;
	struct acl *a;
	int r = 0;

	*ret = NULL;
	if (size == 0)
		return 0;
	if (size < sizeof(version))
		return -EINVAL;
	memcpy(&version, at, sizeof(version));
	if (le32toh(version) != VERSION)
		return -EOPNOTSUPP;
	size -= sizeof(version);
	at += sizeof(version);
	if (size % sizeof(struct xattr_entry))
		return -EINVAL;
	if (size == 0)
		return 0;
	a = new_acl(ctx, size / sizeof(struct xattr_entry));
	if (!a)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < a->count; i++)
		r = read_entry(at + i * sizeof(struct xattr_entry), &a->entries[i]);
	if (r < 0)
		talloc_free(a);
	else
		*ret = a;
	return r;
}

size_t acl_size(const struct acl *a)
{
	return sizeof(uint32_t) + a->count * sizeof(struct xattr_entry);
}

void acl_print(const struct acl *a, void *ret)
{
	uint32_t version = htole32(VERSION);
	char *at = ret;

	memcpy(at, &version, sizeof(version));
	at += sizeof(version);
	for (size_t i = 0; i < a->count; i++) {
		const struct acl_entry *e = &a->entries[i];
		struct xattr_entry x = { htole16(e->tag), htole16(e->perm),
					 htole32(names_someone(e->tag) ? e->id : NO_ID) };

		memcpy(at + i * sizeof(x), &x, sizeof(x));
	}
}

/* The tags that may stand behind this one; a mask must where anyone is named. */
static unsigned tags_behind(unsigned tag, bool needs_mask)
{
	switch (tag) {
	case 0: return ACL_TAG_USER_OBJ;
	case ACL_TAG_USER_OBJ:
	case ACL_TAG_USER: return ACL_TAG_USER | ACL_TAG_GROUP_OBJ;
	case ACL_TAG_GROUP_OBJ:
	case ACL_TAG_GROUP:
		return ACL_TAG_GROUP | ACL_TAG_MASK | (needs_mask ? 0 : ACL_TAG_OTHER);
	case ACL_TAG_MASK: return ACL_TAG_OTHER;
	default: return 0;
	}
}

int acl_check(const struct acl *a)
{
	bool needs_mask = false;
	unsigned tag = 0;

	for (size_t i = 0; i < a->count; i++) {
		const struct acl_entry *e = &a->entries[i];

		if ((e->perm & ~ALL_PERMS) || !(e->tag & tags_behind(tag, needs_mask)))
			return -EINVAL;
		tag = e->tag;
		needs_mask |= names_someone(tag);
	}
	return tag == ACL_TAG_OTHER ? 0 : -EINVAL;
}

/* ---- permission ---------------------------------------------------------------------------- */

static const struct acl_entry *find_tag(const struct acl *a, unsigned tag)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->entries[i].tag == tag)
			return &a->entries[i];
	return NULL;
}

/* Does this entry speak of them? */
static bool is_about(const struct acl_entry *e, const struct cred *c, const struct owner *o)
{
	switch (e->tag) {
	case ACL_TAG_USER_OBJ: return o->uid == c->fsuid;
	case ACL_TAG_USER: return e->id == c->fsuid;
	case ACL_TAG_GROUP_OBJ: return cred_in_group(c, o->gid);
	case ACL_TAG_GROUP: return cred_in_group(c, e->id);
	default: return e->tag == ACL_TAG_OTHER;
	}
}

static bool grants(const struct acl_entry *e, unsigned want)
{
	return (e->perm & want) == want;
}

/*
 * The first entry about them decides; of the groups, one that grants, if there is any, and others
 * do not count then.
 */
int acl_permission(const struct acl *a, const struct cred *c, const struct owner *o,
		   unsigned want)
{
	const struct acl_entry *mask = find_tag(a, ACL_TAG_MASK);
	bool in_a_group = false;

	want &= ALL_PERMS;
	for (size_t i = 0; i < a->count; i++) {
		const struct acl_entry *e = &a->entries[i];
		bool by_group = e->tag == ACL_TAG_GROUP_OBJ || e->tag == ACL_TAG_GROUP;

		if (!is_about(e, c, o))
			continue;
		if (e->tag == ACL_TAG_OTHER && in_a_group)
			return -EACCES;
		in_a_group |= by_group;
		if (by_group && !grants(e, want))
			continue;
		if (mask && e->tag != ACL_TAG_USER_OBJ && e->tag != ACL_TAG_OTHER &&
		    !grants(mask, want))
			return -EACCES;
		return grants(e, want) ? 0 : -EACCES;
	}
	return -EACCES;
}

/* ---- modes --------------------------------------------------------------------------------- */

int acl_equiv_mode(const struct acl *a, uint32_t *mode)
{
	uint32_t bits = 0;
	int more = 0;

	for (size_t i = 0; i < a->count; i++) {
		uint32_t perm = a->entries[i].perm & ALL_PERMS;

		switch (a->entries[i].tag) {
		case ACL_TAG_USER_OBJ: bits |= perm << 6; break;
		case ACL_TAG_GROUP_OBJ: bits |= perm << 3; break;
		case ACL_TAG_OTHER: bits |= perm; break;
		case ACL_TAG_MASK:
			bits = (bits & ~0070u) | perm << 3;
			more = 1;
			break;
		default: more = 1;
		}
	}
	*mode = (*mode & ~0777u) | bits;
	return more;
}

/* The entry that the group's bits of the mode are about. */
static struct acl_entry *group_class(struct acl *a)
{
	const struct acl_entry *e = find_tag(a, ACL_TAG_MASK);

	return (struct acl_entry *)(e ? e : find_tag(a, ACL_TAG_GROUP_OBJ));
}

void acl_chmod(struct acl *a, uint32_t mode)
{
	struct acl_entry *group = group_class(a);

	for (size_t i = 0; i < a->count; i++) {
		if (a->entries[i].tag == ACL_TAG_USER_OBJ)
			a->entries[i].perm = mode >> 6 & ALL_PERMS;
		else if (a->entries[i].tag == ACL_TAG_OTHER)
			a->entries[i].perm = mode & ALL_PERMS;
	}
	if (group)
		group->perm = mode >> 3 & ALL_PERMS;
}

/* The entry and the three bits at `shift` of the mode: each keeps what the other has. */
static void meet(struct acl_entry *e, uint32_t *mode, unsigned shift)
{
	e->perm &= *mode >> shift & ALL_PERMS;
	*mode &= (uint32_t)e->perm << shift | ~((uint32_t)ALL_PERMS << shift);
}

/* posix_acl_create_masq */
static int restrict_to(struct acl *a, uint32_t *mode)
{
	struct acl_entry *group = group_class(a);
	int more = 0;

	if (!group)
		return -EIO;
	for (size_t i = 0; i < a->count; i++) {
		struct acl_entry *e = &a->entries[i];

		if (e->tag == ACL_TAG_USER_OBJ)
			meet(e, mode, 6);
		else if (e->tag == ACL_TAG_OTHER)
			meet(e, mode, 0);
		else if (e->tag != ACL_TAG_GROUP_OBJ)
			more = 1;
	}
	meet(group, mode, 3);
	return more;
}

int acl_create(void *ctx, const struct acl *dflt, uint32_t *mode, struct acl **ret)
{
	struct acl *a = new_acl(ctx, dflt->count);
	int r;

	*ret = NULL;
	if (!a)
		return -ENOMEM;
	memcpy(a->entries, dflt->entries, dflt->count * sizeof(a->entries[0]));
	r = restrict_to(a, mode);
	if (r <= 0)
		talloc_free(a);
	else
		*ret = a;
	return r < 0 ? r : 0;
}
