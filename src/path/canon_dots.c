// SPDX-License-Identifier: MIT
/*
 * "." and "..": whether the directory may be searched, and where up is. Within the view the parent
 * is a matter of names, and nothing leads out of the top; from a directory without a guest name the
 * kernel is asked.
 */
#include "path/canon_impl.h"

#include <errno.h>
#include <string.h>

#include "path/fsops.h"
#include "path/view.h"

/*
 * ".." from a directory without a guest name: the kernel knows the parent, the view its name. One
 * that is deleted, or too deep for a name with room behind it, keeps its "..": the one cannot be
 * moved any more, and to move the other is the race of the head comment.
 */
static int climb_outside(struct canon *w)
{
	size_t len = w->host.len;
	int r = pathbuf_push(&w->host, "..", 2);

	if (r < 0)
		return r;
	r = w->ops->real(w->ctx, HPATH(w->host.s), &w->link);
	if (r == -ESTALE || r == -ENAMETOOLONG || (r == 0 && w->link.len >= PATH_LIMIT))
		return TURN_ON;
	pathbuf_truncate(&w->host, len);
	if (r < 0)
		return r;
	r = view_to_guest(w->view, w->root, HPATH(w->link.s), NULL, &w->guest);
	if (r < 0)
		return r;
	w->flags &= ~CANON_OUTSIDE;
	r = canon_host_from_guest(w);
	return r < 0 ? r : TURN_ON;
}

/*
 * Out of the top is nowhere, or an error; but mounts are crossed from there as from any directory
 * that ".." leads to: what covers the root is where one is then (fs/namei.c, handle_dots).
 */
static int climb_top(struct canon *w)
{
	const struct bind *b = view_at(w->view, w->guest.s, w->guest.len);
	int r = 0;

	if (w->limits & CANON_BENEATH)
		return -EXDEV;
	if (!b || !b->over)
		return TURN_ON;
	if (w->limits & CANON_NO_XDEV)
		return -EXDEV;
	for (; r == 0 && b && b->over; b = view_at(w->view, w->guest.s, w->guest.len))
		r = pathbuf_set(&w->guest, b->over);
	return r < 0 ? r : canon_host_from_guest(w);
}

/* ".." within the view. */
static int climb(struct canon *w)
{
	size_t len = w->guest.len;
	const struct bind *from;
	int r;

	w->rooted = true;
	if (strcmp(w->guest.s, w->top) == 0)
		return climb_top(w);
	from = canon_mount_of(w, w->guest.s, len);
	r = view_pop(w->view, &w->guest);
	if (r < 0)
		return r;
	if ((w->limits & CANON_NO_XDEV) && canon_mount_of(w, w->guest.s, w->guest.len) != from)
		return -EXDEV;
	return canon_host_from_guest(w);
}

int canon_turn_dots(struct canon *w, const struct canon_part *p)
{
	bool up = p->len == 2;
	int error, r = 0;

	if (up)
		w->flags &= ~CANON_PLAIN;
	if (p->last && w->last == CANON_PARENT) {
		r = canon_check_searchable(w);
		if (r < 0)
			return canon_stop(w, true, r);
		w->flags |= CANON_DOTS;
		r = pathbuf_push(&w->host, p->name, p->len);
		return r < 0 ? r : TURN_DONE;
	}
	if (!up && !p->last)
		return TURN_ON; /* the next component asks the same of this directory */
	error = canon_check_searchable(w);
	/* outside, the name may be that of a link, which is not meant */
	if (!up && (error < 0 || canon_is_outside(w)))
		r = pathbuf_push(&w->host, ".", 1);
	if (error < 0 || !up)
		return r < 0 ? r : error < 0 ? canon_stop(w, up, error) : TURN_ON;
	if (canon_is_outside(w))
		return climb_outside(w);
	r = climb(w);
	canon_tell(w, "..");
	return r < 0 ? r : TURN_ON;
}
