// SPDX-License-Identifier: MIT
/*
 * Xattrs that the host does not let us set under their own names: on the object as
 * user.pr.xattr.NAME, else in the side store. An object that carries any has a record, so that
 * none is looked for where there is no index bit.
 */
#include "ident/store.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <talloc.h>

#include "ident/acl.h"
#include "ident/record.h"
#include "ident/store_host.h"
#include "ident/store_impl.h"

#define OURS	 "user.pr."
#define CAP_NAME "security.capability"

enum { NAME_MAX_BYTES = 255, VALUE_MAX_BYTES = 65536, LIST_MAX_BYTES = 65536 };

/* ---- names --------------------------------------------------------------------------------- */

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool is_acl(const char *name)
{
	return strcmp(name, ACL_ACCESS_XATTR) == 0 || strcmp(name, ACL_DEFAULT_XATTR) == 0;
}

bool store_keeps_xattr(const char *name)
{
	return begins(name, "security.") || begins(name, "trusted.") || is_acl(name);
}

bool store_hides_xattr(const char *name)
{
	return begins(name, OURS) || begins(name, STORE_PRIVATE_XATTR) ||
	       strcmp(name, RECORD_XATTR) == 0;
}

bool store_kept_name(const char *name, struct store_kept_name *ret)
{
	return snprintf(ret->s, sizeof(ret->s), STORE_XATTR_PREFIX "%s", name) <= NAME_MAX_BYTES;
}

/* ---- reading ------------------------------------------------------------------------------- */

static const struct side_xattr *beside(struct store *s, const struct store_object *o,
				       const char *name)
{
	const struct side_entry *e = side_find(s->side, o->st, o->fd);
	const struct side_xattr *x = e ? e->xattrs : NULL;

	while (x && strcmp(x->name, name) != 0)
		x = x->next;
	return x;
}

static ssize_t give(const void *value, size_t len, void *buf, size_t size)
{
	if (size && len > size)
		return -ERANGE;
	if (size && len) /* an empty value has no place */
		memcpy(buf, value, len);
	return (ssize_t)len;
}

/* An LSM's own, or, for real root, what the host has taken from us. */
static ssize_t get_from_host(const struct store *s, const struct store_object *o,
			     const char *name, void *buf, size_t size)
{
	ssize_t n = -ENODATA;

	if (s->config.real || begins(name, "security."))
		n = host_getxattr(o->fd, name, buf, size);
	return n >= 0 || n == -ERANGE ? n : -ENODATA;
}

ssize_t store_getxattr(struct store *s, const struct store_object *o, const char *name, void *buf,
		       size_t size)
{
	const struct side_xattr *x = beside(s, o, name);
	struct store_kept_name kept;
	ssize_t n = -ENODATA;

	if (S_ISLNK(o->st->stx_mode) && is_acl(name))
		return -EOPNOTSUPP;
	if (x)
		return x->value ? give(x->value, x->size, buf, size) : -ENODATA;
	if (store_can_carry(o->st) && store_is_marked(o->st) && store_kept_name(name, &kept))
		n = host_getxattr(o->fd, kept.s, buf, size);
	return n >= 0 || n == -ERANGE ? n : get_from_host(s, o, name, buf, size);
}

/* ---- changing: within side_begin and side_end ------------------------------------------------ */

/* A recorded object of ours takes one xattr at once. */
static bool change_on_object(struct store *s, const struct store_object *o,
			     const struct store_xattr *x)
{
	struct store_kept_name kept;
	int r;

	if (s->config.reads || !store_can_carry(o->st) || !store_is_marked(o->st) ||
	    !store_owns(s, o->st) || beside(s, o, x->name) || !store_kept_name(x->name, &kept))
		return false;
	if (x->value)
		return host_setxattr(o->fd, kept.s, x->value, x->size, 0) == 0;
	r = host_removexattr(o->fd, kept.s);
	return r == 0 || r == -ENODATA;
}

static int change_xattr(struct store *s, const struct store_object *o, const struct owner *now,
			const struct owner *owner, const struct store_xattr *x)
{
	if (now->mode == owner->mode && change_on_object(s, o, x))
		return 0;
	return store_record(s, o, owner, x);
}

/*
 * cap_convert_nscap: of version 2, or of version 3 for a root of some id; the first user
 * namespace's own root is told of, and kept, as version 2.
 */
static int convert_capability(struct store_xattr *x, struct vfs_ns_cap_data *ret)
{
	uint32_t magic;

	if (x->size != XATTR_CAPS_SZ_2 && x->size != XATTR_CAPS_SZ_3)
		return -EINVAL;
	memcpy(ret, x->value, x->size);
	magic = le32toh(ret->magic_etc);
	if ((magic & VFS_CAP_REVISION_MASK) !=
	    (x->size == XATTR_CAPS_SZ_2 ? VFS_CAP_REVISION_2 : VFS_CAP_REVISION_3))
		return -EINVAL;
	if (x->size == XATTR_CAPS_SZ_2 || ret->rootid)
		return x->size == XATTR_CAPS_SZ_3 && ret->rootid == UINT32_MAX ? -EINVAL : 0;
	ret->magic_etc = htole32((magic & ~VFS_CAP_REVISION_MASK) | VFS_CAP_REVISION_2);
	x->value = ret;
	x->size = XATTR_CAPS_SZ_2;
	return 0;
}

