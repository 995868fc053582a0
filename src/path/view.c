// SPDX-License-Identifier: MIT
/*
 * The map between the guest's names and the host's. Plain lookups in one array sorted by guest
 * name: no state, no allocation, and the array is never changed here.
 *
 * Invariant: binds[0] is the root; names on both sides are canonical, so the only question ever
 * asked is "is this under that", with respect for the '/' boundary.
 */
#include "path/view.h"

#include <errno.h>
#include <string.h>

/* strcmp order between an entry's name and name[0..len), as if `tail` (or nothing) ended it. */
static int compare(const struct bind *b, const char *name, size_t len, char tail)
{
	size_t n = b->guest_len < len ? b->guest_len : len;
	int r = memcmp(b->guest.s, name, n);

	if (r != 0)
		return r;
	if (b->guest_len < len)
		return -1;
	/* b's name holds all of `name`: its NUL or what follows decides */
	return (unsigned char)b->guest.s[len] - (unsigned char)tail;
}

/* The first entry that does not sort before name[0..len) + tail. */
static size_t lower_bound(const struct view *v, const char *name, size_t len, char tail)
{
	size_t lo = 0, hi = v->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&v->binds[mid], name, len, tail) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct bind *view_at(const struct view *v, const char *guest, size_t len)
{
	size_t i = lower_bound(v, guest, len, '\0');

	if (i == v->count || v->binds[i].guest_len != len ||
	    memcmp(v->binds[i].guest.s, guest, len) != 0)
		return NULL;
	return &v->binds[i];
}

/* Does guest[0..len) lie at or below the entry? */
static bool holds(const struct bind *b, const char *guest, size_t len)
{
	if (b->guest_len == 1)
		return true; /* the root */
	return b->guest_len <= len && (b->guest_len == len || guest[b->guest_len] == '/') &&
	       memcmp(b->guest.s, guest, b->guest_len) == 0;
}

const struct bind *view_holding(const struct view *v, const char *guest, size_t len)
{
	const struct bind *best = &v->binds[0];

	for (size_t i = 1; i < v->count; i++)
		if (v->binds[i].guest_len > best->guest_len && holds(&v->binds[i], guest, len))
			best = &v->binds[i];
	return best;
}

const struct bind *view_holding_parent(const struct view *v, const char *guest, size_t len)
{
	while (len > 1 && guest[len - 1] != '/')
		len--;
	return view_holding(v, guest, len > 1 ? len - 1 : 1);
}

const struct bind *view_mount(const struct view *v, const struct bind *b)
{
	while (b->flags & BIND_SKELETON)
		b = view_holding_parent(v, b->guest.s, b->guest_len);
	return b;
}

bool view_has_below(const struct view *v, const char *guest, size_t len)
{
	size_t i;

	if (len <= 1)
		return v->count > 1;
	i = lower_bound(v, guest, len, '/');
	return i < v->count && compare(&v->binds[i], guest, len, '/') == 0;
}

bool view_has_name(const struct view *v, const char *name, size_t len)
{
	for (size_t i = 1; i < v->count; i++) {
		const struct bind *b = &v->binds[i];

		if (b->guest_len > len && b->guest.s[b->guest_len - len - 1] == '/' &&
		    memcmp(b->guest.s + b->guest_len - len, name, len) == 0)
			return true;
	}
	return false;
}

/* What `name` has behind the directory dir[0..len) that holds it: "" or "/...". */
static const char *behind(const char *name, size_t len)
{
	if (len > 1)
		return name + len;
	return name[1] ? name : name + 1; /* behind "/" */
}

/* dir[0..len) and "" or "/..." behind it; "/" does not get a second slash. */
static int join(struct pathbuf *ret, const char *dir, size_t len, const char *rest)
{
	int r;

	if (len == 1 && rest[0])
		len = 0;
	r = pathbuf_set_n(ret, dir, len);
	return r < 0 ? r : pathbuf_append(ret, rest);
}

int view_to_host(const struct view *v, struct gpath g, struct pathbuf *ret)
{
	const struct bind *b = view_holding(v, g.s, strlen(g.s));

	return join(ret, b->host.s, b->host_len, behind(g.s, b->guest_len));
}

static bool is_in_tree(const char *guest)
{
	return guest[0] == '/' && guest[1] == '/';
}

const char *view_under(const char *guest, const char *dir)
{
	return is_in_tree(guest) && !is_in_tree(dir) ? NULL : path_under(guest, dir);
}

bool view_is_top(const char *guest)
{
	return is_in_tree(guest) ? !strchr(guest + 2, '/') : !guest[1];
}

static size_t tree_len(const char *guest)
{
	return 2 + strcspn(guest + 2, "/");
}

int view_without_tree(const struct view *v, const char *guest, struct pathbuf *ret)
{
	int r = pathbuf_set(ret, guest);

	while (r == 0 && is_in_tree(ret->s)) {
		size_t n = tree_len(ret->s);
		const struct bind *top = view_at(v, ret->s, n);

		memmove(ret->s, ret->s + n, ret->len - n + 1);
		ret->len -= n;
		if (top && top->over && (top->over[1] || ret->len == 0))
			r = pathbuf_prepend_n(ret, top->over, strlen(top->over));
		else if (ret->len == 0)
			r = pathbuf_set(ret, "/");
		if (!top || !top->over)
			return 1;
	}
	return r;
}

