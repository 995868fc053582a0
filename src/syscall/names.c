/* SPDX-License-Identifier: MIT */
/*
 * Calls that ask for or set a name rather than open one: chdir, getcwd, readlink, openat2, and the
 * calls with two paths (rename, link).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "path/mountpoint.h"
#include "syscall/bindrules.h"
#include "syscall/guestfs.h"
#include "syscall/handlers.h"
#include "syscall/opennames.h"
#include "syscall/paths.h"
#include "syscall/running.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/*
 * The kernel moves; we remember by which name, for getcwd where two names lead to one directory.
 * Remembered before the outcome is known: a hint is used only while it leads to the real cwd.
 */
int sys_chdir(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct process *p = c->t->process;
	int r = path_walk_arg_fully(c, 0, AT_FDCWD, CANON_FOLLOW);

	if (r <= 0)
		return r;
	if (!(s->walk.flags & (CANON_ERROR | CANON_OUTSIDE | CANON_MISSING))) {
		talloc_free(p->cwd_hint);
		p->cwd_hint = talloc_strdup(p, s->walk.guest.s);
	}
	return path_stage(c, 0);
}

int sys_fchdir(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct process *p = c->t->process;
	struct canon_base base;

	if (path_base(c->t, (int)c->guest_arg[0], &s->base_guest, &s->base_host, &base) < 0 ||
	    !base.guest.s)
		return 0;
	talloc_free(p->cwd_hint);
	p->cwd_hint = talloc_strdup(p, base.guest.s);
	return 0;
}

static bool cwd_is_deleted(const struct tracee *t)
{
	char link[64];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%d/cwd", t->tid);
	return stat(link, &st) == 0 && st.st_nlink == 0;
}

static bool cwd_is_beyond_names(const struct tracee *t)
{
	char link[64], byte;

	snprintf(link, sizeof(link), "/proc/%d/cwd", t->tid);
	return readlink(link, &byte, 1) < 0 && errno == ENAMETOOLONG;
}

/* getcwd(2): the length with the NUL; ERANGE comes before EFAULT, ENOENT before both. */
int sys_getcwd(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct canon_base base;
	size_t n;
	int r = path_base(c->t, AT_FDCWD, &s->base_guest, &s->base_host, &base);

	if (r < 0)
		return 0; /* the kernel knows better what is wrong */
	if (!base.guest.s) {
		if (cwd_is_beyond_names(c->t))
			return -ENAMETOOLONG;
		if (cwd_is_deleted(c->t))
			return -ENOENT;
		/* What a process sees whose cwd lies outside its root; see getcwd(3). */
		if (pathbuf_set(&s->base_guest, "(unreachable)/") < 0)
			return -ENAMETOOLONG;
	}
	n = s->base_guest.len + 1;
	if (n > PATH_LIMIT)
		return -ENAMETOOLONG;
	if (n > c->guest_arg[1])
		return -ERANGE;
	r = mem_write(c->t, c->guest_arg[0], s->base_guest.s, n);
	return r < 0 ? r : call_answer(c, (int64_t)n);
}

/*
 * Read by us: one stop then does for the walk and the answer. The stored bytes of a link are the
 * guest's as they are; those of /proc are told in guest terms.
 */
static int readlink_text(struct session *s, size_t size)
{
	struct hpath host = { s->walk.host.s };
	size_t room = size < sizeof(s->link_text.s) ? size : sizeof(s->link_text.s);
	ssize_t n;
	int kind;

	if (guestfs_is_proc(host)) {
		kind = guestfs_ops.kind(s, host);
		if (kind == FS_LINK)
			return guestfs_proc_text(s, host, s->link_text.s, room);
		return kind < 0 ? kind : -EINVAL;
	}
	n = readlink(host.s, s->link_text.s, room);
	return n < 0 ? -errno : (int)n;
}

static int readlink_common(struct call *c, unsigned path_arg, int dirfd)
{
	struct session *s = tracee_session(c->t);
	int size = (int)c->guest_arg[path_arg + 2];
	int r = path_walk_arg_fully(c, path_arg, dirfd, CANON_NOFOLLOW);

	if (r <= 0)
		return r;
	if (size <= 0 || s->walk.host.len >= PATH_LIMIT)
		return path_stage(c, path_arg);
	r = readlink_text(s, (size_t)size);
	if (r < 0)
		return r;
	if (mem_write(c->t, c->guest_arg[path_arg + 1], s->link_text.s, (size_t)r) < 0)
		return -EFAULT;
	return call_answer(c, r);
}

int sys_readlink(struct call *c)
{
	return readlink_common(c, 0, AT_FDCWD);
}

int sys_readlinkat(struct call *c)
{
	return readlink_common(c, 1, (int)c->guest_arg[0]);
}

