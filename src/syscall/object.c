/* SPDX-License-Identifier: MIT */
/*
 * Most calls ask for a file without a record, and ask only: for these the walk's own last look
 * does, and nothing is opened. The rest (records, changes, what only a descriptor leads to) opens
 * the object once.
 */
#include "syscall/object.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ident/cred.h"
#include "path/hostfs.h"
#include "path/longname.h"
#include "path/procname.h"
#include "syscall/guestfs.h"
#include "syscall/nameless.h"
#include "syscall/paths.h"
#include "syscall/shortname.h"
#include "syscall/writes.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* ---- opening -------------------------------------------------------------------------------- */

static int open_without_links(const struct session *s, int dir, const char *name)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));

	/* Before Linux 5.6 the race cannot be won; --sandbox is not to be had there. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM) && !s->sandbox)
		fd = openat(dir, name, (int)how.flags);
	return fd < 0 ? -errno : fd;
}

/* The same for names of any length, in pieces; takes dir, where it is a descriptor. */
static int open_piecewise(const struct session *s, int dir, const char *name)
{
	struct pathbuf piece;
	int next;

	while (strlen(name) >= PATH_LIMIT) {
		size_t n = PATH_LIMIT - 1;

		while (n > 0 && name[n] != '/')
			n--;
		next = n > 0 && pathbuf_set_n(&piece, name, n) == 0 ?
			       open_without_links(s, dir, piece.s) : -ENAMETOOLONG;
		if (dir >= 0)
			close(dir);
		if (next < 0)
			return next;
		dir = next;
		name += n + strspn(name + n, "/");
	}
	next = open_without_links(s, dir, name);
	if (dir >= 0)
		close(dir);
	return next;
}

/*
 * A name that begins with a link like /proc/<pid>/fd/<n> of a guest (the walk follows no others
 * in a sandbox): what the guest has open already, and from there on no links.
 */