static int check_flags(struct store *s, const struct store_object *o, const char *name, int flags)
{
	ssize_t n;

	if (!flags)
		return 0;
	n = store_getxattr(s, o, name, NULL, 0);
	if (n >= 0)
		return flags & XATTR_CREATE ? -EEXIST : 0;
	return flags & XATTR_REPLACE ? (int)n : 0;
}

/* A list that is fit to be set, as an xattr's value: a child of it. */
static int print_acl(const struct acl *a, struct store_xattr *ret)
{
	int r = acl_check(a);
	char *value;

	if (r < 0)
		return r;
	ret->size = acl_size(a);
	ret->value = value = talloc_size(a, ret->size);
	if (!value)
		return -ENOMEM;
	acl_print(a, value);
	return 0;
}

/*
 * set_posix_acl and posix_acl_update_mode: flags mean nothing here, a list that says no more than a
 * mode becomes it, and none where none was is no error.
 */
static int change_acl(struct store *s, const struct store_object *o, const char *name,
		      const struct acl *a)
{
	bool is_default = strcmp(name, ACL_DEFAULT_XATTR) == 0;
	struct store_xattr x = { .name = name };
	struct owner now, owner;
	int r = a ? print_acl(a, &x) : 0;

	if (S_ISLNK(o->st->stx_mode))
		return -EOPNOTSUPP;
	if (is_default && !S_ISDIR(o->st->stx_mode))
		return a ? -EACCES : 0;
	if (r < 0)
		return r;
	store_get(s, o, &now);
	owner = now;
	if (a && !is_default && acl_equiv_mode(a, &owner.mode) == 0)
		x.value = NULL;
	if (!x.value && store_getxattr(s, o, name, NULL, 0) < 0)
		return store_change(s, o, &owner, NULL);
	return change_xattr(s, o, &now, &owner, &x);
}

static int set_acl(struct store *s, const struct store_object *o, const struct store_xattr *x)
{
	struct acl *a;
	int r = acl_parse(s, x->value, x->size, &a);

	if (r < 0)
		return r;
	r = change_acl(s, o, x->name, a);
	talloc_free(a);
	return r;
}

static int set_other(struct store *s, const struct store_object *o, const struct store_xattr *x,
		     int flags)
{
	struct owner now;
	int r;

	r = check_flags(s, o, x->name, flags);
	if (r < 0)
		return r;
	store_get(s, o, &now);
	return change_xattr(s, o, &now, &now, x);
}

/* A list of the host's would change the host's mode behind a record's back. */
static bool may_be_on_host(const struct store *s, const struct store_object *o, const char *name)
{
	return s->config.real && !s->config.reads &&
	       !(is_acl(name) && store_is_marked(o->st) && store_carries_xattrs(o));
}

/* The host has it now: what we kept, when it refused, must not stand in front. */
static int drop_kept(struct store *s, const struct store_object *o, const char *name)
{
	const struct side_op op = { .kind = SIDE_NO_XATTR, .key = side_key_of(s->side, o->st),
				    .name = name };
	struct store_kept_name kept;

	if (store_can_carry(o->st) && store_is_marked(o->st) && store_kept_name(name, &kept))
		host_removexattr(o->fd, kept.s);
	return beside(s, o, name) ? side_write(s->side, &op, 1) : 0;
}

static int set_by_kind(struct store *s, const struct store_object *o, const struct store_xattr *x,
		       int flags)
{
	struct store_xattr converted = *x;
	const char *name = x->name;
	struct vfs_ns_cap_data cap;
	int r;

	/* What it refuses by its own rules is asked of ours: then it knows why. */
	r = may_be_on_host(s, o, name) ? host_setxattr(o->fd, name, x->value, x->size, flags) : 1;
	if (r == 0)
		return drop_kept(s, o, name);
	if (is_acl(name))
		return set_acl(s, o, x);
	r = x->size && strcmp(name, CAP_NAME) == 0 ? convert_capability(&converted, &cap) : 0;
	return r < 0 ? r : set_other(s, o, &converted, flags);
}

/* Calls f on the object as it is now, locked. */
static int locked(struct store *s, const struct store_object *o, const struct store_xattr *x,
		  int flags,
		  int (*f)(struct store *s, const struct store_object *o,
			   const struct store_xattr *x, int flags))
{
	struct store_object now = *o;
	struct statx st;
	int r = side_begin(s->side);

	if (r < 0)
		return r;
	r = host_stat(o->fd, &st);
	now.st = &st;
	if (r == 0)
		r = f(s, &now, x, flags);
	side_end(s->side);
	return r;
}

