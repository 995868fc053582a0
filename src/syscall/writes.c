/* SPDX-License-Identifier: MIT */
/* See writes.h. Few files are noted: most have nothing to lose. */
#include "syscall/writes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/xattr.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "ident/dac.h"
#include "path/hostfs.h"
#include "syscall/dispatch.h"
#include "syscall/handlers.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* With more, the oldest is taken to be written to. */
enum { NOTED_MAX = 256 };

struct noted_key {
	uint64_t dev, ino, born; /* no padding: compared as bytes */
};

struct noted_file {
	struct noted_key key;
	uint32_t killed; /* set-id bits to be lost */
	struct statx_timestamp mtime;
	uint64_t size;
	enum store_place place;
	char *name; /* on the host, at the open; a child */
	UT_hash_handle hh; /* in the order of the opens */
};

static struct noted_key key_of(const struct statx *st)
{
	uint64_t born = (uint64_t)st->stx_btime.tv_sec * 1000000000 + st->stx_btime.tv_nsec;

	return (struct noted_key){ (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor,
				   st->stx_ino, st->stx_mask & STATX_BTIME ? born : 0 };
}

static struct noted_file *find(const struct session *s, const struct statx *st)
{
	const struct noted_key key = key_of(st);
	struct noted_file *n = NULL;

	if (s->identity->noted)
		HASH_FIND(hh, s->identity->noted, &key, sizeof(key), n);
	return n;
}

static void forget(struct session *s, struct noted_file *n)
{
	HASH_DEL(s->identity->noted, n);
	talloc_free(n);
}

bool writes_is_recorded(const struct session *s)
{
	const struct hostfs *fs = &s->hostfs;

	return !(s->walk.flags & CANON_MAGIC) && hostfs_has_seen(fs, HPATH(s->walk.host.s)) &&
	       S_ISREG(fs->seen.stx_mode) &&
	       ((fs->seen.stx_mode & (S_ISUID | S_ISGID)) ||
		store_wants_fd(s->identity->store, &fs->seen));
}

/* ---- losing it ------------------------------------------------------------------------------- */

static void lose(struct session *s, const struct store_object *o, uint32_t killed)
{
	struct store *store = s->identity->store;
	struct owner now, then;

	store_removexattr(store, o, XATTR_NAME_CAPS);
	store_get(store, o, &now);
	then = now;
	then.mode &= ~killed;
	if (then.mode != now.mode)
		store_set(store, o, &then);
}

void writes_cut(struct call *c, struct object *o, const struct owner *owner)
{
	struct store_object so = { .st = &o->st };

	if (!S_ISREG(owner->mode) || object_open(c, o) < 0)
		return;
	so.fd = o->fd;
	so.place = object_place(c, o);
	lose(tracee_session(c->t), &so, dac_killed_by_write(c->t->cred, owner));
}

static bool is_as_noted(const struct noted_file *n, const struct statx *st)
{
	return n->size == st->stx_size && n->mtime.tv_sec == st->stx_mtime.tv_sec &&
	       n->mtime.tv_nsec == st->stx_mtime.tv_nsec;
}

bool writes_are_due(const struct session *s, const struct statx *st)
{
	const struct noted_file *n = find(s, st);

	return n && !is_as_noted(n, st);
}

void writes_settle(struct session *s, const struct store_object *o)
{
	struct noted_file *n = find(s, o->st);
	uint32_t killed = n ? n->killed : 0;

	if (!n)
		return;
	forget(s, n);
	lose(s, o, killed);
}

/* By its name, if that is still its own. */
static void settle_named(struct session *s, struct noted_file *n)
{
	int fd = object_open_host(s, n->name);
	struct statx st;
	const struct store_object o = { .fd = fd, .st = &st, .place = n->place };
	const struct noted_key key = n->key;
	struct noted_key now = { 0 };

	if (fd >= 0 && statx(fd, "", AT_EMPTY_PATH, HOSTFS_SEEN, &st) == 0)
		now = key_of(&st);
	if (memcmp(&now, &key, sizeof(key)) == 0 && !is_as_noted(n, &st))
		writes_settle(s, &o);
	else
		forget(s, n);
	if (fd >= 0)
		close(fd);
}

void writes_end(struct session *s)
{
	while (s->identity && s->identity->noted)
		settle_named(s, s->identity->noted);
}

/* ---- noting it ------------------------------------------------------------------------------- */

/* Is there anything to lose? */
static bool has_capability(struct call *c, struct object *o)
{
	struct store_object so = { .st = &o->st };

	so.fd = o->fd;
	so.place = object_place(c, o);
	return store_getxattr(tracee_session(c->t)->identity->store, &so, XATTR_NAME_CAPS, NULL,
			      0) >= 0;
}

static struct noted_file *note(struct session *s, const struct statx *st)
{
	struct noted_file *n = talloc_zero(s->identity, struct noted_file);

