// SPDX-License-Identifier: MIT
/*
 * Of xattrs only those are moved that the kernel guards: capabilities, access lists and trusted.*.
 * What an LSM or overlayfs of the host keeps on a file stays where it is, and is told in both
 * forms.
 */
#include "ident/truth.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/xattr.h>
#include <string.h>
#include <talloc.h>

#include "ident/acl.h"
#include "ident/record.h"
#include "ident/store_host.h"
#include "ident/store_impl.h"

enum { LIST_BYTES = 65536 };

#define MODE_BITS 07777u

bool truth_is_device(const struct truth *t)
{
	return S_ISCHR(t->owner.mode) || S_ISBLK(t->owner.mode);
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool is_ours(const char *name)
{
	return strcmp(name, RECORD_XATTR) == 0 || begins(name, STORE_XATTR_PREFIX);
}

static bool is_acl(const char *name)
{
	return strcmp(name, ACL_ACCESS_XATTR) == 0 || strcmp(name, ACL_DEFAULT_XATTR) == 0;
}

/* On an inode: does it go into a record? */
static bool is_moved(const char *name)
{
	return strcmp(name, XATTR_NAME_CAPS) == 0 || is_acl(name) ||
	       (begins(name, "trusted.") && !begins(name, "trusted.overlay."));
}

/* ---- reading -------------------------------------------------------------------------------- */

struct reading {
	struct store *s;
	const struct store_object *o;
	struct truth *t;
	void *ctx;
	bool has_ours; /* something that would have to be wiped */
};

/* From the store, which knows what is kept, or from the inode. */
static ssize_t get(struct reading *r, bool is_kept, const char *name, void *buf, size_t size)
{
	return is_kept ? store_getxattr(r->s, r->o, name, buf, size)
		       : host_getxattr(r->o->fd, name, buf, size);
}

static int add_xattr(struct reading *r, const char *name, bool is_kept)
{
	struct truth *t = r->t;
	struct truth_xattr *x;
	ssize_t n = get(r, is_kept, name, NULL, 0);

	if (n < 0)
		return (int)n;
	x = talloc_realloc(r->ctx, t->xattrs, struct truth_xattr, t->xattr_count + 1);
	if (!x)
		return -ENOMEM;
	t->xattrs = x;
	x += t->xattr_count++;
	*x = (struct truth_xattr){ .name = talloc_strdup(t->xattrs, name),
				   .value = talloc_size(t->xattrs, (size_t)n + 1),
				   .size = (size_t)n,
				   .is_kept = is_kept && r->s->host_ids &&
					      store_can_carry(r->o->st) };
	if (!x->name || !x->value)
		return -ENOMEM;
	n = get(r, is_kept, name, x->value, x->size);
	return n < 0 ? (int)n : 0;
}

/* Names of ours are shown by what they stand for; the inode's own only where they are moved. */
static int read_name(struct reading *r, const char *name)
{
	if (is_ours(name)) {
		r->has_ours = true;
		return 0;
	}
	if (store_hides_xattr(name) || !store_keeps_xattr(name))
		return 0;
	if (store_has_kept(r->s, r->o, name))
		return add_xattr(r, name, true);
	return r->s->host_ids && is_moved(name) ? add_xattr(r, name, false) : 0;
}

static int read_names(struct reading *r, char *list, ssize_t n)
{
	int err = n < 0 && n != -ENOTSUP ? (int)n : 0;

	for (ssize_t i = 0; err == 0 && i < n; i += (ssize_t)strlen(list + i) + 1)
		err = read_name(r, list + i);
	return err;
}

/*
 * First the host's list, for what is ours in it, stale or not; then the store's. A name that stands
 * in both is taken once: the first pass takes only what is the inode's.
 */
static int read_xattrs(struct reading *r)
{
	char *list = talloc_size(r->ctx, LIST_BYTES);
	ssize_t n = list ? host_listxattr(r->o->fd, list, LIST_BYTES) : -ENOMEM;
	int err = n < 0 && n != -ENOTSUP ? (int)n : 0;

	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(list + i) + 1)
		r->has_ours |= is_ours(list + i);
	if (err == 0)
		err = read_names(r, list, list ? store_listxattr(r->s, r->o, list, LIST_BYTES) : 0);
	talloc_free(list);
	return err;
}

