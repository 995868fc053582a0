// SPDX-License-Identifier: MIT
/*
 * Changing what is told of an object.
 *
 * A change has one step at which all that is told switches from old to new; what is done before it
 * is not looked at yet, and what is done behind it not any more:
 *  - a record on an object that has none: the index bit, set when the xattr stands;
 *  - another record: the setxattr;
 *  - no record any more: the index bit's removal, the xattr goes after it;
 *  - whatever takes more steps (an object that must be widened before it takes an xattr, an xattr
 *    that changes with the owner) and what cannot be carried: a frame in the side store, which goes
 *    before what the object carries.
 */
#include <errno.h>
#include <linux/xattr.h>
#include <string.h>
#include <talloc.h>

#include "ident/acl.h"
#include "ident/record.h"
#include "ident/store_host.h"
#include "ident/store_impl.h"

#define MODE_BITS 07777u

/* A change on its way. */
struct change {
	struct store *s;
	struct store_object o;
	struct side_key key;
	const struct owner *owner;
	const struct store_xattr *x; /* or NULL */
	uint32_t mode;		     /* the host's, without the index bit */
	/* the side store's before it, to be put back */
	bool had_owner;
	unsigned had_flags;
	struct owner had;
	const struct side_xattr *had_x; /* a copy */
	bool had_others;		/* xattrs */
};

uint32_t store_host_mode(uint32_t guest_mode, uint32_t type)
{
	uint32_t mode = (guest_mode & 0777) | 0600;

	/* The host asks the owner's bit, whoever of the guests may run it. */
	return S_ISDIR(type) || (mode & 0111) ? mode | 0100 : mode;
}

static bool same_owner(const struct owner *a, const struct owner *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode &&
	       a->rdev_major == b->rdev_major && a->rdev_minor == b->rdev_minor;
}

static bool can_mark(const struct change *c)
{
	return !S_ISLNK(c->o.st->stx_mode) && store_owns(c->s, c->o.st);
}

/* ---- the side store's part ------------------------------------------------------------------- */

static struct side_op owner_op(const struct change *c, const struct owner *owner, unsigned flags,
			       const char *name)
{
	return (struct side_op){
		.kind = SIDE_OWNER, .key = c->key, .flags = flags, .owner = owner, .name = name,
		.mtime = side_mtime_of(c->o.st),
	};
}

static struct side_op xattr_op(const struct change *c, const char *name, const void *value,
			       size_t size)
{
	bool is_gone = !value && !store_can_carry(c->o.st);

	return (struct side_op){ .kind = is_gone ? SIDE_NO_XATTR : SIDE_XATTR, .key = c->key,
				 .name = name, .value = value, .size = size };
}

/* Needed to find the object again, and where there is no birth time to know it by. */
static char *name_for(const struct change *c, unsigned flags)
{
	return (flags & SIDE_UNFINISHED) || side_needs_name(c->key, flags) ?
		       host_name_of(NULL, c->o.fd) : NULL;
}

/* The owner and the xattr, in one frame. */
static int write_beside(const struct change *c, unsigned flags)
{
	char *name = name_for(c, flags);
	struct side_op ops[2] = { owner_op(c, c->owner, flags, name) };
	size_t count = 1;
	int r;

	if (c->x)
		ops[count++] = xattr_op(c, c->x->name, c->x->value, c->x->size);
	r = side_write(c->s->side, ops, count);
	talloc_free(name);
	return r;
}

/* Takes back what write_beside wrote. */
static void undo_beside(const struct change *c)
{
	char *name = c->had_owner ? name_for(c, c->had_flags) : NULL;
	struct side_op ops[2] = { { .kind = SIDE_NO_OWNER, .key = c->key } };
	size_t count = 1;

	if (c->had_owner)
		ops[0] = owner_op(c, &c->had, c->had_flags, name);
	if (c->x)
		ops[count++] = (struct side_op){
			.kind = c->had_x ? SIDE_XATTR : SIDE_NO_XATTR, .key = c->key,
			.name = c->x->name, .value = c->had_x ? c->had_x->value : NULL,
			.size = c->had_x ? c->had_x->size : 0,
		};
	side_write(c->s->side, ops, count);
	talloc_free(name);
}

