/* SPDX-License-Identifier: MIT */
/*
 * Path arguments of calls. What needs no walk is left alone: the kernel's cwd and descriptors of
 * a guest are true, so a relative name that meets no link and no bind means to the kernel what it
 * means to the guest.
 *
 * Errors are the kernel's to find (see path/canon.h); here only those that come from binds, which
 * it does not know (bindrules.h).
 */
#include "syscall/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path/hostfs.h"
#include "path/longname.h"
#include "path/procname.h"
#include "syscall/bindrules.h"
#include "syscall/exelink.h"
#include "syscall/fdchange.h"
#include "syscall/guestfs.h"
#include "syscall/opennames.h"
#include "syscall/permit.h"
#include "syscall/procfile.h"
#include "syscall/proxy.h"
#include "syscall/refuse.h"
#include "syscall/running.h"
#include "syscall/shortname.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static int read_own_link(const char *link, struct pathbuf *ret)
{
	ssize_t n = readlink(link, ret->s, sizeof(ret->s) - 1);

	if (n < 0)
		return -errno;
	pathbuf_truncate(ret, (size_t)n);
	return 0;
}

void path_base_link(const struct tracee *t, int dirfd, char ret[PATH_BASE_BYTES])
{
	if (dirfd == AT_FDCWD)
		snprintf(ret, PATH_BASE_BYTES, "/proc/%d/cwd", t->tid);
	else
		snprintf(ret, PATH_BASE_BYTES, "/proc/%d/fd/%d", t->tid, dirfd);
}

/* Does the guest name lead to the directory behind the link, however long its host name? */
static bool leads_to(struct session *s, const char *guest, const char *link, struct pathbuf *host)
{
	struct stat by_link, by_name;

	return view_to_host(s->view, GPATH(guest), host) == 0 && stat(link, &by_link) == 0 &&
	       hostfs_stat(HPATH(host->s), &by_name) == 0 && by_name.st_ino == by_link.st_ino &&
	       by_name.st_dev == by_link.st_dev;
}

/*
 * A directory whose host name the kernel cannot tell. The last chdir may know it; else it is found
 * step by step; else it has no name, and the link is as good a base.
 */
static int base_deep(struct tracee *t, const char *link, int dirfd, struct canon_base *ret)
{
	struct session *s = tracee_session(t);
	struct pathbuf *guest = &s->base_guest, *host = &s->base_host;
	const char *hint = dirfd == AT_FDCWD ? fs_cwd_hint(t->fs) : NULL;
	int r;

	*ret = (struct canon_base){ GPATH(guest->s), HPATH(NULL) };
	if (hint && leads_to(s, hint, link, host))
		return pathbuf_set(guest, hint);
	if (longname_of_link(link, host) == 0 &&
	    view_to_guest(s->view, s->walk.root, HPATH(host->s), hint, guest) == 0)
		return 0;
	r = pathbuf_set(host, link);
	*ret = (struct canon_base){ GPATH(NULL), HPATH(host->s) };
	return r;
}

int path_base(struct tracee *t, int dirfd, struct canon_base *ret)
{
	struct session *s = tracee_session(t);
	struct pathbuf *guest = &s->base_guest, *host = &s->base_host;
	char link[PATH_BASE_BYTES];
	struct stat by_link;
	const char *hint;
	int r;

	path_base_link(t, dirfd, link);
	r = read_own_link(link, host);
	if (r == -ENAMETOOLONG)
		return base_deep(t, link, dirfd, ret);
	if (r < 0)
		return r == -ENOENT ? -EBADF : r;
	*ret = (struct canon_base){ GPATH(NULL), HPATH(NULL) };
	hint = dirfd == AT_FDCWD ? fs_cwd_hint(t->fs) : opennames_find(s, host->s);
	/* A name that ends like that of a deleted directory may still be a real one. */
	if (host->s[0] == '/' &&
	    (!strstr(host->s, " (deleted)") ||
	     (stat(link, &by_link) == 0 && hostfs_is_named(host->s, &by_link))) &&
	    view_to_guest(s->view, s->walk.root, HPATH(host->s), hint, guest) == 0) {
		ret->guest.s = guest->s;
		return 0;
	}
	r = pathbuf_set(host, link);
	ret->host.s = host->s;
	return r;
}