	if (!n)
		return NULL;
	n->name = talloc_strdup(n, s->walk.host.s);
	if (!n->name) {
		talloc_free(n);
		return NULL;
	}
	if (HASH_COUNT(s->identity->noted) >= NOTED_MAX)
		forget(s, s->identity->noted);
	n->key = key_of(st);
	n->mtime = st->stx_mtime;
	n->size = st->stx_size;
	HASH_ADD(hh, s->identity->noted, key, sizeof(n->key), n);
	return n;
}

void writes_expect(struct call *c, struct object *o, const struct owner *owner)
{
	struct session *s = tracee_session(c->t);
	uint32_t killed = dac_killed_by_write(c->t->cred, owner);
	struct noted_file *n;

	if (!S_ISREG(owner->mode) || object_open(c, o) < 0 || (!killed && !has_capability(c, o)))
		return;
	n = find(s, &o->st);
	if (!n)
		n = note(s, &o->st);
	if (!n)
		return;
	n->killed |= killed;
	n->place = object_place(c, o);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* truncate(2): vfs_truncate has EINVAL for what is no file. */
int sys_truncate(struct call *c)
{
	unsigned path = (unsigned)sys_find_arg(c->row, ARG_PATH);
	struct session *s = tracee_session(c->t);
	struct object o;
	struct owner owner;
	int r = path_find(c, path);

	if (r != PATH_WALKED)
		return r;
	if (!writes_is_recorded(s) || object_walked(s, &o) < 0)
		return path_leave(c, path);
	object_owner(c, &o, &owner);
	writes_cut(c, &o, &owner);
	object_done(&o);
	return S_ISREG(owner.mode) ? path_leave(c, path) : -EINVAL;
}

static int find_timed(struct call *c, unsigned path, struct object *ret)
{
	int fd = path > 0 && c->row->args[path - 1].kind == ARG_DIRFD ?
			 (int)c->guest_arg[path - 1] : AT_FDCWD;

	return c->guest_arg[path] ? object_by_path(c, path, NULL, ret) :
				    object_by_descriptor(c, fd, NULL, ret);
}

/* utimensat(2) and its kin: times that the guest sets tell no more of writes. */
int sys_utimes(struct call *c)
{
	unsigned path = (unsigned)sys_find_arg(c->row, ARG_PATH);
	struct session *s = tracee_session(c->t);
	struct noted_file *n;
	struct object o;
	struct owner owner;
	int r;

	if (!s->identity->noted)
		return dispatch_translate(c);
	r = find_timed(c, path, &o);
	if (r != OBJECT_FOUND)
		return r < 0 || c->guest_arg[path] ? r : dispatch_translate(c);
	object_owner(c, &o, &owner); /* which settles what is due */
	n = find(s, &o.st);
	if (n)
		forget(s, n);
	object_done(&o);
	return dispatch_translate(c);
}