int view_pop(const struct view *v, struct pathbuf *guest)
{
	struct pathbuf shown;
	int r = 0;

	if (view_is_top(guest->s)) {
		r = view_without_tree(v, guest->s, &shown);
		if (r == 0)
			r = pathbuf_set_n(guest, shown.s, shown.len);
	}
	if (r == 0)
		pathbuf_pop(guest);
	return r < 0 ? r : 0;
}

/* Is b's name + rest the name of something else, because a deeper entry covers it? */
static bool is_shadowed(const struct view *v, const struct bind *b, const char *rest)
{
	for (size_t i = 1; i < v->count; i++) {
		const struct bind *x = &v->binds[i];

		if (x->guest_len > b->guest_len && holds(b, x->guest.s, x->guest_len) &&
		    path_under(rest, behind(x->guest.s, b->guest_len)))
			return true;
	}
	return false;
}

/* Does the guest name lead to the host name h? */
static bool leads_to(const struct view *v, const char *guest, struct hpath h)
{
	const struct bind *b = view_holding(v, guest, strlen(guest));
	const char *rest = path_under(h.s, b->host.s);

	return rest && strcmp(rest, behind(guest, b->guest_len)) == 0;
}

/* Does b's name + rest lie below the root? */
static bool is_reachable(const struct bind *b, const char *rest, const char *root)
{
	const char *left;

	if (view_under(b->guest.s, root))
		return true;
	left = view_under(root, b->guest.s);
	return left && path_under(rest, left);
}

/*
 * How good a name for something the entry gives, its depth aside. What is in a file system of the
 * guests' own is that one's, although a bind of all the host may show it, too.
 */
static unsigned rank(const struct bind *b, const char *rest, const char *root)
{
	bool is_new = b->label && b->label->is_new;

	return (is_new ? 8 : 0) + (is_reachable(b, rest, root) ? 4 : 0) +
	       (is_in_tree(b->guest.s) ? 0 : 2) + (b->flags & BIND_LATE ? 0 : 1);
}

/* The hint, or what became of it where something was renamed since, but is in its mount still. */
static int name_by_hint(const struct view *v, const char *hint, struct hpath h,
			struct pathbuf *ret)
{
	const struct bind *b;
	const char *rest;

	if (leads_to(v, hint, h))
		return pathbuf_set(ret, hint);
	b = view_holding(v, hint, strlen(hint));
	rest = path_under(h.s, b->host.s);
	if (!rest || is_shadowed(v, b, rest))
		return -ENOENT;
	return join(ret, b->guest.s, b->guest_len, rest);
}

int view_to_guest(const struct view *v, const char *root, struct hpath h, const char *hint,
		  struct pathbuf *ret)
{
	const struct bind *best = NULL;
	const char *best_rest = NULL;
	unsigned best_rank = 0;
	int named = hint ? name_by_hint(v, hint, h, ret) : -ENOENT;

	if (named != -ENOENT)
		return named;
	for (size_t i = 0; i < v->count; i++) {
		const struct bind *b = &v->binds[i];
		const char *rest = path_under(h.s, b->host.s);
		unsigned r;

		if (!rest || is_shadowed(v, b, rest))
			continue;
		r = rank(b, rest, root ? root : "/");
		if (best && (r < best_rank || (r == best_rank && b->host_len <= best->host_len)))
			continue;
		best = b;
		best_rest = rest;
		best_rank = r;
	}
	if (!best)
		return -ENOENT;
	return join(ret, best->guest.s, best->guest_len, best_rest);
}

static const char *or_slash(const char *rest)
{
	return !rest || *rest ? rest : "/";
}

/* d_path climbs from what covers something to the parent of that, as if it were not there. */
const char *view_told(const struct view *v, const char *root, const char *guest,
		      struct pathbuf *buf)
{
	const char *rest = view_under(guest, root ? root : "/");
	struct pathbuf shown_root;

	if (rest || (!is_in_tree(guest) && !(root && is_in_tree(root))))
		return or_slash(rest);
	if (view_without_tree(v, guest, buf) != 0 ||
	    view_without_tree(v, root ? root : "/", &shown_root) != 0)
		return NULL;
	return or_slash(path_under(buf->s, shown_root.s));
}

bool view_has_aliases(const struct view *v)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct bind *b = &v->binds[i];

		/* What "self" leads to has other names: the walk follows it. */
		if (path_under(b->host.s, "/proc/self") ||
		    path_under(b->host.s, "/proc/thread-self"))
			continue;
		for (size_t j = 0; j < v->count; j++) {
			const char *rest = path_under(b->host.s, v->binds[j].host.s);

			if (j != i && rest && !is_shadowed(v, &v->binds[j], rest))
				return true;
		}
	}
	return false;
}