int store_setxattr(struct store *s, const struct store_object *o, const char *name,
		   const void *value, size_t size, int flags)
{
	const struct store_xattr x = { name, size ? value : "", size };

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if (size > VALUE_MAX_BYTES)
		return -E2BIG;
	return locked(s, o, &x, flags, set_by_kind);
}

static int remove_by_kind(struct store *s, const struct store_object *o,
			  const struct store_xattr *x, int flags)
{
	const char *name = x->name;
	struct owner now;
	ssize_t n;

	(void)flags;
	if (may_be_on_host(s, o, name) && host_removexattr(o->fd, name) == 0)
		return drop_kept(s, o, name);
	if (is_acl(name))
		return change_acl(s, o, name, NULL);
	n = store_getxattr(s, o, name, NULL, 0);
	if (n < 0)
		return (int)n;
	store_get(s, o, &now);
	return change_xattr(s, o, &now, &now, x);
}

int store_removexattr(struct store *s, const struct store_object *o, const char *name)
{
	const struct store_xattr x = { name, NULL, 0 };

	/* Most have none, and are asked at every write and chown. */
	if (!is_acl(name) && store_getxattr(s, o, name, NULL, 0) == -ENODATA)
		return -ENODATA;
	return locked(s, o, &x, 0, remove_by_kind);
}

/* ---- lists --------------------------------------------------------------------------------- */

/* A list of names in the making, NUL separated. */
struct names {
	char *s;
	size_t len;
};

static bool has_name(const struct names *l, const char *name)
{
	for (size_t i = 0; i < l->len; i += strlen(l->s + i) + 1)
		if (strcmp(l->s + i, name) == 0)
			return true;
	return false;
}

static int add_name(struct names *l, const char *name)
{
	size_t n = strlen(name) + 1;
	char *s;

	if (has_name(l, name))
		return 0;
	s = talloc_realloc(NULL, l->s, char, l->len + n);
	if (!s)
		return -ENOMEM;
	memcpy(s + l->len, name, n);
	*l = (struct names){ s, l->len + n };
	return 0;
}

/* The host's own list, in a buffer that is ctx's. */
static ssize_t host_list(void *ctx, const struct store_object *o, char **ret)
{
	ssize_t n;

	*ret = talloc_size(ctx, LIST_MAX_BYTES + 1);
	if (!*ret)
		return -ENOMEM;
	n = host_listxattr(o->fd, *ret, LIST_MAX_BYTES);
	if (n == -ENOTSUP)
		n = 0;
	if (n >= 0)
		(*ret)[n] = '\0';
	return n;
}

/* Whatever the object's list holds: its own names as they are, ours by what they stand for. */
static int collect(struct store *s, const struct store_object *o, const char *list, size_t len,
		   struct names *ret)
{
	const struct side_entry *e;
	int r = 0;

	for (size_t i = 0; r == 0 && i < len; i += strlen(list + i) + 1) {
		const char *name = list + i;

		if (begins(name, STORE_XATTR_PREFIX))
			name += strlen(STORE_XATTR_PREFIX);
		else if (store_hides_xattr(name))
			continue;
		const struct side_xattr *x = beside(s, o, name);
		if (!x || x->value)
			r = add_name(ret, name);
	}
	e = side_find(s->side, o->st, o->fd);
	for (const struct side_xattr *x = e ? e->xattrs : NULL; r == 0 && x; x = x->next)
		if (x->value)
			r = add_name(ret, x->name);
	return r;
}

ssize_t store_listxattr(struct store *s, const struct store_object *o, char *buf, size_t size)
{
	void *scratch = talloc_new(NULL);
	struct names names = { 0 };
	char *list;
	ssize_t n = scratch ? host_list(scratch, o, &list) : -ENOMEM;

	if (n >= 0) {
		int r = collect(s, o, list, (size_t)n, &names);

		n = r < 0 ? r : give(names.s, names.len, buf, size);
	}
	talloc_free(names.s);
	talloc_free(scratch);
	return n;
}

bool store_has_kept(struct store *s, const struct store_object *o, const char *name)
{
	const struct side_xattr *x = beside(s, o, name);
	struct store_kept_name kept;

	if (x)
		return x->value;
	return store_can_carry(o->st) && store_is_marked(o->st) && store_kept_name(name, &kept) &&
	       host_getxattr(o->fd, kept.s, NULL, 0) >= 0;
}

bool store_passes_over(struct store *s, const struct store_object *o)
{
	return s->config.reads && beside(s, o, STORE_ADOPTED_XATTR);
}

bool store_carries_xattrs(const struct store_object *o)
{
	void *scratch = talloc_new(NULL);
	bool found = false;
	char *list;
	ssize_t n = scratch ? host_list(scratch, o, &list) : -ENOMEM;

	for (ssize_t i = 0; !found && i < n; i += (ssize_t)strlen(list + i) + 1)
		found = begins(list + i, STORE_XATTR_PREFIX);
	talloc_free(scratch);
	return found;
}
