// SPDX-License-Identifier: MIT
/*
 * The walk of path_resolution(7), done by us because the kernel would start at the wrong root.
 * One component per turn moves from `todo` to the canonical pair guest/host; a link's text goes in
 * front of `todo`; one counter for all links of a walk. No recursion, no allocation.
 *
 * What a racing guest can and cannot win. The kernel resolves `host` once more, so a guest that
 * exchanges a directory for a link between our look and the kernel's is followed on the host: by
 * strings alone that race cannot be won, and who must win it needs Landlock or a mount namespace.
 * Everything else holds whatever the guest does:
 *  - no ".." is ever handed over, but as the last component of CANON_PARENT, which the kernel
 *    refuses without walking it, and where nobody can name the directory (climb_outside): a
 *    directory moved under the walk is not found, and nothing is climbed out of;
 *  - no component that neither we nor the kernel looked at, ".." and links least of all: behind
 *    an error stands "." and not the guest's rest, or plain names that the kernel did not find;
 *  - a link's text is read and interpreted here alone, from the guest's root; a magic one is left
 *    to the kernel only where it names an object that the guest holds already, never for `root`;
 *  - ".." from a directory without a guest name leads back into the view, or to -ENOENT.
 */
#include "path/canon.h"

#include <errno.h>
#include <string.h>

#include "path/procname.h"
#include "path/view.h"

/* MAXSYMLINKS of the kernel: so many are followed, the next one is -ELOOP. */
#define LINK_LIMIT 40

/* What a turn says to the loop, besides -errno. */
enum turn {
	TURN_DONE,
	TURN_ON,
};

/* The component of a turn, in todo: valid until todo changes. */
struct part {
	const char *name;
	size_t len;
	bool last;  /* nothing but slashes behind it */
	bool slash; /* last, and a slash behind it */
};

static void tell(struct canon *w, const char *what)
{
	if (w->ops->step)
		w->ops->step(w->ctx, what, w->guest.s, w->host.s);
}

static bool is_outside(const struct canon *w)
{
	return w->flags & CANON_OUTSIDE;
}

static bool part_is(const struct part *p, const char *name)
{
	return strlen(name) == p->len && memcmp(p->name, name, p->len) == 0;
}

/* Takes the next component off todo; false: there is none. */
static bool next_part(struct canon *w, struct part *ret)
{
	const char *s = w->todo.s + w->at;
	const char *end;

	while (*s == '/')
		s++;
	for (end = s; *end && *end != '/'; end++)
		;
	w->at = end - w->todo.s;
	ret->name = s;
	ret->len = end - s;
	ret->slash = *end == '/';
	while (*end == '/')
		end++;
	ret->last = !*end;
	ret->slash &= ret->last;
	return ret->len > 0;
}

bool canon_is_at_end(const struct canon *w)
{
	return w->todo.s[w->at + strspn(w->todo.s + w->at, "/")] == '\0';
}

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

/* The part of a guest name that is to be looked up from the base's link; NULL: none is. */
static const char *behind_base(const struct canon *w, const char *guest, size_t len)
{
	const char *rest = w->base.guest.s ? path_under(guest, w->base.guest.s) : NULL;

	if (!rest || view_holding(w->view, guest, len)->guest_len > len - strlen(rest))
		return NULL;
	return rest;
}

static int to_host(struct canon *w, const struct pathbuf *guest, struct pathbuf *ret)
{
	const char *rest = behind_base(w, guest->s, guest->len);
	int r;

	if (!rest)
		return view_to_host(w->view, GPATH(guest->s), ret);
	r = pathbuf_set(ret, w->base.host.s);
	return r < 0 ? r : pathbuf_append(ret, rest);
}

static int host_from_guest(struct canon *w)
{
	return to_host(w, &w->guest, &w->host);
}

/* Moves to a canonical guest name, looked up as a whole if it is not the base itself. */
static int go_to(struct canon *w, const char *guest)
{
	int r = pathbuf_set(&w->guest, guest);

	if (guest != w->base.guest.s)
		w->base.guest.s = NULL;
	w->flags &= ~CANON_OUTSIDE;
	return r < 0 ? r : host_from_guest(w);
}