/*
 * openat2(2). RESOLVE_BENEATH and RESOLVE_IN_ROOT keep the kernel's own walk inside the directory,
 * so it may do it itself. Of the rest, what speaks of links met on the way is decided by our walk,
 * and the flag is kept: a host name has no link in it.
 */
static int openat2_walk(struct call *c, struct open_how *how)
{
	struct session *s = tracee_session(c->t);
	struct canon *w = &s->walk;
	enum canon_last last = CANON_FOLLOW;
	const struct bind *base_bind;
	int r;

	if ((how->flags & O_CREAT) && !(how->flags & O_PATH))
		last = how->flags & (O_NOFOLLOW | O_EXCL) ? CANON_CREATE_NOFOLLOW : CANON_CREATE;
	else if (how->flags & O_NOFOLLOW)
		last = CANON_NOFOLLOW;
	r = path_walk_arg_fully(c, 1, (int)c->guest_arg[0], last);
	if (r <= 0)
		return r;
	base_bind = s->path.s[0] == '/' ? &s->view->binds[0] :
		    view_holding(s->view, s->base_guest.s, s->base_guest.len);
	if ((how->resolve & RESOLVE_NO_SYMLINKS) && w->links > 0)
		return -ELOOP;
	if ((how->resolve & RESOLVE_NO_MAGICLINKS) && (w->flags & CANON_MAGIC))
		return -ELOOP;
	opennames_note(s);
	r = bindrules_check_open(s, how->flags);
	if (r == 0 && !(w->flags & CANON_ERROR))
		r = running_check_open(s, how->flags);
	if (r < 0)
		return r;
	if (how->resolve & RESOLVE_NO_XDEV) {
		if (w->bind != base_bind)
			return -EXDEV;
		how->resolve &= ~(uint64_t)RESOLVE_NO_XDEV;
		if (!(w->flags & CANON_PLAIN))
			call_put(c, 2, how, sizeof(*how));
	}
	return path_stage(c, 1);
}

/*
 * Left to the kernel, but where what it does not know of lies inside: our own processes in /proc,
 * which --sandbox hides, and :ro binds.
 */
static int openat2_inside(struct call *c, const struct open_how *how)
{
	struct session *s = tracee_session(c->t);
	bool writes = (how->flags & (O_ACCMODE | O_TRUNC | O_CREAT)) && !(how->flags & O_PATH);
	struct canon_base base;
	const char *dir;

	if (!s->sandbox && !(s->view_read_only && writes))
		return 0;
	if (path_base(c->t, (int)c->guest_arg[0], &s->base_guest, &s->base_host, &base) < 0)
		return 0;
	dir = s->base_host.s;
	if (s->sandbox && (path_under("/proc", dir) || path_under(dir, "/proc")))
		return -EXDEV;
	return writes && bindrules_only_read_only(s, dir) ? -EROFS : 0;
}

int sys_openat2(struct call *c)
{
	struct open_how how = { 0 };
	uint64_t size = c->guest_arg[3];

	/* Sizes and extensions that we do not know are the kernel's to refuse. */
	if (size < sizeof(how) || mem_read(c->t, c->guest_arg[2], &how, sizeof(how)) < 0)
		return 0;
	if (how.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		return openat2_inside(c, &how);
	return openat2_walk(c, &how);
}

/* One side of a rename or link, as far as the other side must know it. */
struct side {
	enum path_outcome outcome;
	const struct bind *bind;
	unsigned flags;
	const char *magic; /* the link of /proc that leads to it, child of the tracee; or NULL */
	bool read_only;
	bool has_bind_below;
};

static int walk_side(struct call *c, unsigned arg, int dirfd, enum canon_last last,
		     struct side *ret)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	int r = path_walk_arg_fully(c, arg, dirfd, last);

	*ret = (struct side){ .outcome = PATH_LEFT };
	if (r <= 0)
		return r;
	ret->outcome = PATH_WALKED;
	ret->bind = w->bind;
	ret->flags = w->flags;
	ret->read_only = bindrules_read_only(w);
	if (w->flags & CANON_MAGIC)
		ret->magic = c->data = talloc_strdup(c->t, w->host.s);
	ret->has_bind_below = bindrules_has_below(s);
	return path_stage(c, arg);
}

/* linkat of /proc/self/fd/N: the mount is the object's, not the link's. */
static bool is_across(struct session *s, const struct side *from, const struct side *to)
{
	ssize_t n;

	if (!from->magic)
		return from->bind != to->bind;
	n = readlink(from->magic, s->text.s, sizeof(s->text.s) - 1);
	if (n <= 0)
		return false;
	pathbuf_truncate(&s->text, (size_t)n);
	return !bindrules_may_be_in(s, s->text.s, to->bind);
}

