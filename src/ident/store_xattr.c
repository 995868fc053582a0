// SPDX-License-Identifier: MIT
/*
 * Xattrs that the host does not let us set under their own names: on the object as
 * user.pr.xattr.NAME, else in the side store. An object that carries any has a record, so that
 * none is looked for where there is no index bit.
 */
#include "ident/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <talloc.h>

#include "ident/record.h"
#include "ident/store_host.h"
#include "ident/store_impl.h"

#define OURS   "user.pr."
#define PREFIX OURS "xattr."

enum { NAME_MAX_BYTES = 255, VALUE_MAX_BYTES = 65536, LIST_MAX_BYTES = 65536 };

struct kept_name {
	char s[sizeof(PREFIX) + NAME_MAX_BYTES];
};

/* The name on the object; one that is too long for it lives in the side store. */
static bool name_kept(const char *name, struct kept_name *ret)
{
	return snprintf(ret->s, sizeof(ret->s), PREFIX "%s", name) <= NAME_MAX_BYTES;
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

bool store_keeps_xattr(const char *name)
{
	return begins(name, "security.") || begins(name, "trusted.") ||
	       strcmp(name, "system.posix_acl_access") == 0 ||
	       strcmp(name, "system.posix_acl_default") == 0;
}

bool store_hides_xattr(const char *name)
{
	return begins(name, OURS) || strcmp(name, RECORD_XATTR) == 0;
}

static const struct side_xattr *beside(struct store *s, const struct store_object *o,
				       const char *name)
{
	const struct side_entry *e = side_find(s->side, side_key_of(o->st));
	const struct side_xattr *x = e ? e->xattrs : NULL;

	while (x && strcmp(x->name, name) != 0)
		x = x->next;
	return x;
}

static ssize_t give(const void *value, size_t len, void *buf, size_t size)
{
	if (size && len > size)
		return -ERANGE;
	if (size)
		memcpy(buf, value, len);
	return (ssize_t)len;
}

ssize_t store_getxattr(struct store *s, const struct store_object *o, const char *name, void *buf,
		       size_t size)
{
	const struct side_xattr *x = beside(s, o, name);
	struct kept_name kept;

	if (x && x->value)
		return give(x->value, x->size, buf, size);
	if (!x && store_is_marked(o->st) && name_kept(name, &kept)) {
		ssize_t n = host_getxattr(o->fd, kept.s, buf, size);

		if (n >= 0 || n == -ERANGE)
			return n;
	}
	/* An LSM's own, or one that was there before us. */
	if (!x && begins(name, "security.")) {
		ssize_t n = host_getxattr(o->fd, name, buf, size);

		if (n >= 0 || n == -ERANGE)
			return n;
	}
	return -ENODATA;
}

static int check_flags(struct store *s, const struct store_object *o, const char *name, int flags)
{
	ssize_t n;

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if (!flags)
		return 0;
	n = store_getxattr(s, o, name, NULL, 0);
	if (n >= 0)
		return flags & XATTR_CREATE ? -EEXIST : 0;
	return flags & XATTR_REPLACE ? (int)n : 0;
}

int store_setxattr(struct store *s, const struct store_object *o, const char *name,
		   const void *value, size_t size, int flags)
{
	struct side_key key = side_key_of(o->st);
	struct kept_name kept;
	int r = check_flags(s, o, name, flags);

	if (r < 0)
		return r;
	if (size > VALUE_MAX_BYTES)
		return -E2BIG;
	if (s->config.real && host_setxattr(o->fd, name, value, size, flags) == 0)
		return 0;
	r = store_ensure_record(s, o);
	if (r < 0)
		return r;
	if (!name_kept(name, &kept) || host_setxattr(o->fd, kept.s, value, size, 0) < 0)
		return side_put_xattr(s->side, key, name, value ? value : "", size);
	return side_drop_xattr(s->side, key, name);
}

int store_removexattr(struct store *s, const struct store_object *o, const char *name)
{
	struct kept_name kept;
	ssize_t n = store_getxattr(s, o, name, NULL, 0);

	if (n < 0)
		return (int)n;
	if (s->config.real && host_removexattr(o->fd, name) == 0)
		return 0;
	if (store_is_marked(o->st) && name_kept(name, &kept))
		host_removexattr(o->fd, kept.s);
	return side_drop_xattr(s->side, side_key_of(o->st), name);
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
	const struct side_entry *e = side_find(s->side, side_key_of(o->st));
	int r = 0;

	for (size_t i = 0; r == 0 && i < len; i += strlen(list + i) + 1) {
		const char *name = list + i;

		if (begins(name, PREFIX))
			name += strlen(PREFIX);
		else if (store_hides_xattr(name))
			continue;
		const struct side_xattr *x = beside(s, o, name);
		if (!x || x->value)
			r = add_name(ret, name);
	}
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

bool store_carries_xattrs(const struct store_object *o)
{
	void *scratch = talloc_new(NULL);
	bool found = false;
	char *list;
	ssize_t n = scratch ? host_list(scratch, o, &list) : -ENOMEM;

	for (ssize_t i = 0; !found && i < n; i += (ssize_t)strlen(list + i) + 1)
		found = begins(list + i, PREFIX);
	talloc_free(scratch);
	return found;
}