/*
 * May the kernel take this string as it stands? One component that is neither followed nor bound
 * over means the same on both sides.
 */
static bool is_harmless(const struct session *s, const char *path, enum canon_last last)
{
	size_t n = strlen(path);

	if (last == CANON_FOLLOW || last == CANON_CREATE || s->sandbox || memchr(path, '/', n))
		return false;
	if (path[0] == '.' && (n == 1 || (n == 2 && path[1] == '.')))
		return false;
	/* The cwd may be in /proc. */
	return !view_has_name(s->view, path, n) && !proc_is_text_name(path) &&
	       !(s->uts && proc_is_uts_name(path)) && !(s->sysvipc && proc_is_limit_name(path));
}

/* ELOOP has its place among a call's errors, too: the kernel is given a loop to find. */
static int leave_loop(struct session *s)
{
	struct canon *w = &s->walk;
	int r = pathbuf_set(&w->host, s->dir);

	if (r == 0)
		r = pathbuf_append(&w->host, "/" SESSION_LOOP "/.");
	w->flags = (w->flags & ~(unsigned)CANON_PLAIN) | CANON_ERROR;
	w->error = -ELOOP;
	if (!(w->flags & CANON_OUTSIDE))
		w->bind = view_holding(s->view, w->guest.s, w->guest.len);
	return r;
}

/*
 * Did the base's name, and not the guest's, bring the error? The kernel starts at the directory
 * itself, the way to which may have been shut since it was opened.
 */
static bool wants_link(const struct canon *w, int r)
{
	return r == -ENAMETOOLONG || r == -EACCES || (r == 0 && w->error == -EACCES);
}

const struct bind *path_cwd_bind(struct tracee *t)
{
	struct session *s = tracee_session(t);
	char link[PATH_BASE_BYTES];
	struct canon_base base;

	if (path_base(t, AT_FDCWD, &base) < 0)
		return NULL;
	if (base.guest.s)
		return view_holding(s->view, base.guest.s, strlen(base.guest.s));
	path_base_link(t, AT_FDCWD, link);
	return guestfs_holding(s, HPATH(link), NULL);
}

/*
 * As path_base, for a walk from there. A descriptor of something else is the kernel's ENOTDIR: a
 * link's name, of which O_PATH | O_NOFOLLOW has one, must not become part of a host name.
 */
static int walk_base(struct tracee *t, int dirfd, struct canon_base *ret)
{
	int r = path_base(t, dirfd, ret);
	char link[PATH_BASE_BYTES];
	struct stat st;

	if (r < 0 || dirfd == AT_FDCWD)
		return r;
	path_base_link(t, dirfd, link);
	return stat(link, &st) == 0 && !S_ISDIR(st.st_mode) ? -ENOTDIR : 0;
}

static int walk_from(struct tracee *t, const char *path, int dirfd, enum canon_last last)
{
	struct session *s = tracee_session(t);
	struct canon_base base = { GPATH("/"), HPATH(NULL) };
	char link[PATH_BASE_BYTES];
	bool from_base = path[0] != '/' || (s->walk.limits & CANON_IN_ROOT);
	int r = 0;

	if (from_base)
		r = walk_base(t, dirfd, &base);
	session_walk_as(s, t);
	s->led_to = NULL;
	if (r < 0)
		return r;
	if (s->identity) {
		permit_begin(s);
		s->walk.ops = permit_judges(s) ? &guestfs_judged_ops : &guestfs_ops;
	}
	r = canon_walk(&s->walk, base, path, last);
	if (base.guest.s && from_base && wants_link(&s->walk, r)) {
		path_base_link(t, dirfd, link);
		if (r == -ENAMETOOLONG) /* our buffer is full, the kernel's limit is not reached */
			base.guest.s = NULL;
		base.host.s = link;
		r = canon_walk(&s->walk, base, path, last);
	}
	if (r == -ELOOP)
		return leave_loop(s);
	if (r == 0 && guestfs_is_hidden(s, HPATH(s->walk.host.s))) {
		s->walk.flags &= ~(unsigned)CANON_PLAIN;
		return pathbuf_set(&s->walk.host, "/proc/0/."); /* no process has this number */
	}
	return r == 0 && (s->walk.flags & CANON_MAGIC) ? exelink_lead(s) : r;
}

