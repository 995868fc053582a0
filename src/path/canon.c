// SPDX-License-Identifier: MIT
/*
 * The walk of path_resolution(7), done by us because the kernel would start at the wrong root.
 * One component per turn moves from `todo` to the canonical pair guest/host; a link's text goes in
 * front of `todo`; one counter for all links of a walk. No recursion, no allocation. Here are the
 * loop, its beginning and its end, and the turn onto a name; canon_impl.h says where the rest is.
 *
 * What a racing guest can and cannot win. The kernel resolves `host` once more, so a guest that
 * exchanges a directory for a link between our look and the kernel's is followed on the host: by
 * strings alone that race cannot be won, and who must win it needs Landlock or a mount namespace.
 * Everything else holds whatever the guest does:
 *  - no ".." is ever handed over, but as the last component of CANON_PARENT, which the kernel
 *    refuses without walking it, and where nobody can name the directory (climb_outside in
 *    canon_dots.c): a directory moved under the walk is not found, and nothing is climbed out of;
 *  - no component that neither we nor the kernel looked at, ".." and links least of all: behind
 *    an error stands CANON_NOWHERE and not the guest's rest, or plain names that the kernel did not
 *    find;
 *  - a link's text is read and interpreted by us alone (canon_link.c), from the guest's root; a
 *    magic one is left to the kernel only where it names an object that the guest holds already,
 *    never for `root`;
 *  - ".." from a directory without a guest name leads back into the view, or to -ENOENT.
 */
#include "path/canon_impl.h"

#include <errno.h>
#include <string.h>

#include "path/fsops.h"
#include "path/view.h"

static bool is_creating(const struct canon *w)
{
	return w->last == CANON_CREATE || w->last == CANON_CREATE_NOFOLLOW;
}

/* Steps onto the bind at the guest name just pushed. A mount point is found by search, too. */
static int cross(struct canon *w, const struct bind *b, const struct canon_part *p)
{
	int r = canon_check_searchable(w);

	w->flags &= ~CANON_PLAIN;
	if (r < 0) {
		int pushed = pathbuf_push(&w->host, p->name, p->len);

		return pushed < 0 ? pushed : canon_stop(w, !p->last, r);
	}
	/* open_last_lookups: O_CREAT of "name/" is EISDIR before anything is looked up. */
	if ((w->limits & CANON_NO_XDEV) && !(b->flags & BIND_SKELETON))
		return p->slash && is_creating(w) ? -EISDIR : -EXDEV;
	r = pathbuf_set_n(&w->host, b->host.s, b->host_len);
	canon_tell(w, "bind");
	return r < 0 ? r : TURN_ON;
}

/* Moves the component behind guest and host. */
static int enter(struct canon *w, const struct canon_part *p)
{
	const struct bind *b;
	int r;

	if (!canon_is_outside(w)) {
		r = pathbuf_push(&w->guest, p->name, p->len);
		if (r < 0)
			return r;
		b = view_at(w->view, w->guest.s, w->guest.len);
		if (b)
			return cross(w, b, p);
	}
	r = pathbuf_push(&w->host, p->name, p->len);
	return r < 0 ? r : TURN_ON;
}

/* Is a link here the object itself? */
static bool link_stays(const struct canon *w, const struct canon_part *p)
{
	if (!p->last)
		return false;
	switch (w->last) {
	case CANON_FOLLOW: return false;
	case CANON_NOFOLLOW: return !p->slash;
	case CANON_CREATE: return p->slash;
	case CANON_CREATE_NOFOLLOW:
	case CANON_PARENT: break;
	}
	return true;
}

static int turn_name(struct canon *w, const struct canon_part *p)
{
	int r = enter(w, p);

	if (r != TURN_ON)
		return r;
	w->slash = p->slash;
	r = w->ops->kind(w->ctx, HPATH(w->host.s));
	/* An entry with a name too long is looked up last of all, after other checks. */
	if (p->last && (r == -ENOENT || (r == -ENAMETOOLONG && w->last == CANON_PARENT))) {
		w->flags |= CANON_MISSING;
		canon_tell(w, "missing");
		return TURN_DONE;
	}
	if (r < 0)
		return canon_stop(w, !p->last, r);
	if (r == FS_LINK && !link_stays(w, p))
		return canon_follow(w, p);
	canon_tell(w, r == FS_LINK ? "link" : r == FS_DIR ? "directory" : "file");
	if (p->last)
		return TURN_DONE;
	return r == FS_DIR ? TURN_ON : canon_stop(w, true, -ENOTDIR);
}

