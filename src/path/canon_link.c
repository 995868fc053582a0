// SPDX-License-Identifier: MIT
/*
 * Links that are followed: a text goes in front of `todo`, and the walk starts anew at the link's
 * directory or at the root. A magic link of procfs is jumped through by the name of its object, or
 * left to the kernel where that has none: see the head of canon.c for what that may never be.
 */
#include "path/canon_impl.h"

#include <errno.h>
#include <string.h>

#include "path/fsops.h"
#include "path/procname.h"
#include "path/view.h"

/* MAXSYMLINKS of the kernel: so many are followed, the next one is -ELOOP. */
#define LINK_LIMIT 40

/*
 * Puts the link's text in front of what is left to do. That this does not fit takes links that lead
 * to links, each with a long rest: a loop, as far as one can tell.
 */
static int put_link_in_front(struct canon *w)
{
	size_t left = w->todo.len - w->at;

	memmove(w->todo.s, w->todo.s + w->at, left + 1);
	w->todo.len = left;
	w->at = 0;
	return pathbuf_prepend_n(&w->todo, w->link.s, w->link.len) < 0 ? -ELOOP : 0;
}

/* Takes the last component, a link, off again. */
static int leave(struct canon *w)
{
	if (canon_is_outside(w)) {
		pathbuf_pop(&w->host);
		return 0;
	}
	pathbuf_pop(&w->guest);
	return canon_host_from_guest(w);
}

/* Does the walk stand in the mount that its root lies in? */
static bool is_in_mount_of_top(const struct canon *w)
{
	return !canon_is_outside(w) && canon_mount_of(w, w->guest.s, w->guest.len) ==
					       canon_mount_of(w, w->top, strlen(w->top));
}

/*
 * nd_jump_root: where a link with an absolute text starts anew. With RESOLVE_NO_XDEV the kernel
 * compares with the root only if it has looked for it before.
 */
static int jump_to_root(struct canon *w)
{
	if (w->limits & CANON_BENEATH)
		return -EXDEV;
	if ((w->limits & CANON_NO_XDEV) && (!w->rooted || !is_in_mount_of_top(w)))
		return -EXDEV;
	w->rooted = true;
	return canon_go_to(w, w->top);
}

/*
 * The text of a magic link is a guest name, already canonical: we jump there as the kernel does,
 * without searching the directories on the way. As the last component only to a directory, where
 * the name is as good as the object, and for `exe`, where the object is our loader.
 */
static int jump(struct canon *w, const struct canon_part *p, enum proc_what what)
{
	int r;

	if (p->last) {
		/* todo holds nothing but slashes: the room for the name to look at */
		r = view_to_host(w->view, GPATH(w->link.s), &w->todo);
		if (r == 0)
			r = w->ops->kind(w->ctx, HPATH(w->todo.s));
		pathbuf_clear(&w->todo);
		w->at = 0;
		if (r < 0 && (what == PROC_EXE || what == PROC_ROOT))
			return r;
		if (r != FS_DIR && what != PROC_EXE) {
			w->flags |= CANON_MAGIC;
			canon_tell(w, "magic");
			return TURN_DONE;
		}
	}
	r = canon_go_to(w, w->link.s);
	canon_tell(w, "jump");
	return r < 0 ? r : TURN_ON;
}

static int follow_magic(struct canon *w, const struct canon_part *p, enum proc_what what, int r)
{
	bool named = what == PROC_EXE || what == PROC_CWD || what == PROC_ROOT || what == PROC_FD ||
		     what == PROC_MAP_FILES;

	if (w->limits & CANON_NO_MAGIC)
		return -ELOOP;
	if (w->limits & (CANON_BENEATH | CANON_IN_ROOT | CANON_NO_XDEV))
		return -EXDEV;
	if (r >= 0 && named && w->link.s[0] == '/')
		return jump(w, p, what);
	if (what == PROC_ROOT)
		return -EACCES; /* on the host that is the host's root */
	w->flags |= p->last ? CANON_MAGIC : CANON_OUTSIDE;
	canon_tell(w, "magic");
	return p->last ? TURN_DONE : TURN_ON;
}

/*
 * An error of read_link is answered by the caller and not left to the kernel: what the tracer may
 * not read, the guest might, and the kernel would then follow the link on the host.
 */
int canon_follow(struct canon *w, const struct canon_part *p)
{
	enum proc_what what = proc_magic(HPATH(w->host.s));
	int r;

	w->flags &= ~CANON_PLAIN;
	if (w->links++ >= LINK_LIMIT || (w->limits & CANON_NO_LINKS))
		return -ELOOP;
	r = w->ops->read_link(w->ctx, HPATH(w->host.s), w->link.s, sizeof(w->link.s));
	if (r == -EINVAL && what == PROC_NOTHING) { /* no link any more: to be looked at again */
		memcpy(w->link.s, p->name, p->len);
		r = (int)p->len;
	}
	if (r < 0 && r != FS_MAGIC)
		return r;
	if (r >= (int)sizeof(w->link.s))
		return -ENAMETOOLONG;
	pathbuf_truncate(&w->link, r < 0 ? 0 : r);
	if (r == FS_MAGIC || what != PROC_NOTHING)
		return follow_magic(w, p, what, r);
	if (r == 0)
		return -ENOENT;
	canon_tell(w, "link");
	w->slash = false;
	r = put_link_in_front(w);
	if (r == 0)
		r = w->link.s[0] == '/' ? jump_to_root(w) : leave(w);
	return r < 0 ? r : TURN_ON;
}