int path_walk_name(struct tracee *t, const char *name, int dirfd, enum canon_last last)
{
	return walk_from(t, name, dirfd, last);
}

/* An address that no process of any ABI has: the last page. */
#define NEVER_MAPPED ((uint64_t)-4096)

/* Reads a path argument into session->path: its length, or what is the kernel's to judge (<= 0). */
static ssize_t read_arg(struct call *c, unsigned i)
{
	struct session *s = tracee_session(c->t);
	ssize_t n = mem_read_str(c->t, c->guest_arg[i], s->path.s, sizeof(s->path.s));

	/* EFAULT is the kernel's, but not by trying memory that another thread may unlock. */
	if (n == -EFAULT && c->guest_arg[i])
		call_set_arg(c, i, NEVER_MAPPED);
	/* So are ENAMETOOLONG, and "" (ENOENT, or AT_EMPTY_PATH). */
	return n;
}

/* Walks what read_arg has read. */
static int walk_read(struct call *c, int dirfd, enum canon_last last)
{
	int r = walk_from(c->t, tracee_session(c->t)->path.s, dirfd, last);

	return r == -EBADF ? PATH_LEFT : r < 0 ? r : PATH_WALKED;
}

/* A host name that is too long for the kernel becomes one that is not; or for us, if we look. */
static int shorten(struct call *c, bool we_look)
{
	struct session *s = tracee_session(c->t);

	if (s->walk.host.len < PATH_LIMIT ||
	    ((s->walk.flags & CANON_PLAIN) && !s->view_read_only && !we_look))
		return 0;
	return shortname_make(c, &s->walk.host);
}

static int walk_arg(struct call *c, unsigned i, int dirfd, enum canon_last last, bool shortcuts)
{
	struct session *s = tracee_session(c->t);
	int r;

	if (read_arg(c, i) <= 0 || (shortcuts && is_harmless(s, s->path.s, last)))
		return PATH_LEFT;
	r = walk_read(c, dirfd, last);
	if (r != PATH_WALKED)
		return r;
	r = shorten(c, !shortcuts);
	return r < 0 ? r : PATH_WALKED;
}

int path_walk_arg(struct call *c, unsigned i, int dirfd, enum canon_last last)
{
	const struct session *s = tracee_session(c->t);

	return walk_arg(c, i, dirfd, last,
			!s->view_read_only && !s->view_aliases && !s->identity);
}

int path_walk_arg_fully(struct call *c, unsigned i, int dirfd, enum canon_last last)
{
	return walk_arg(c, i, dirfd, last, false);
}

int path_stage(struct call *c, unsigned i)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	int r = 0;

	if ((w->flags & CANON_PLAIN) && s->path.s[0] != '/')
		return 0;
	if (s->led_to)
		r = exelink_stage(s);
	if (r < 0)
		return r;
	if (w->host.len >= PATH_LIMIT)
		return -ENAMETOOLONG;
	if ((w->flags & CANON_ERROR) && w->error == -ELOOP && !c->refused)
		c->refused = -ELOOP; /* found by the kernel before a second path's */
	return call_put(c, i, w->host.s, w->host.len + 1);
}

/* Does this open make what is missing? */
static bool creates(const struct call *c, const struct sys_arg *a)
{
	uint64_t flags = c->guest_arg[a->flags_arg];

	if (a->access == ACCESS_AS_CREAT)
		return true;
	return a->rule == PATH_OPEN && (flags & O_CREAT) && !(flags & O_PATH);
}

/* The walk's rule for a path argument, the flags of this call looked at. */
static enum canon_last last_of(const struct call *c, const struct sys_arg *a)
{
	switch (sys_path_rule(a, c->guest_arg)) {
	case PATH_NOFOLLOW:
		return creates(c, a) ? CANON_CREATE_NOFOLLOW : CANON_NOFOLLOW;
	case PATH_PARENT:
		return CANON_PARENT;
	default:
		return creates(c, a) ? CANON_CREATE : CANON_FOLLOW;
	}
}

