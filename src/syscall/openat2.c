/* SPDX-License-Identifier: MIT */
/*
 * openat2(2). What RESOLVE_* forbids is decided by our walk, in the guest's view: only it knows
 * which links the guest met, and where a bind is crossed. The kernel is given a host name and keeps
 * the flags that hold for that too.
 *
 * Inside a directory without binds the kernel's own walk, by the guest's own string, is as right as
 * ours, and unlike ours it holds against renames (path_resolution(7) has no such promise, but
 * RESOLVE_BENEATH and RESOLVE_IN_ROOT are there for it): it is left alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include "syscall/bindrules.h"
#include "syscall/guestfs.h"
#include "syscall/handlers.h"
#include "syscall/opennames.h"
#include "syscall/opens.h"
#include "syscall/paths.h"
#include "syscall/permit.h"
#include "syscall/procfile.h"
#include "syscall/refuse.h"
#include "syscall/running.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#define RESOLVE_SCOPED (RESOLVE_BENEATH | RESOLVE_IN_ROOT)

/* What the kernel would hold against a host name, but means the guest's. */
#define RESOLVE_OURS (RESOLVE_SCOPED | RESOLVE_NO_XDEV)

/*
 * The guest's structure: 1; 0 where the kernel finds something wrong with it, before any path. One
 * longer than ours must hold zeros in the rest.
 */
static int read_how(struct call *c, struct open_how *ret)
{
	struct session *s = tracee_session(c->t);
	uint64_t size = c->guest_arg[3];

	if (size < sizeof(*ret) || size > s->page_size ||
	    mem_read(c->t, c->guest_arg[2], ret, sizeof(*ret)) < 0)
		return 0;
	for (uint64_t at = sizeof(*ret), n; at < size; at += n) {
		n = size - at < sizeof(s->link_text.s) ? size - at : sizeof(s->link_text.s);
		if (mem_read(c->t, c->guest_arg[2] + at, s->link_text.s, n) < 0)
			return 0;
		for (uint64_t i = 0; i < n; i++)
			if (s->link_text.s[i])
				return 0;
	}
	return (ret->resolve & RESOLVE_SCOPED) != RESOLVE_SCOPED;
}

static unsigned limits_of(uint64_t resolve)
{
	static const struct {
		uint64_t flag;
		unsigned limit;
	} pairs[] = {
		{ RESOLVE_BENEATH, CANON_BENEATH },	  { RESOLVE_IN_ROOT, CANON_IN_ROOT },
		{ RESOLVE_NO_XDEV, CANON_NO_XDEV },	  { RESOLVE_NO_MAGICLINKS, CANON_NO_MAGIC },
		{ RESOLVE_NO_SYMLINKS, CANON_NO_LINKS },
	};
	unsigned limits = 0;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (resolve & pairs[i].flag)
			limits |= pairs[i].limit;
	return limits;
}

/*
 * The same from a directory without a guest name, below which there are no binds: one that is
 * removed or too deep, but in the view. A sandbox lets none start from any other.
 */
static int kernel_is_right_unnamed(struct call *c, bool writes)
{
	struct session *s = tracee_session(c->t);
	char link[PATH_BASE_BYTES];
	const struct bind *b;
	struct stat st;
	bool removed;

	if (!s->sandbox && !(writes && s->view_read_only))
		return 1;
	path_base_link(c->t, (int)c->guest_arg[0], link);
	if (stat(link, &st) < 0 || !S_ISDIR(st.st_mode))
		return 1;
	b = guestfs_holding(s, HPATH(link), &removed);
	if (!b)
		return s->sandbox ? -EXDEV : 1;
	return writes && (b->flags & BIND_RO) && !removed ? -EROFS : 1;
}

/*
 * A scoped walk: 1 where nothing lies below the directory that the kernel would get wrong (binds,
 * names in /proc, a :ro bind it would write to, owners), also where it is no directory; else 0, or
 * -errno.
 */
static int kernel_is_right(struct call *c, const struct open_how *how)
{
	struct session *s = tracee_session(c->t);
	bool writes = (how->flags & (O_ACCMODE | O_TRUNC | O_CREAT)) && !(how->flags & O_PATH);
	struct canon_base base;
	const char *guest;

	if (path_base(c->t, (int)c->guest_arg[0], &base) < 0)
		return 1;
	guest = base.guest.s;
	/* so deep that names below may be too long for us, and those of binds are not */
	if (!guest || (strlen(guest) >= PATH_LIMIT && !s->identity))
		return kernel_is_right_unnamed(c, writes);
	if (view_has_below(s->view, guest, strlen(guest)) || (writes && s->view_read_only) ||
	    s->identity)
		return 0;
	return view_to_host(s->view, GPATH(guest), &s->base_host) < 0 ||
	       !guestfs_is_proc(HPATH(s->base_host.s));
}

static enum canon_last last_of(uint64_t flags)
{
	if ((flags & O_CREAT) && !(flags & O_PATH))
		return flags & (O_NOFOLLOW | O_EXCL) ? CANON_CREATE_NOFOLLOW : CANON_CREATE;
	return flags & O_NOFOLLOW ? CANON_NOFOLLOW : CANON_FOLLOW;
}

static int check(struct call *c, uint64_t flags)
{
	struct session *s = tracee_session(c->t);
	int r;

	if (s->walk.flags & CANON_ERROR)
		return 0;
	opennames_note(s);
	r = bindrules_check_open(c, flags);
	if (r == 0 && s->identity)
		r = permit_check_open(s, flags);
	if (r == 0)
		r = running_check_open(s, flags);
	return r == 0 ? procfile_open(c, flags) : r;
}

/* 1: *how is not the guest's any more; 0 or -errno. */
static int settle(struct call *c, struct open_how *how)
{
	struct session *s = tracee_session(c->t);
	struct opening o = { how->flags, how->mode };
	int r;

	if (!s->identity || (s->walk.flags & CANON_ERROR))
		return 0;
	r = opens_settle(c, 1, &o);
	if (r < 0 || (o.flags == how->flags && o.mode == how->mode))
		return r;
	how->flags = o.flags;
	how->mode = o.mode;
	return 1;
}

/* The kernel's copy of the structure, for a name that is not the guest's own. */
static int put_how(struct call *c, const struct open_how *how)
{
	struct session *s = tracee_session(c->t);
	struct open_how host = *how;

	host.resolve &= ~(uint64_t)RESOLVE_OURS;
	/* "/proc/self/..." of a bind; a magic link; our link to the front part (shortname.h) */
	if (guestfs_is_proc(HPATH(s->walk.host.s)) || path_under(s->walk.host.s, s->dir))
		host.resolve &= ~(uint64_t)(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	call_set_arg(c, 3, sizeof(host));
	return call_put(c, 2, &host, sizeof(host));
}

int sys_openat2(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct open_how how = { 0 };
	int r, put;

	if (!read_how(c, &how))
		return 0;
	if (how.resolve & RESOLVE_SCOPED) {
		r = kernel_is_right(c, &how);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	s->walk.limits = limits_of(how.resolve);
	r = path_walk_arg_fully(c, 1, (int)c->guest_arg[0], last_of(how.flags));
	s->walk.limits = 0;
	if (r == PATH_LEFT)
		return 0;
	if (r == PATH_WALKED) {
		r = check(c, how.flags);
		if (r == 0)
			r = settle(c, &how);
		if (r == 0 && (s->walk.flags & CANON_PLAIN) && s->path.s[0] != '/')
			return 0;
	}
	put = put_how(c, &how);
	if (put < 0)
		return put;
	return r < 0 ? refuse_path(c, 1, r) : path_stage(c, 1);
}