/* The object carries its record, and the xattr, if `x`: nothing of it is needed beside. */
static int drop_beside(const struct change *c, bool x)
{
	struct side_op ops[2] = { { .kind = SIDE_NO_OWNER, .key = c->key } };
	size_t count = 1;

	if (x)
		ops[count++] = (struct side_op){ .kind = SIDE_NO_XATTR, .key = c->key,
						 .name = c->x->name };
	return side_write(c->s->side, ops, count);
}

/* ---- the object's part ----------------------------------------------------------------------- */

static int write_record(const struct change *c)
{
	char text[RECORD_LIMIT];
	size_t n = record_print(c->owner, c->o.st->stx_mode, text);

	return host_setxattr(c->o.fd, RECORD_XATTR, text, n, 0);
}

/* Puts back what write_record replaced; `old` of no length: there was none. */
static void restore_record(const struct change *c, const char *old, ssize_t len)
{
	if (len > 0)
		host_setxattr(c->o.fd, RECORD_XATTR, old, (size_t)len, 0);
	else
		host_removexattr(c->o.fd, RECORD_XATTR);
}

/* Is the xattr as it is to be, on the object? */
static bool write_xattr(const struct change *c)
{
	struct store_kept_name kept;
	int r;

	if (!store_kept_name(c->x->name, &kept))
		return false;
	if (c->x->value)
		return host_setxattr(c->o.fd, kept.s, c->x->value, c->x->size, 0) == 0;
	r = host_removexattr(c->o.fd, kept.s);
	return r == 0 || r == -ENODATA;
}

/* 1 where the object cannot carry a record. */
static int carry(const struct change *c)
{
	char old[RECORD_LIMIT];
	ssize_t len = host_getxattr(c->o.fd, RECORD_XATTR, old, sizeof(old));
	int r;

	if (write_record(c) < 0)
		return 1;
	r = host_chmod(c->o.fd, c->mode | S_ISVTX);
	if (r < 0)
		restore_record(c, old, len);
	else if (c->had_owner)
		r = drop_beside(c, false);
	return r;
}

/* The side store tells of the change while the object is made to carry it. */
static int carry_in_steps(const struct change *c)
{
	bool has_x;
	int r = write_beside(c, SIDE_MARKED | SIDE_UNFINISHED);

	if (r < 0)
		return r;
	r = host_chmod(c->o.fd, c->mode | S_ISVTX);
	if (r < 0) {
		undo_beside(c);
		return r;
	}
	has_x = c->x && write_xattr(c);
	return write_record(c) < 0 ? write_beside(c, SIDE_MARKED) : drop_beside(c, has_x);
}

/* Some file systems take a mode and lose the bit. */
static bool is_marked_now(const struct change *c)
{
	struct statx st;

	return host_stat(c->o.fd, &st) == 0 && (st.stx_mode & S_ISVTX);
}

static int keep_beside(const struct change *c)
{
	bool mark = can_mark(c);
	int r = mark || !host_is_read_only(c->o.fd) ? 0 : -EROFS;

	if (r == 0)
		r = write_beside(c, mark ? SIDE_MARKED : 0);
	if (r < 0 || !mark)
		return r;
	r = host_chmod(c->o.fd, c->mode | S_ISVTX);
	if (r < 0)
		undo_beside(c);
	else if (!is_marked_now(c))
		r = write_beside(c, 0);
	return r;
}

static int record(const struct change *c)
{
	int r;

	if (!store_can_carry(c->o.st) || !store_owns(c->s, c->o.st))
		return keep_beside(c);
	if (c->x || (c->o.st->stx_mode & 0600) != 0600)
		return carry_in_steps(c);
	r = carry(c);
	return r > 0 ? keep_beside(c) : r;
}

/* Nothing is remembered any more. */
static int go_plain(const struct change *c)
{
	int r = can_mark(c) ? host_chmod(c->o.fd, c->mode) : 0;

	if (r < 0)
		return r;
	if (store_can_carry(c->o.st) && store_is_marked(c->o.st))
		host_removexattr(c->o.fd, RECORD_XATTR);
	return c->had_owner ? drop_beside(c, false) : 0;
}