bool path_means_descriptor(const struct call *c, unsigned i)
{
	const struct sys_arg *a = &c->row->args[i];
	char byte;

	if (c->guest_arg[i] == 0)
		return true;
	return (a->rule == PATH_AT || a->rule == PATH_AT_FOLLOW) &&
	       (c->guest_arg[a->flags_arg] & AT_EMPTY_PATH) &&
	       mem_read(c->t, c->guest_arg[i], &byte, 1) == 0 && !byte;
}

/* What is wrong with the name in the guest's view alone, where the kernel has found nothing. */
static int check_walked(struct call *c, const struct sys_arg *a)
{
	int r;

	if (tracee_session(c->t)->walk.flags & CANON_ERROR)
		return 0;
	r = bindrules_check(c, a);
	if (r == 0 && tracee_session(c->t)->identity)
		r = permit_check(c, a);
	if (r == 0)
		r = running_check(c, a);
	if (a->rule == PATH_OPEN)
		opennames_note(tracee_session(c->t));
	if (r == 0 && a->rule == PATH_OPEN)
		r = procfile_open(c, c->guest_arg[a->flags_arg]);
	return r;
}

static int dirfd_of(const struct call *c, unsigned i)
{
	return i > 0 && c->row->args[i - 1].kind == ARG_DIRFD ? (int)c->guest_arg[i - 1] : AT_FDCWD;
}

/* The same for an argument that means its descriptor. */
static int check_descriptor(struct call *c, unsigned i, int dirfd)
{
	const struct session *s = tracee_session(c->t);
	int r = s->view_read_only ? fdchange_check_arg(c, i, dirfd) : 0;

	/* NULL (futimens) is EBADF for one that was opened with O_PATH */
	if (r == 0 && s->identity && (c->guest_arg[i] || !fdchange_is_by_path(c->t->tid, dirfd)))
		r = permit_check_descriptor(c, &c->row->args[i], dirfd);
	return r;
}

int path_translate(struct call *c, unsigned i)
{
	struct session *s = tracee_session(c->t);
	const struct sys_arg *a = &c->row->args[i];
	int dirfd = dirfd_of(c, i);
	int r;

	if (path_access_changes(a->access) && c->guest_arg[i] && proxy_serves(c))
		return proxy_change(c, i, dirfd, last_of(c, a));
	r = path_walk_arg(c, i, dirfd, last_of(c, a));
	if (r == PATH_WALKED) {
		r = check_walked(c, a);
		if (r == 0)
			return path_stage(c, i);
	} else if (r == PATH_LEFT && (s->view_read_only || s->identity) &&
		   path_means_descriptor(c, i)) {
		r = check_descriptor(c, i, dirfd);
	}
	return r < 0 ? refuse_path(c, i, r) : 0;
}

static int find(struct call *c, unsigned i, unsigned unwanted)
{
	const struct sys_arg *a = &c->row->args[i];
	ssize_t n = c->guest_arg[i] ? read_arg(c, i) : 0;
	int r;

	if (n <= 0)
		return n == 0 && a->rule == PATH_AT &&
				       (c->guest_arg[a->flags_arg] & AT_EMPTY_PATH) ?
			       PATH_EMPTY : PATH_LEFT;
	r = walk_read(c, dirfd_of(c, i), last_of(c, a));
	if (r == PATH_WALKED) {
		r = check_walked(c, a);
		if (r == 0 && !(tracee_session(c->t)->walk.flags & unwanted))
			return PATH_WALKED;
		if (r == 0)
			r = path_leave(c, i);
	}
	return r < 0 ? refuse_path(c, i, r) : PATH_LEFT;
}

int path_find(struct call *c, unsigned i)
{
	return find(c, i, CANON_ERROR | CANON_MISSING);
}

int path_find_entry(struct call *c, unsigned i)
{
	return find(c, i, CANON_ERROR);
}

int path_leave(struct call *c, unsigned i)
{
	int r = shorten(c, false);

	return r < 0 ? r : path_stage(c, i);
}