/*
 * In a tree of mapped ids the guest's root has changed inodes without us: a file that stayed
 * recorded is what its inode says, but for the type, as long as nothing was written to it.
 */
static void read_mapped(const struct store_object *o, struct owner *owner)
{
	const struct owner record = *owner;

	*owner = (struct owner){ o->st->stx_uid, o->st->stx_gid, o->st->stx_mode,
				 o->st->stx_rdev_major, o->st->stx_rdev_minor };
	if (!S_ISREG(o->st->stx_mode) || !store_is_marked(o->st))
		return;
	owner->mode &= ~(uint32_t)S_ISVTX;
	owner->mode |= record.mode & S_ISVTX;
	if (o->st->stx_size > 0)
		return;
	owner->mode = (owner->mode & ~(uint32_t)S_IFMT) | (record.mode & S_IFMT);
	owner->rdev_major = record.rdev_major;
	owner->rdev_minor = record.rdev_minor;
}

static bool is_on_inode(const struct owner *o, const struct statx *st)
{
	return o->uid == st->stx_uid && o->gid == st->stx_gid && o->mode == st->stx_mode;
}

/* Would a tree of records have one of it, once it was changed there? */
static bool needs_record(const struct truth *t)
{
	const struct owner *o = &t->owner;

	return o->uid || o->gid || t->xattr_count || truth_is_device(t) ||
	       (o->mode & MODE_BITS) != store_host_mode(o->mode, o->mode);
}

/* What stays recorded in a tree of ids is to stay so if it is taken back. */
static void note_kept(const struct store_object *o, struct truth *t)
{
	t->is_kept = truth_is_device(t) && S_ISREG(o->st->stx_mode);
	for (unsigned i = 0; i < t->xattr_count; i++)
		t->is_kept |= t->xattrs[i].is_kept;
}

int truth_read(void *ctx, struct store *s, const struct store_object *o, struct truth *ret,
	       bool *ret_changes)
{
	struct reading r = { .s = s, .o = o, .t = ret, .ctx = ctx };
	int err;

	*ret = (struct truth){ .xattrs = NULL };
	store_get(s, o, &ret->owner);
	if (s->tells_as == MARK_MAPPED)
		read_mapped(o, &ret->owner);
	err = read_xattrs(&r);
	if (s->host_ids && store_can_carry(o->st))
		note_kept(o, ret);
	*ret_changes = r.has_ours || side_find(s->side, o->st, o->fd) ||
		       (s->host_ids ? needs_record(ret)
				    : ret->xattr_count || !is_on_inode(&ret->owner, o->st));
	return err;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int set_if_other(int fd, const char *name, const void *value, size_t size)
{
	void *had = talloc_size(NULL, size + 1);
	ssize_t n = had ? host_getxattr(fd, name, had, size + 1) : -ENOMEM;
	bool same = n == (ssize_t)size && memcmp(had, value, size) == 0;

	talloc_free(had);
	return same ? 0 : host_setxattr(fd, name, value, size, 0);
}

static int remove_if_there(int fd, const char *name)
{
	int r = host_removexattr(fd, name);

	return r == -ENODATA || r == -ENOTSUP ? 0 : r;
}

/* Every xattr of this object for which `is` holds goes. */
static int remove_each(int fd, bool (*is)(const char *name))
{
	char *list = talloc_size(NULL, LIST_BYTES);
	ssize_t n = list ? host_listxattr(fd, list, LIST_BYTES) : -ENOMEM;
	int r = n < 0 && n != -ENOTSUP ? (int)n : 0;

	for (ssize_t i = 0; r == 0 && i < n; i += (ssize_t)strlen(list + i) + 1)
		if (is(list + i))
			r = remove_if_there(fd, list + i);
	talloc_free(list);
	return r;
}

static int forget_beside(struct store *s, const struct store_object *o)
{
	const struct side_op gone = { .kind = SIDE_NOTHING, .key = side_key_of(s->side, o->st) };
	int r = side_begin(s->side);

	if (r < 0)
		return r;
	r = side_write(s->side, &gone, 1);
	side_end(s->side);
	return r;
}

/* A change that was killed may count no more, or not yet: it is of no use either. */
static bool is_beside(struct store *s, const struct store_object *o)
{
	return side_find(s->side, o->st, o->fd) || side_is_stale(s->side, o->st, o->fd);
}

int truth_wipe(struct store *s, const struct store_object *o)
{
	int r = store_can_carry(o->st) ? remove_each(o->fd, is_ours) : 0;

	if (r == 0 && is_beside(s, o))
		r = forget_beside(s, o);
	return r;
}

/*
 * notify_change takes capabilities away with a changed owner, and set-id bits; and a list has its
 * say about the mode's group bits.
 */
static int chown_if_other(const struct store_object *o, uint32_t uid, uint32_t gid)
{
	if (o->st->stx_uid == uid && o->st->stx_gid == gid)
		return 0;
	return host_chown(o->fd, uid, gid);
}

static int set_xattrs(const struct store_object *o, const struct truth *t, bool lists)
{
	struct store_kept_name kept;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < t->xattr_count; i++) {
		const struct truth_xattr *x = &t->xattrs[i];
		const char *name = x->name;

		if (is_acl(name) != lists)
			continue;
		if (x->is_kept && store_kept_name(name, &kept))
			name = kept.s;
		r = set_if_other(o->fd, name, x->value, x->size);
	}
	return r;
}