/* One turn: guest/host name what was walked, todo[at..] what was not. */
static int turn(struct canon *w)
{
	struct canon_part p;
	int r = 0;

	if (!canon_next_part(w, &p))
		return TURN_DONE;
	if (w->ops->may_search && (p.last || !canon_part_is(&p, ".")))
		r = w->ops->may_search(w->ctx, HPATH(w->host.s));
	if (r < 0)
		return r;
	if (canon_part_is(&p, ".") || canon_part_is(&p, ".."))
		return canon_turn_dots(w, &p);
	return turn_name(w, &p);
}

static int start(struct canon *w, struct canon_base base, const char *path, enum canon_last last)
{
	size_t len = strlen(path);

	w->bind = NULL;
	w->flags = path[0] == '/' ? 0 : CANON_PLAIN;
	w->error = 0;
	w->at = 0;
	w->links = 0;
	w->last = last;
	w->slash = false;
	w->rooted = path[0] == '/' || (w->limits & CANON_IN_ROOT);
	w->top = w->root ? w->root : "/";
	if (w->limits & (CANON_BENEATH | CANON_IN_ROOT))
		w->top = base.guest.s;
	if (!w->top)
		return -EXDEV;
	if (len == 0)
		return -ENOENT;
	if (len >= PATH_LIMIT)
		return -ENAMETOOLONG;
	pathbuf_set_n(&w->todo, path, len);
	w->base = base.host.s ? base : (struct canon_base){ GPATH(NULL), HPATH(NULL) };
	if (path[0] == '/' && (w->limits & CANON_BENEATH))
		return -EXDEV;
	if (path[0] == '/') {
		w->flags |= path[strspn(path, "/")] ? 0 : CANON_AT_ROOT | CANON_AT_BIND;
		return canon_go_to(w, w->top);
	}
	if (base.guest.s)
		return canon_go_to(w, base.guest.s);
	w->flags |= CANON_OUTSIDE;
	pathbuf_clear(&w->guest);
	return pathbuf_set(&w->host, base.host.s);
}

/*
 * A bind point that is to be made, removed or renamed: the kernel gets "<its parent>/..", which it
 * refuses for what it is and, unlike the bind's source, cannot lose.
 */
static int guard_bind(struct canon *w)
{
	int r;

	pathbuf_set_n(&w->link, w->guest.s, w->guest.len);
	pathbuf_pop(&w->link);
	r = canon_to_host(w, &w->link, &w->host);
	return r < 0 ? r : pathbuf_push(&w->host, "..", 2);
}

static int finish(struct canon *w)
{
	if (!canon_is_outside(w)) {
		w->bind = view_holding(w->view, w->guest.s, w->guest.len);
		if (w->bind->guest_len == w->guest.len && !(w->flags & (CANON_ERROR | CANON_DOTS)))
			w->flags |= CANON_AT_BIND;
	}
	if ((w->flags & CANON_AT_BIND) && w->last == CANON_PARENT)
		return guard_bind(w);
	/* The base itself: its link may be a call's that does not follow the last one. */
	if ((w->base.guest.s || (canon_is_outside(w) && w->base.host.s)) &&
	    strcmp(w->host.s, w->base.host.s) == 0)
		return pathbuf_push(&w->host, ".", 1);
	if (w->slash && w->host.len > 1)
		return pathbuf_append_n(&w->host, "/", 1);
	return 0;
}

int canon_walk(struct canon *w, struct canon_base base, const char *path, enum canon_last last)
{
	int r = start(w, base, path, last);

	if (r < 0)
		return r;
	r = TURN_ON;
	if (w->ops->is_plain && !w->limits && !canon_is_outside(w))
		r = canon_take_plain_names(w);
	while (r == TURN_ON)
		r = turn(w);
	return r < 0 ? r : finish(w);
}