/* Takes the last component, a link, off again. */
static int leave(struct canon *w)
{
	if (is_outside(w)) {
		pathbuf_pop(&w->host);
		return 0;
	}
	pathbuf_pop(&w->guest);
	return host_from_guest(w);
}

/* Is `host` a directory that may be searched? 0, -ENOTDIR, -EACCES or what else lstat(2) says. */
static int check_searchable(struct canon *w)
{
	size_t len = w->host.len;
	int r = pathbuf_push(&w->host, ".", 1);

	if (r < 0)
		return r;
	r = w->ops->kind(w->ctx, HPATH(w->host.s));
	pathbuf_truncate(&w->host, len);
	return r < 0 ? r : 0;
}

/*
 * Ends the walk on an error that the kernel is to find itself at `host`. Where the guest's name
 * goes on behind it, "." does: it fails as whatever stood there would have.
 */
static int stop(struct canon *w, bool goes_on, int error)
{
	w->flags = (w->flags & ~CANON_PLAIN) | CANON_ERROR;
	w->error = error;
	tell(w, "error");
	return goes_on ? pathbuf_push(&w->host, ".", 1) : TURN_DONE;
}

/*
 * ".." from a directory without a guest name: the kernel knows the parent, the view its name. A
 * parent that is deleted or too deep to be named keeps its "..": the one cannot be moved any more,
 * and to move the other is the race of the head comment.
 */
static int climb_outside(struct canon *w)
{
	size_t len = w->host.len;
	int r = pathbuf_push(&w->host, "..", 2);

	if (r < 0)
		return r;
	r = w->ops->real(w->ctx, HPATH(w->host.s), &w->link);
	if (r == -ESTALE || r == -ENAMETOOLONG)
		return TURN_ON;
	pathbuf_truncate(&w->host, len);
	if (r < 0)
		return r;
	r = view_to_guest(w->view, w->root, HPATH(w->link.s), NULL, &w->guest);
	if (r < 0)
		return r;
	w->flags &= ~CANON_OUTSIDE;
	r = host_from_guest(w);
	return r < 0 ? r : TURN_ON;
}

/* The mount that a canonical guest name lies in. */
static const struct bind *mount_of(const struct canon *w, const char *guest, size_t len)
{
	return view_mount(w->view, view_holding(w->view, guest, len));
}

/*
 * nd_jump_root: where a link with an absolute text starts anew. With RESOLVE_NO_XDEV the kernel
 * compares with the root only if it has looked for it before.
 */
static int jump_to_root(struct canon *w)
{
	if (w->limits & CANON_BENEATH)
		return -EXDEV;
	if ((w->limits & CANON_NO_XDEV) &&
	    (!w->rooted || is_outside(w) ||
	     mount_of(w, w->guest.s, w->guest.len) != mount_of(w, w->top, strlen(w->top))))
		return -EXDEV;
	w->rooted = true;
	return go_to(w, w->top);
}

/* ".." within the view: out of the top is nowhere, or an error. */
static int climb(struct canon *w)
{
	size_t len = w->guest.len;
	const struct bind *from;
	int r;

	w->rooted = true;
	if (strcmp(w->guest.s, w->top) == 0)
		return w->limits & CANON_BENEATH ? -EXDEV : TURN_ON;
	from = mount_of(w, w->guest.s, len);
	r = view_pop(w->view, &w->guest);
	if (r < 0)
		return r;
	if ((w->limits & CANON_NO_XDEV) && mount_of(w, w->guest.s, w->guest.len) != from)
		return -EXDEV;
	return host_from_guest(w);
}

