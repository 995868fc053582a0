// SPDX-License-Identifier: MIT
/*
 * The fast path: names without dots, joined to the base, that the kernel knows to hold no link. The
 * loop then finds nothing left to do, or the last component. What the kernel cannot find is an
 * error that it may find again. Else all is as before. Not under /proc, whose links speak of the
 * reader. Worth it where it saves two looks or more.
 */
#include "path/canon_impl.h"

#include "path/fsops.h"
#include "path/view.h"

/*
 * The bind `b` was reached from the bind `from` by name alone: may the directories in which the
 * mount points on the way lie be searched? Uses host and link.
 */
static bool crossings_are_searchable(struct canon *w, const struct bind *b, const struct bind *from)
{
	while (b != from && b->guest_len > 1) {
		if (pathbuf_set_n(&w->link, b->guest.s, b->guest_len) < 0)
			return false;
		pathbuf_pop(&w->link);
		if (view_to_host(w->view, GPATH(w->link.s), &w->host) < 0)
			return false;
		if (canon_check_searchable(w) < 0)
			return false;
		b = view_holding(w->view, w->link.s, w->link.len);
	}
	return true;
}

/* Joins the names of todo to guest, the last one only if `whole`; the number of them, or -1. */
static int join_names(struct canon *w, bool whole)
{
	size_t last_at = w->at;
	struct canon_part p;
	int n = 0;

	while (canon_next_part(w, &p)) {
		bool dot = canon_part_is(&p, ".");

		if (canon_part_is(&p, "..") || (dot && p.last))
			return -1;
		if (dot)
			continue;
		if (p.last && !whole) {
			w->at = last_at;
			return n;
		}
		if (pathbuf_push(&w->guest, p.name, p.len) < 0)
			return -1;
		n++;
		w->slash = p.slash;
		last_at = w->at;
	}
	return n;
}

/* What the kernel says of the joined names: 1, or its error before any link; else 0. */
static int ask_kernel(struct canon *w, const struct bind *from)
{
	const struct bind *b = view_holding(w->view, w->guest.s, w->guest.len);

	if (!crossings_are_searchable(w, b, from) || canon_host_from_guest(w) < 0 ||
	    path_under(w->host.s, "/proc"))
		return 0;
	if (b != from)
		w->flags &= ~CANON_PLAIN;
	return w->ops->is_plain(w->ctx, HPATH(w->host.s), w->last != CANON_NOFOLLOW || w->slash);
}

int canon_take_plain_names(struct canon *w)
{
	const struct bind *from = view_holding(w->view, w->guest.s, w->guest.len);
	unsigned flags = w->flags;
	size_t base_len = w->guest.len;
	int r = 0;

	if (join_names(w, w->last != CANON_PARENT && w->last != CANON_CREATE_NOFOLLOW) >= 2)
		r = ask_kernel(w, from);
	if (r > 0) {
		canon_tell(w, "plain");
		return TURN_ON;
	}
	if (r < 0 && (w->last == CANON_FOLLOW || w->last == CANON_NOFOLLOW))
		return canon_stop(w, false, r);
	w->at = 0;
	w->slash = false;
	w->flags = flags;
	pathbuf_truncate(&w->guest, base_len);
	canon_host_from_guest(w); /* it did fit before */
	return TURN_ON;
}
