// SPDX-License-Identifier: MIT
/*
 * Access lists come in two forms: as text in SCHILY.acl.* (tar, bsdtar), which libarchive parses,
 * and as the xattr itself (SCHILY.xattr.system.posix_acl_*: podman, umoci). Of both, read, the
 * xattr counts, and that alone is written: with the text libarchive would put the group's own bits
 * into the header's mode, where the mask's belong.
 */
#include "image/attributes.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <talloc.h>

#include "ident/acl.h"

#define MODE_BITS 07777u

struct reading {
	void *ctx;
	struct fresh_xattr *list;
	unsigned count;
	uint64_t lost;
};

static bool has(const struct reading *r, const char *name)
{
	for (unsigned i = 0; i < r->count; i++)
		if (strcmp(r->list[i].name, name) == 0)
			return true;
	return false;
}

static int add(struct reading *r, const char *name, const void *value, size_t size)
{
	struct fresh_xattr *list;

	if (has(r, name))
		return 0;
	list = talloc_realloc(r->ctx, r->list, struct fresh_xattr, r->count + 1);
	if (!list)
		return -ENOMEM;
	r->list = list;
	list[r->count++] = (struct fresh_xattr){ name, size ? value : "", size };
	return 0;
}

static int read_xattrs(struct reading *r, struct archive_entry *e)
{
	const char *name;
	const void *value;
	size_t size;
	int err = 0;

	archive_entry_xattr_reset(e);
	while (err == 0 && archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK)
		if (name && !fresh_drops_xattr(name))
			err = add(r, name, value, size);
	return err;
}

/* ---- access lists ---------------------------------------------------------------------------- */

static const struct {
	int theirs;
	enum acl_tag ours;
} tags[] = {
	{ ARCHIVE_ENTRY_ACL_USER_OBJ, ACL_TAG_USER_OBJ },
	{ ARCHIVE_ENTRY_ACL_USER, ACL_TAG_USER },
	{ ARCHIVE_ENTRY_ACL_GROUP_OBJ, ACL_TAG_GROUP_OBJ },
	{ ARCHIVE_ENTRY_ACL_GROUP, ACL_TAG_GROUP },
	{ ARCHIVE_ENTRY_ACL_MASK, ACL_TAG_MASK },
	{ ARCHIVE_ENTRY_ACL_OTHER, ACL_TAG_OTHER },
};

enum { TAGS = sizeof(tags) / sizeof(tags[0]) };

static bool has_id(uint16_t tag)
{
	return tag == ACL_TAG_USER || tag == ACL_TAG_GROUP;
}