/* The kernel's order in do_renameat2 and do_linkat: both parents, then EXDEV, then the rest. */
static int check_sides(struct session *s, const struct side *from, const struct side *to)
{
	if (from->outcome != PATH_WALKED || to->outcome != PATH_WALKED)
		return 0;
	if ((from->flags | to->flags) & (CANON_ERROR | CANON_DOTS))
		return 0;
	/* What has no name lies in a mount that only the kernel knows. */
	if ((from->flags | to->flags) & CANON_OUTSIDE)
		return 0;
	return is_across(s, from, to) ? -EXDEV : 0;
}

struct renamed {
	char *from, *to; /* guest names, children of this */
};

/* The directory above a bind moved: so does the bind, as a mount would. */
static int rename_exit(struct call *c)
{
	const struct renamed *names = c->data;

	if (c->result == 0)
		view_renamed(tracee_session(c->t)->view, GPATH(names->from), GPATH(names->to));
	return 0;
}

static int follow_rename(struct call *c, const char *from)
{
	struct renamed *names = talloc(c->t, struct renamed);

	if (!names)
		return -ENOMEM;
	c->data = names;
	names->from = talloc_strdup(names, from);
	names->to = talloc_strdup(names, tracee_session(c->t)->walk.guest.s);
	if (!names->from || !names->to)
		return -ENOMEM;
	return call_want_exit(c, rename_exit);
}

static int rename_common(struct call *c, unsigned from_arg, int from_fd, unsigned to_arg, int to_fd)
{
	struct session *s = tracee_session(c->t);
	struct pathbuf *from_guest = &s->shown;
	struct side from, to;
	int r = walk_side(c, from_arg, from_fd, CANON_PARENT, &from);

	if (r < 0)
		return r;
	pathbuf_set(from_guest, s->walk.guest.s);
	r = walk_side(c, to_arg, to_fd, CANON_PARENT, &to);
	if (r == 0)
		r = check_sides(s, &from, &to);
	if (r < 0 || from.outcome != PATH_WALKED || to.outcome != PATH_WALKED)
		return r;
	if ((from.flags | to.flags) & (CANON_ERROR | CANON_DOTS))
		return 0;
	if (from.read_only)
		return -EROFS;
	if (from.flags & CANON_MISSING)
		return 0; /* ENOENT comes before EBUSY */
	if ((from.flags | to.flags) & CANON_AT_BIND)
		return -EBUSY;
	if (to.has_bind_below)
		return -ENOTEMPTY;
	return from.has_bind_below ? follow_rename(c, from_guest->s) : 0;
}

int sys_rename(struct call *c)
{
	return rename_common(c, 0, AT_FDCWD, 1, AT_FDCWD);
}

int sys_renameat(struct call *c)
{
	return rename_common(c, 1, (int)c->guest_arg[0], 3, (int)c->guest_arg[2]);
}

int sys_renameat2(struct call *c)
{
	return sys_renameat(c);
}

static int link_common(struct call *c, unsigned from_arg, int from_fd, unsigned to_arg, int to_fd,
		       enum canon_last last)
{
	struct side from, to;
	int r = walk_side(c, from_arg, from_fd, last, &from);

	if (r == 0)
		r = walk_side(c, to_arg, to_fd, CANON_PARENT, &to);
	if (r < 0 || to.outcome != PATH_WALKED || (to.flags & CANON_DOTS))
		return r;
	if (!((from.flags | to.flags) & (CANON_ERROR | CANON_MISSING)))
		return 0; /* EEXIST */
	if (to.read_only && !((from.flags | to.flags) & CANON_ERROR))
		return from.flags & CANON_MISSING ? 0 : -EROFS;
	return from.flags & CANON_MISSING ? 0 : check_sides(tracee_session(c->t), &from, &to);
}

int sys_link(struct call *c)
{
	return link_common(c, 0, AT_FDCWD, 1, AT_FDCWD, CANON_NOFOLLOW);
}

int sys_linkat(struct call *c)
{
	enum canon_last last = c->guest_arg[4] & AT_SYMLINK_FOLLOW ? CANON_FOLLOW : CANON_NOFOLLOW;

	return link_common(c, 1, (int)c->guest_arg[0], 3, (int)c->guest_arg[2], last);
}

/* The path's own errors are the kernel's; then EPERM, as without CAP_SYS_CHROOT (fs/open.c). */
int sys_chroot(struct call *c)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	struct stat st;
	int r = path_walk_arg_fully(c, 0, AT_FDCWD, CANON_FOLLOW);

	if (r < 0)
		return r;
	if (r == PATH_LEFT)
		return 0;
	if (stat(w->host.s, &st) < 0 || !S_ISDIR(st.st_mode) || access(w->host.s, X_OK) < 0)
		return path_stage(c, 0);
	return -EPERM;
}