static int turn_dots(struct canon *w, const struct part *p)
{
	bool up = p->len == 2;
	int r;

	if (up)
		w->flags &= ~CANON_PLAIN;
	if (p->last && w->last == CANON_PARENT) {
		r = check_searchable(w);
		if (r < 0)
			return stop(w, true, r);
		w->flags |= CANON_DOTS;
		r = pathbuf_push(&w->host, p->name, p->len);
		return r < 0 ? r : TURN_DONE;
	}
	if (!up && !p->last)
		return TURN_ON; /* the next component asks the same of this directory */
	r = check_searchable(w);
	if (r < 0)
		return stop(w, true, r);
	if (!up)
		return TURN_ON;
	if (is_outside(w))
		return climb_outside(w);
	r = climb(w);
	tell(w, "..");
	return r < 0 ? r : TURN_ON;
}

static bool is_creating(const struct canon *w)
{
	return w->last == CANON_CREATE || w->last == CANON_CREATE_NOFOLLOW;
}

/* Steps onto the bind at the guest name just pushed. A mount point is found by search, too. */
static int cross(struct canon *w, const struct bind *b, const struct part *p)
{
	int r = check_searchable(w);

	w->flags &= ~CANON_PLAIN;
	if (r < 0) {
		int pushed = pathbuf_push(&w->host, p->name, p->len);

		return pushed < 0 ? pushed : stop(w, !p->last, r);
	}
	/* open_last_lookups: O_CREAT of "name/" is EISDIR before anything is looked up. */
	if ((w->limits & CANON_NO_XDEV) && !(b->flags & BIND_SKELETON))
		return p->slash && is_creating(w) ? -EISDIR : -EXDEV;
	r = pathbuf_set_n(&w->host, b->host.s, b->host_len);
	tell(w, "bind");
	return r < 0 ? r : TURN_ON;
}

/* Moves the component behind guest and host. */
static int enter(struct canon *w, const struct part *p)
{
	const struct bind *b;
	int r;

	if (!is_outside(w)) {
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

/*
 * The text of a magic link is a guest name, already canonical: we jump there as the kernel does,
 * without searching the directories on the way. As the last component only to a directory, where
 * the name is as good as the object, and for `exe`, where the object is our loader.
 */
static int jump(struct canon *w, const struct part *p, enum proc_what what)
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
			tell(w, "magic");
			return TURN_DONE;
		}
	}
	r = go_to(w, w->link.s);
	tell(w, "jump");
	return r < 0 ? r : TURN_ON;
}

static int follow_magic(struct canon *w, const struct part *p, enum proc_what what, int r)
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
	tell(w, "magic");
	return p->last ? TURN_DONE : TURN_ON;
}

/*
 * An error of read_link is answered by the caller and not left to the kernel: what the tracer may
 * not read, the guest might, and the kernel would then follow the link on the host.
 */
static int follow(struct canon *w, const struct part *p)
{
	enum proc_what what = proc_magic(HPATH(w->host.s));
	int r;

	w->flags &= ~CANON_PLAIN;
	if (w->links++ >= LINK_LIMIT || (w->limits & CANON_NO_LINKS))
		return -ELOOP;
	r = w->ops->read_link(w->ctx, HPATH(w->host.s), w->link.s, sizeof(w->link.s));
	if (r < 0 && r != FS_MAGIC)
		return r;
	if (r >= (int)sizeof(w->link.s))
		return -ENAMETOOLONG;
	pathbuf_truncate(&w->link, r < 0 ? 0 : r);
	if (r == FS_MAGIC || what != PROC_NOTHING)
		return follow_magic(w, p, what, r);
	if (r == 0)
		return -ENOENT;
	tell(w, "link");
	w->slash = false;
	r = put_link_in_front(w);
	if (r == 0)
		r = w->link.s[0] == '/' ? jump_to_root(w) : leave(w);
	return r < 0 ? r : TURN_ON;
}

/* Is a link here the object itself? */
static bool link_stays(const struct canon *w, const struct part *p)
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