/* The record of a file that keeps one, as the store has it: with the index bit. */
static int keep_record(struct store *s, const struct store_object *o, const struct truth *t)
{
	char text[RECORD_LIMIT];
	size_t n = record_print(&t->owner, o->st->stx_mode, text);
	int r = set_if_other(o->fd, RECORD_XATTR, text, n);

	if (r == 0 && is_beside(s, o))
		r = forget_beside(s, o);
	return r;
}

int truth_to_inode(struct store *s, const struct store_object *o, const struct truth *t)
{
	uint32_t mode = t->owner.mode & MODE_BITS;
	int r = chown_if_other(o, t->owner.uid, t->owner.gid);

	if (t->is_kept)
		mode = (truth_is_device(t) ? mode & 0777 : mode) | S_ISVTX;
	if (r == 0)
		r = set_xattrs(o, t, true);
	if (r == 0 && !S_ISLNK(o->st->stx_mode))
		r = host_chmod(o->fd, mode);
	if (r == 0)
		r = set_xattrs(o, t, false);
	if (r < 0)
		return r;
	return t->is_kept ? keep_record(s, o, t) : truth_wipe(s, o);
}

/* As an object of ours that has never been anything else. */
static int make_plain(struct store *s, const struct store_object *o, const struct truth *t)
{
	int r = truth_wipe(s, o);

	if (r == 0)
		r = remove_each(o->fd, is_moved);
	if (r == 0)
		r = chown_if_other(o, 0, 0);
	if (r == 0 && !S_ISLNK(o->st->stx_mode))
		r = host_chmod(o->fd, store_host_mode(t->owner.mode, o->st->stx_mode));
	return r;
}

int truth_to_record(struct store *s, const struct store_object *o, const struct truth *t)
{
	struct store_object now = *o;
	struct statx st;
	int r = make_plain(s, o, t);

	now.st = &st;
	if (r == 0)
		r = host_stat(o->fd, &st);
	if (r == 0)
		r = store_set(s, &now, &t->owner);
	for (unsigned i = 0; r == 0 && i < t->xattr_count; i++) {
		r = host_stat(o->fd, &st);
		if (r == 0)
			r = store_setxattr(s, &now, t->xattrs[i].name, t->xattrs[i].value,
					   t->xattrs[i].size, 0);
	}
	return r;
}

int truth_note_device(struct store *s, int dir)
{
	struct statx st;
	const struct store_object o = { .fd = dir, .st = &st, .place = STORE_ROOTFS };
	int r = host_stat(dir, &st);

	return r < 0 ? r : store_setxattr(s, &o, STORE_DEVICES_XATTR, "1", 1, 0);
}