static int order(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void add_acl_entry(struct reading *r, struct acl *a, int tag, int perm, int id)
{
	for (unsigned i = 0; i < TAGS; i++) {
		if (tags[i].theirs != tag)
			continue;
		if (has_id(tags[i].ours) && id < 0)
			break;
		a->entries[a->count++] = (struct acl_entry){
			.tag = tags[i].ours, .perm = (uint16_t)(perm & 7),
			.id = has_id(tags[i].ours) ? (uint32_t)id : UINT32_MAX,
		};
		return;
	}
	r->lost++;
}

static int read_acl(struct reading *r, struct archive_entry *e, int type, const char *xattr)
{
	int count = archive_entry_acl_reset(e, type), perm, tag, id, t;
	const char *name;
	struct acl *a;
	char *value;

	if (count <= 0 || has(r, xattr))
		return 0;
	a = talloc_zero_size(r->ctx, sizeof(*a) + (size_t)count * sizeof(a->entries[0]));
	if (!a)
		return -ENOMEM;
	while (count-- > 0 &&
	       archive_entry_acl_next(e, type, &t, &perm, &tag, &id, &name) == ARCHIVE_OK)
		add_acl_entry(r, a, tag, perm, id);
	qsort(a->entries, a->count, sizeof(a->entries[0]), order);
	if (acl_check(a) < 0) {
		r->lost++;
		return 0;
	}
	value = talloc_size(r->ctx, acl_size(a));
	if (!value)
		return -ENOMEM;
	acl_print(a, value);
	return add(r, xattr, value, acl_size(a));
}

static int read_acls(struct reading *r, struct archive_entry *e)
{
	int err = 0;

	if (!(archive_entry_acl_types(e) & ARCHIVE_ENTRY_ACL_TYPE_POSIX1E))
		return 0;
	err = read_acl(r, e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, ACL_ACCESS_XATTR);
	if (err == 0)
		err = read_acl(r, e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, ACL_DEFAULT_XATTR);
	return err;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int read_owner(struct archive_entry *e, struct owner *ret)
{
	int64_t uid = archive_entry_uid(e), gid = archive_entry_gid(e);
	uint32_t mode = archive_entry_mode(e);

	*ret = (struct owner){ (uint32_t)uid, (uint32_t)gid, mode, 0, 0 };
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return -EINVAL;
	if (S_ISLNK(mode))
		ret->mode = S_IFLNK | 0777;
	if (S_ISCHR(mode) || S_ISBLK(mode)) {
		ret->rdev_major = (uint32_t)archive_entry_rdevmajor(e);
		ret->rdev_minor = (uint32_t)archive_entry_rdevminor(e);
	}
	return 0;
}

/* With a list the mode's group bits are the mask's; libarchive has put the group's own there. */
static void settle_mode(struct reading *r, struct owner *o)
{
	struct acl *a;

	for (unsigned i = 0; i < r->count; i++) {
		const struct fresh_xattr *x = &r->list[i];

		if (strcmp(x->name, ACL_ACCESS_XATTR) != 0 ||
		    acl_parse(r->ctx, x->value, x->size, &a) < 0 || !a)
			continue;
		if (acl_check(a) == 0)
			acl_equiv_mode(a, &o->mode);
	}
}

int attributes_read(void *ctx, struct archive_entry *e, struct attributes *ret)
{
	struct reading r = { .ctx = ctx };
	int err;

	*ret = (struct attributes){ .mtime = { archive_entry_mtime(e),
					       archive_entry_mtime_nsec(e) } };
	err = read_owner(e, &ret->fresh.owner);
	if (err == 0 && archive_entry_xattr_count(e) > 0)
		err = read_xattrs(&r, e);
	if (err == 0)
		err = read_acls(&r, e);
	settle_mode(&r, &ret->fresh.owner);
	ret->fresh.xattrs = r.list;
	ret->fresh.xattr_count = r.count;
	ret->lost = r.lost;
	return err;
}

void attributes_write(struct archive_entry *e, const struct attributes *a)
{
	const struct owner *o = &a->fresh.owner;

	archive_entry_set_mode(e, o->mode);
	archive_entry_set_uid(e, o->uid);
	archive_entry_set_gid(e, o->gid);
	archive_entry_set_mtime(e, a->mtime.tv_sec, a->mtime.tv_nsec);
	if (S_ISCHR(o->mode) || S_ISBLK(o->mode)) {
		archive_entry_set_rdevmajor(e, o->rdev_major);
		archive_entry_set_rdevminor(e, o->rdev_minor);
	}
	for (unsigned i = 0; i < a->fresh.xattr_count; i++) {
		const struct fresh_xattr *x = &a->fresh.xattrs[i];

		archive_entry_xattr_add_entry(e, x->name, x->value, x->size);
	}
}

static void *copy_value(void *ctx, const struct fresh_xattr *x)
{
	return talloc_memdup(ctx, x->value, x->size ? x->size : 1);
}

struct attributes *attributes_copy(void *ctx, const struct attributes *a)
{
	struct attributes *copy = talloc_memdup(ctx, a, sizeof(*a));
	struct fresh_xattr *list;
	unsigned n = a->fresh.xattr_count;

	if (!copy || n == 0)
		return copy;
	copy->fresh.xattrs = list = talloc_array(copy, struct fresh_xattr, n);
	for (unsigned i = 0; list && i < n; i++) {
		const struct fresh_xattr *x = &a->fresh.xattrs[i];

		list[i] = (struct fresh_xattr){ .name = talloc_strdup(list, x->name),
						.value = copy_value(list, x), .size = x->size };
		if (!list[i].name || !list[i].value)
			list = NULL;
	}
	if (!list)
		talloc_free(copy);
	return list ? copy : NULL;
}