/* Does the host's own word do, once the object has the new mode? */
static bool needs_record(const struct change *c)
{
	const struct side_key *root = &c->s->root;
	struct owner plain;

	store_tell_plain(c->s, &c->o, &plain);
	if (can_mark(c))
		plain.mode = (plain.mode & S_IFMT) | c->mode;
	if (c->x || c->had_others || !same_owner(&plain, c->owner))
		return true;
	if (c->key.ino == root->ino && c->key.btime == root->btime)
		return !c->s->config.real;
	return store_is_marked(c->o.st) && store_carries_xattrs(&c->o);
}

/* ---- real root ------------------------------------------------------------------------------- */

static bool has_record(const struct change *c)
{
	struct owner owner;

	return c->had_owner || (store_can_carry(c->o.st) && store_is_marked(c->o.st) &&
				store_read_record(&c->o, &owner) == 0);
}

/* Behind chown, which takes set-id bits away. */
static bool needs_chmod(const struct change *c, bool chowned)
{
	uint32_t now = c->o.st->stx_mode;

	return !S_ISLNK(now) && (((now ^ c->owner->mode) & MODE_BITS) || !chowned ||
				 (now & (S_ISUID | S_ISGID)));
}

/* 1 where the host refuses it. */
static int chown_and_chmod(const struct change *c, bool chown_it, bool chmod_it)
{
	const struct statx *st = c->o.st;
	int r;

	if (chown_it && host_chown(c->o.fd, c->owner->uid, c->owner->gid) < 0)
		return 1;
	r = chmod_it ? host_chmod(c->o.fd, c->owner->mode) : 0;
	if (r < 0 && chown_it)
		host_chown(c->o.fd, st->stx_uid, st->stx_gid);
	return r;
}

