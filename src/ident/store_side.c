// SPDX-License-Identifier: MIT
/*
 * The table of what is remembered beside the objects.
 */
#include "ident/store_side.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

struct side {
	struct side_entry *entries;
};

struct side_key side_key_of(const struct statx *st)
{
	struct side_key k;

	memset(&k, 0, sizeof(k)); /* hashed as bytes */
	k.ino = st->stx_ino;
	if (st->stx_mask & STATX_BTIME)
		k.btime = (uint64_t)st->stx_btime.tv_sec * 1000000000 + st->stx_btime.tv_nsec;
	return k;
}

struct side *side_open(void *ctx)
{
	return talloc_zero(ctx, struct side);
}

struct side_entry *side_find(struct side *s, struct side_key key)
{
	struct side_entry *e;

	HASH_FIND(hh, s->entries, &key, sizeof(key), e);
	return e;
}

static struct side_entry *entry_at(struct side *s, struct side_key key)
{
	struct side_entry *e = side_find(s, key);

	if (e)
		return e;
	e = talloc_zero(s, struct side_entry);
	if (!e)
		return NULL;
	e->key = key;
	HASH_ADD(hh, s->entries, key, sizeof(e->key), e);
	return e;
}

/* An entry that remembers nothing goes. */
static void tidy(struct side *s, struct side_entry *e)
{
	if (e->has_owner || e->xattrs)
		return;
	HASH_DEL(s->entries, e);
	talloc_free(e);
}

static struct side_xattr **xattr_at(struct side_entry *e, const char *name)
{
	struct side_xattr **at = &e->xattrs;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

int side_put_owner(struct side *s, struct side_key key, const struct owner *owner)
{
	struct side_entry *e = entry_at(s, key);

	if (!e)
		return -ENOMEM;
	e->has_owner = true;
	e->owner = *owner;
	return 0;
}

int side_drop_owner(struct side *s, struct side_key key)
{
	struct side_entry *e = side_find(s, key);

	if (!e)
		return 0;
	e->has_owner = false;
	tidy(s, e);
	return 0;
}

static void unlink_xattr(struct side_xattr **at)
{
	struct side_xattr *x = *at;

	if (!x)
		return;
	*at = x->next;
	talloc_free(x);
}

int side_put_xattr(struct side *s, struct side_key key, const char *name, const void *value,
		   size_t size)
{
	struct side_entry *e = entry_at(s, key);
	struct side_xattr *x = e ? talloc_zero(e, struct side_xattr) : NULL;

	if (!x)
		return -ENOMEM;
	x->name = talloc_strdup(x, name);
	x->value = value ? talloc_memdup(x, size ? value : "", size ? size : 1) : NULL;
	x->size = size;
	if (!x->name || (value && !x->value)) {
		talloc_free(x);
		tidy(s, e);
		return -ENOMEM;
	}
	unlink_xattr(xattr_at(e, name));
	x->next = e->xattrs;
	e->xattrs = x;
	return 0;
}

int side_drop_xattr(struct side *s, struct side_key key, const char *name)
{
	struct side_entry *e = side_find(s, key);

	if (!e)
		return 0;
	unlink_xattr(xattr_at(e, name));
	tidy(s, e);
	return 0;
}

int side_drop(struct side *s, struct side_key key)
{
	struct side_entry *e = side_find(s, key);

	if (!e)
		return 0;
	HASH_DEL(s->entries, e);
	talloc_free(e);
	return 0;
}