static int turn_name(struct canon *w, const struct part *p)
{
	int r = enter(w, p);

	if (r != TURN_ON)
		return r;
	w->slash = p->slash;
	r = w->ops->kind(w->ctx, HPATH(w->host.s));
	/* An entry with a name too long is looked up last of all, after other checks. */
	if (p->last && (r == -ENOENT || (r == -ENAMETOOLONG && w->last == CANON_PARENT))) {
		w->flags |= CANON_MISSING;
		tell(w, "missing");
		return TURN_DONE;
	}
	if (r < 0)
		return stop(w, !p->last, r);
	if (r == FS_LINK && !link_stays(w, p))
		return follow(w, p);
	tell(w, r == FS_LINK ? "link" : r == FS_DIR ? "directory" : "file");
	if (p->last)
		return TURN_DONE;
	return r == FS_DIR ? TURN_ON : stop(w, true, -ENOTDIR);
}

/* One turn: guest/host name what was walked, todo[at..] what was not. */
static int turn(struct canon *w)
{
	struct part p;
	int r = 0;

	if (!next_part(w, &p))
		return TURN_DONE;
	if (w->ops->may_search && (p.last || !part_is(&p, ".")))
		r = w->ops->may_search(w->ctx, HPATH(w->host.s));
	if (r < 0)
		return r;
	if (part_is(&p, ".") || part_is(&p, ".."))
		return turn_dots(w, &p);
	return turn_name(w, &p);
}

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
		if (check_searchable(w) < 0)
			return false;
		b = view_holding(w->view, w->link.s, w->link.len);
	}
	return true;
}

/* Joins the names of todo to guest, the last one only if `whole`; the number of them, or -1. */
static int join_names(struct canon *w, bool whole)
{
	size_t last_at = w->at;
	struct part p;
	int n = 0;

	while (next_part(w, &p)) {
		bool dot = part_is(&p, ".");

		if (part_is(&p, "..") || (dot && p.last))
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

	if (!crossings_are_searchable(w, b, from) || host_from_guest(w) < 0 ||
	    path_under(w->host.s, "/proc"))
		return 0;
	if (b != from)
		w->flags &= ~CANON_PLAIN;
	return w->ops->is_plain(w->ctx, HPATH(w->host.s), w->last != CANON_NOFOLLOW || w->slash);
}

/*
 * The fast path: names without dots, joined to the base, that the kernel knows to hold no link. The
 * loop then finds nothing left to do, or the last component. What the kernel cannot find is an
 * error that it may find again. Else all is as before. Not under /proc, whose links speak of the
 * reader. Worth it where it saves two looks or more.
 */
static int take_plain_names(struct canon *w)
{
	const struct bind *from = view_holding(w->view, w->guest.s, w->guest.len);
	unsigned flags = w->flags;
	size_t base_len = w->guest.len;
	int r = 0;

	if (join_names(w, w->last != CANON_PARENT && w->last != CANON_CREATE_NOFOLLOW) >= 2)
		r = ask_kernel(w, from);
	if (r > 0) {
		tell(w, "plain");
		return TURN_ON;
	}
	if (r < 0 && (w->last == CANON_FOLLOW || w->last == CANON_NOFOLLOW))
		return stop(w, false, r);
	w->at = 0;
	w->slash = false;
	w->flags = flags;
	pathbuf_truncate(&w->guest, base_len);
	host_from_guest(w); /* it did fit before */
	return TURN_ON;
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
		return go_to(w, w->top);
	}
	if (base.guest.s)
		return go_to(w, base.guest.s);
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
	r = to_host(w, &w->link, &w->host);
	return r < 0 ? r : pathbuf_push(&w->host, "..", 2);
}

static int finish(struct canon *w)
{
	if (!is_outside(w)) {
		w->bind = view_holding(w->view, w->guest.s, w->guest.len);
		if (w->bind->guest_len == w->guest.len && !(w->flags & (CANON_ERROR | CANON_DOTS)))
			w->flags |= CANON_AT_BIND;
	}
	if ((w->flags & CANON_AT_BIND) && w->last == CANON_PARENT)
		return guard_bind(w);
	/* The base itself: its link may be a call's that does not follow the last one. */
	if (w->base.guest.s && strcmp(w->host.s, w->base.host.s) == 0)
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
	r = w->ops->is_plain && !w->limits && !is_outside(w) ? take_plain_names(w) : TURN_ON;
	while (r == TURN_ON)
		r = turn(w);
	return r < 0 ? r : finish(w);
}