/* What the host takes goes onto the inode. 1 where it takes nothing. */
static int put_on_host(const struct change *c)
{
	bool recorded = has_record(c);
	bool chown_it = c->owner->uid != c->o.st->stx_uid || c->owner->gid != c->o.st->stx_gid ||
			S_ISLNK(c->o.st->stx_mode);
	bool chmod_it = needs_chmod(c, chown_it), in_steps = recorded || (chown_it && chmod_it);
	int r = in_steps ? write_beside(c, SIDE_UNFINISHED) : 0;

	if (r < 0)
		return r;
	r = chown_and_chmod(c, chown_it, chmod_it);
	if (r != 0 && in_steps)
		undo_beside(c);
	if (r != 0)
		return r;
	if (recorded)
		host_removexattr(c->o.fd, RECORD_XATTR);
	return in_steps ? drop_beside(c, false) : 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* In a tree that is only read: what is told of it, in memory. */
static int remember(const struct change *c)
{
	return write_beside(c, 0);
}

/* What the side store has before the change; a copy of the xattr is ctx's. */
static int note_former(void *ctx, struct change *c)
{
	const struct side_entry *e = side_find(c->s->side, c->o.st, c->o.fd);
	const struct side_xattr *x = e ? e->xattrs : NULL;
	struct side_xattr *copy;

	c->had_owner = e && e->has_owner;
	if (c->had_owner) {
		c->had = e->owner;
		c->had_flags = e->flags;
	}
	c->had_others = x;
	while (c->x && x && strcmp(x->name, c->x->name) != 0)
		x = x->next;
	if (!c->x || !x)
		return 0;
	copy = talloc_memdup(ctx, x, sizeof(*x));
	if (copy && x->value)
		copy->value = talloc_memdup(copy, x->value, x->size + 1);
	c->had_x = copy;
	return copy && (!x->value || copy->value) ? 0 : -ENOMEM;
}

static int with_change(struct store *s, const struct store_object *o, const struct owner *owner,
		       const struct store_xattr *x, int (*f)(const struct change *c))
{
	void *scratch = talloc_new(s);
	struct change c = {
		.s = s, .o = *o, .key = side_key_of(s->side, o->st), .owner = owner, .x = x,
		.mode = store_host_mode(owner->mode, o->st->stx_mode),
	};
	const struct side_op gone = { .kind = SIDE_NOTHING, .key = c.key };
	int r = scratch ? note_former(scratch, &c) : -ENOMEM;

	cache_drop(s->cache, o->st);
	if (r == 0 && side_is_stale(s->side, o->st, o->fd))
		r = side_write(s->side, &gone, 1);
	if (r == 0)
		r = s->config.reads ? remember(&c) : f(&c);
	talloc_free(scratch);
	return r;
}

/* Not where the object carries what the host refused: its index bit, which is a record's, stays. */
static bool belongs_on_host(const struct change *c)
{
	return c->s->config.real && !c->x &&
	       (c->owner->mode & S_IFMT) == (c->o.st->stx_mode & S_IFMT) &&
	       !(store_is_marked(c->o.st) && store_carries_xattrs(&c->o));
}

static int change(const struct change *c)
{
	int r = 1;

	if (belongs_on_host(c))
		r = put_on_host(c);
	if (r > 0)
		r = needs_record(c) ? record(c) : go_plain(c);
	return r;
}

int store_change(struct store *s, const struct store_object *o, const struct owner *owner,
		 const struct store_xattr *x)
{
	return with_change(s, o, owner, x, change);
}

int store_record(struct store *s, const struct store_object *o, const struct owner *owner,
		 const struct store_xattr *x)
{
	return with_change(s, o, owner, x, record);
}

/* The access list that follows a change of mode, a child of ctx; NULL: there is none. */
static void *follow_mode(void *ctx, struct store *s, const struct store_object *o, uint32_t mode,
			 size_t *ret_size)
{
	ssize_t n = store_getxattr(s, o, ACL_ACCESS_XATTR, NULL, 0);
	void *value = n > 0 ? talloc_size(ctx, (size_t)n) : NULL;
	struct acl *a;

	if (!value || store_getxattr(s, o, ACL_ACCESS_XATTR, value, (size_t)n) != n ||
	    acl_parse(ctx, value, (size_t)n, &a) < 0 || !a)
		return NULL;
	acl_chmod(a, mode);
	acl_print(a, value);
	*ret_size = (size_t)n;
	return value;
}

/* notify_change: what goes along in the same step; false: nothing does. */
static bool find_companion(void *ctx, struct store *s, const struct store_object *o,
			   const struct owner *now, const struct owner *then,
			   struct store_xattr *ret)
{
	if ((now->mode ^ then->mode) & 0777) {
		*ret = (struct store_xattr){ .name = ACL_ACCESS_XATTR };
		ret->value = follow_mode(ctx, s, o, then->mode, &ret->size);
		return ret->value;
	}
	*ret = (struct store_xattr){ .name = XATTR_NAME_CAPS };
	return !S_ISDIR(o->st->stx_mode) && (now->uid != then->uid || now->gid != then->gid) &&
	       store_getxattr(s, o, XATTR_NAME_CAPS, NULL, 0) >= 0;
}

static int set_with_companion(struct store *s, const struct store_object *o,
			      const struct owner *owner)
{
	void *scratch = talloc_new(s);
	struct store_xattr x;
	struct owner now;
	bool has_x;
	int r;

	if (!scratch)
		return -ENOMEM;
	store_get(s, o, &now);
	has_x = find_companion(scratch, s, o, &now, owner, &x);
	r = store_change(s, o, owner, has_x ? &x : NULL);
	talloc_free(scratch);
	return r;
}

static bool may_have_xattrs(struct store *s, const struct store_object *o)
{
	const struct side_entry *e = side_find(s->side, o->st, o->fd);

	return !s->config.real && (store_is_marked(o->st) || (e && e->xattrs));
}

int store_set(struct store *s, const struct store_object *o, const struct owner *owner)
{
	struct store_object now = *o;
	struct statx st;
	int r = side_begin(s->side);

	if (r < 0)
		return r;
	if (!s->config.reads && store_owns(s, o->st) &&
	    (s->overlay || !store_can_carry(o->st)))
		host_touch(o->fd, o->st->stx_mode);
	r = host_stat(o->fd, &st);
	now.st = &st;
	if (r == 0)
		r = may_have_xattrs(s, &now) ? set_with_companion(s, &now, owner)
					     : store_change(s, &now, owner, NULL);
	side_end(s->side);
	return r;
}

int store_widen(struct store *s, const struct store_object *o)
{
	uint32_t had = o->st->stx_mode & MODE_BITS;
	struct owner now;

	if (S_ISLNK(o->st->stx_mode) || s->config.real || s->config.reads)
		return 0;
	if (!store_owns(s, o->st))
		return -EPERM;
	if ((had & 0777) == store_host_mode(had, o->st->stx_mode))
		return 0;
	store_get(s, o, &now);
	return store_set(s, o, &now);
}