static int open_behind_link(const struct session *s, struct hpath host, const struct procname *name)
{
	struct pathbuf front;
	const char *rest = name->rest + strspn(name->rest, "/");
	int fd, r = pathbuf_set_n(&front, host.s, (size_t)(name->rest - host.s));

	if (r < 0)
		return r;
	fd = open(front.s, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return *rest ? open_piecewise(s, fd, rest) : fd;
}

enum through { NOT_THROUGH, THROUGH }; /* is a magic link at the end to be followed? */

static int open_host(struct session *s, const char *name, enum through through)
{
	struct pathbuf meant;
	struct hpath host = guestfs_as_walker(s, HPATH(shortname_meant(s, name, &meant)));
	struct procname link = proc_parse(host);

	switch (link.what) {
	case PROC_EXE:
	case PROC_CWD:
	case PROC_ROOT:
	case PROC_FD:
	case PROC_MAP_FILES:
		if (through == THROUGH || *link.rest)
			return open_behind_link(s, host, &link);
		break;
	case PROC_OTHER: /* ns/mnt and its kin, which have no name to be found by */
		if (through == THROUGH) {
			int fd = open(host.s, O_PATH | O_CLOEXEC);

			return fd < 0 ? -errno : fd;
		}
		break;
	default:
		break;
	}
	return open_piecewise(s, AT_FDCWD, host.s);
}

int object_open_walked(struct session *s)
{
	const struct canon *w = &s->walk;

	return open_host(s, w->host.s,
			 w->flags & (CANON_MAGIC | CANON_OUTSIDE) ? THROUGH : NOT_THROUGH);
}

int object_open_host(struct session *s, const char *host)
{
	return open_host(s, host, NOT_THROUGH);
}

const char *object_entry(const struct session *s, size_t *ret_len)
{
	const char *host = s->walk.host.s, *end = host + s->walk.host.len, *name;

	while (end > host && end[-1] == '/')
		end--;
	for (name = end; name > host && name[-1] != '/'; name--)
		;
	*ret_len = (size_t)(end - name);
	return name;
}

/* The host name of the directory it is in. */
static int name_parent(const struct session *s, struct pathbuf *ret)
{
	size_t len, n = (size_t)(object_entry(s, &len) - s->walk.host.s);

	return pathbuf_set_n(ret, s->walk.host.s, n > 1 ? n - 1 : n);
}

int object_open_parent(struct session *s)
{
	struct pathbuf parent;
	int r = name_parent(s, &parent);

	return r < 0 ? r : open_host(s, parent.s, THROUGH);
}

static void name_link(const struct tracee *t, int fd, char ret[OBJECT_LINK_BYTES])
{
	if (fd == AT_FDCWD)
		snprintf(ret, OBJECT_LINK_BYTES, "/proc/%d/cwd", t->tid);
	else
		snprintf(ret, OBJECT_LINK_BYTES, "/proc/%d/fd/%d", t->tid, fd);
}

int object_open_descriptor(const struct tracee *t, int fd)
{
	char link[OBJECT_LINK_BYTES];
	int r;

	name_link(t, fd, link);
	r = open(link, O_PATH | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

int object_open(struct call *c, struct object *o)
{
	struct statx st;
	int fd;

	if (o->fd >= 0)
		return 0;
	switch (o->way) {
	case OBJECT_BY_WALK:
		fd = object_open_walked(tracee_session(c->t));
		break;
	case OBJECT_BY_PARENT:
		fd = object_open_parent(tracee_session(c->t));
		break;
	case OBJECT_BY_NAME:
		fd = open_host(tracee_session(c->t), o->name, THROUGH);
		break;
	default:
		fd = open(o->link, O_PATH | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
	}
	if (fd < 0)
		return fd;
	if (statx(fd, "", AT_EMPTY_PATH, HOSTFS_SEEN, &st) < 0) {
		close(fd);
		return -errno;
	}
	if (st.stx_ino != o->st.stx_ino || st.stx_mode != o->st.stx_mode ||
	    st.stx_dev_minor != o->st.stx_dev_minor)
		o->st = st; /* exchanged for another since the walk looked */
	o->fd = fd;
	return 0;
}

void object_done(struct object *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

/* ---- looking -------------------------------------------------------------------------------- */

/* Without a mask and flags of its own the guest asks for what the walk has seen. */
static bool is_plain_look(const struct object_look *look)
{
	return !look || (!(look->mask & ~(unsigned)HOSTFS_SEEN) && !look->flags);
}

static int look_at(int dir, const char *name, int flags, const struct object_look *look,
		   struct statx *ret)
{
	unsigned mask = HOSTFS_SEEN | (look ? look->mask : 0);

	return statx(dir, name, flags | (look ? look->flags : 0), mask, ret) < 0 ? -errno : 0;
}

static int look_at_name(struct session *s, const char *name, int flags,
			const struct object_look *look, struct statx *ret)
{
	struct hostfs_at at;
	int r = hostfs_reach(guestfs_as_walker(s, HPATH(name)), &at);

	if (r < 0)
		return r;
	r = look_at(at.fd, at.rest, flags, look, ret);
	hostfs_at_done(&at);
	return r;
}

static int look_at_walked(struct session *s, const struct object_look *look, struct object *o)
{
	const struct canon *w = &s->walk;
	bool magic = w->flags & CANON_MAGIC;

	if (!magic && is_plain_look(look) && hostfs_has_seen(&s->hostfs, HPATH(w->host.s))) {
		o->st = s->hostfs.seen;
		return 0;
	}
	return look_at_name(s, w->host.s, magic ? 0 : AT_SYMLINK_NOFOLLOW, look, &o->st);
}

int object_walked(struct session *s, struct object *ret)
{
	*ret = (struct object){ .way = OBJECT_BY_WALK, .fd = -1 };
	return look_at_walked(s, NULL, ret);
}

int object_parent(struct session *s, struct object *ret)
{
	struct pathbuf parent;
	int r = name_parent(s, &parent);

	*ret = (struct object){ .way = OBJECT_BY_PARENT, .fd = -1 };
	return r < 0 ? r : look_at_name(s, parent.s, 0, NULL, &ret->st);
}

int object_named(struct session *s, const char *name, struct object *ret)
{
	const struct hostfs *h = &s->hostfs;
	/* a base's link; all others are the object themselves */
	bool through = proc_magic(guestfs_as_walker(s, HPATH(name))) != PROC_NOTHING;

	*ret = (struct object){ .way = OBJECT_BY_NAME, .fd = -1, .name = name };
	if (!through && hostfs_has_seen(h, HPATH(name))) {
		ret->st = h->seen;
		return 0;
	}
	return look_at_name(s, name, through ? 0 : AT_SYMLINK_NOFOLLOW, NULL, &ret->st);
}

int object_by_descriptor(struct call *c, int fd, const struct object_look *look,
			 struct object *ret)
{
	*ret = (struct object){ .way = OBJECT_BY_LINK, .fd = -1 };
	if (fd < 0 && fd != AT_FDCWD)
		return OBJECT_NONE;
	name_link(c->t, fd, ret->link);
	return look_at(AT_FDCWD, ret->link, 0, look, &ret->st) < 0 ? OBJECT_NONE : OBJECT_FOUND;
}

int object_opened(struct call *c, int fd, struct object *ret)
{
	*ret = (struct object){ .way = OBJECT_BY_LINK, .fd = -1 };
	if (fd < 0)
		return OBJECT_NONE;
	name_link(c->t, fd, ret->link);
	ret->fd = open(ret->link, O_PATH | O_CLOEXEC);
	if (ret->fd < 0)
		return OBJECT_NONE;
	if (look_at(ret->fd, "", AT_EMPTY_PATH, NULL, &ret->st) == 0)
		return OBJECT_FOUND;
	object_done(ret);
	return OBJECT_NONE;
}

/* NULL with AT_EMPTY_PATH is as good as "" since Linux 6.11. */
static bool kernel_takes_null(void)
{
	struct statx st;

	return syscall(SYS_statx, AT_FDCWD, NULL, AT_EMPTY_PATH, STATX_TYPE, &st) == 0;
}

static int by_empty_path(struct call *c, unsigned i, const struct object_look *look,
			 struct object *ret)
{
	if (!c->guest_arg[i] && !kernel_takes_null())
		return OBJECT_NONE;
	return object_by_descriptor(c, (int)c->guest_arg[i - 1], look, ret);
}

int object_by_path(struct call *c, unsigned i, const struct object_look *look, struct object *ret)
{
	struct session *s = tracee_session(c->t);
	int r;

	*ret = (struct object){ .way = OBJECT_BY_WALK, .fd = -1 };
	r = path_find(c, i);
	if (r == PATH_EMPTY)
		return by_empty_path(c, i, look, ret);
	if (r != PATH_WALKED)
		return r < 0 ? r : OBJECT_NONE;
	if (look_at_walked(s, look, ret) == 0)
		return OBJECT_FOUND;
	r = path_leave(c, i);
	return r < 0 ? r : OBJECT_NONE;
}

/* ---- whose it is ---------------------------------------------------------------------------- */

int object_host_name(struct call *c, struct object *o, struct pathbuf *ret)
{
	char own[OBJECT_LINK_BYTES];
	const char *link = o->link;
	int r;

	if (o->way != OBJECT_BY_LINK) {
		r = object_open(c, o);
		if (r < 0)
			return r;
		snprintf(own, sizeof(own), "/proc/self/fd/%d", o->fd);
		link = own;
	}
	return longname_around(link, ret);
}

/* Does the name go through a magic link, and so not tell where the object is? */
static bool is_through_link(const char *host)
{
	struct procname name;

	if (!guestfs_is_proc(HPATH(host)))
		return false;
	name = proc_parse(HPATH(host));
	return name.what >= PROC_EXE && name.what <= PROC_MAP_FILES;
}

/* Is session->walk's host name the object's own, or that of something in it? */
static bool is_named_by_walk(const struct session *s, const struct object *o)
{
	return (o->way == OBJECT_BY_WALK || o->way == OBJECT_BY_PARENT) && s->walk.bind &&
	       !(s->walk.flags & (CANON_MAGIC | CANON_OUTSIDE));
}

const char *object_known_name(const struct session *s, const struct object *o)
{
	if (o->way == OBJECT_BY_NAME)
		return is_through_link(o->name) ? NULL : o->name;
	return is_named_by_walk(s, o) ? s->walk.host.s : NULL;
}

enum store_place object_place(struct call *c, struct object *o)
{
	struct session *s = tracee_session(c->t);
	const char *host = object_known_name(s, o);
	const struct bind *b = s->walk.bind;
	struct pathbuf meant;

	if (store_ignores_place(s->identity->store, &o->st))
		return STORE_ROOTFS;
	/* the host name may begin with a link of /proc, the bind's never does */
	if (is_named_by_walk(s, o) && session_has_file(s, b->host.s))
		return STORE_ROOTFS;
	if (!host) {
		if (object_host_name(c, o, &s->text) < 0)
			return STORE_BIND;
		host = s->text.s;
	}
	host = shortname_meant(s, host, &meant);
	return session_has_file(s, host) ? STORE_ROOTFS : STORE_BIND;
}

static void set_ids(const struct object *o, uint32_t uid, uint32_t gid, struct owner *ret)
{
	*ret = (struct owner){ .uid = uid, .gid = gid, .mode = o->st.stx_mode,
			       .rdev_major = o->st.stx_rdev_major,
			       .rdev_minor = o->st.stx_rdev_minor };
}

/* Which process's file of /proc is it, and which file? */
static struct procname proc_name_of(struct call *c, struct object *o)
{
	struct session *s = tracee_session(c->t);
	const char *host = object_known_name(s, o);

	if (host)
		return proc_parse(guestfs_as_walker(s, HPATH(host)));
	if (object_host_name(c, o, &s->text) < 0)
		return (struct procname){ .what = PROC_NOTHING };
	return proc_parse(HPATH(s->text.s));
}

/*
 * task_dump_owner of fs/proc/base.c: the files of a process are its effective user's, those of one
 * that may not be looked into root's, but for the directory itself.
 */
static bool is_of_process(struct call *c, struct object *o, struct owner *ret)
{
	struct session *s = tracee_session(c->t);
	struct procname name = proc_name_of(c, o);
	const struct tracee *t;

	if (name.what < PROC_DIR || (name.what != PROC_OTHER && *name.rest))
		return false;
	t = tracee_find(s, name.tid > 0 ? name.tid : name.pid);
	if (!t && process_find(s, name.pid) == c->t->process)
		t = c->t; /* the leader is gone */
	if (!t || !t->cred)
		return false;
	if (t->mm && t->mm->dumpable != 1 && name.what != PROC_DIR)
		set_ids(o, 0, 0, ret);
	else
		set_ids(o, t->cred->euid, t->cred->egid, ret);
	return true;
}

static bool is_in_proc(const struct identity *id, const struct statx *st)
{
	return makedev(st->stx_dev_major, st->stx_dev_minor) == id->proc_dev;
}

void object_owner(struct call *c, struct object *o, struct owner *ret)
{
	struct session *s = tracee_session(c->t);
	struct identity *id = s->identity;
	struct store_object so = { .st = &o->st };

	if (nameless_is(s, &o->st)) {
		nameless_get(s, &o->st, ret);
		return;
	}
	if (is_in_proc(id, &o->st) && is_of_process(c, o, ret))
		return;
	if (store_wants_fd(id->store, &o->st) || writes_are_due(s, &o->st))
		object_open(c, o);
	so.place = object_place(c, o);
	so.fd = o->fd;
	if (o->fd >= 0 && writes_are_due(s, &o->st)) {
		writes_settle(s, &so);
		look_at(o->fd, "", AT_EMPTY_PATH, NULL, &o->st);
	}
	store_get(id->store, &so, ret);
}
