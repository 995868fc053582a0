// SPDX-License-Identifier: MIT
/*
 * A change is prepared beside the view, its strings with it, and then takes the place of what was:
 * so that it can fail half-way.
 */
#include "path/viewchange.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <utlist.h>

/* ---- marks: in the list roots come first, then hints, then those without a name ----------- */

static int place_of(const struct view_mark *m)
{
	return !m->name ? 2 : m->is_hint;
}

static int by_place(const struct view_mark *a, const struct view_mark *b)
{
	return place_of(a) - place_of(b);
}

static void insert_mark(struct view *v, struct view_mark *m, char *name)
{
	struct view_mark *at = v->marks;

	m->name = name;
	if (place_of(m) == 0)
		DL_PREPEND(v->marks, m);
	else if (place_of(m) == 2)
		DL_APPEND(v->marks, m);
	else {
		while (at && place_of(at) == 0)
			at = at->next;
		DL_PREPEND_ELEM(v->marks, at, m);
	}
}

/* "/" need not be written down for a root. 0 or -ENOMEM. */
static int copy_name(struct view *v, const struct view_mark *m, const char *name, char **ret)
{
	bool is_needed = name && (m->is_hint || strcmp(name, "/") != 0);

	*ret = is_needed ? talloc_strdup(v, name) : NULL;
	return is_needed && !*ret ? -ENOMEM : 0;
}

int view_mark_set(struct view *v, struct view_mark *m, const char *name)
{
	char *copy;
	int r = copy_name(v, m, name, &copy);

	if (r < 0)
		return r;
	if (m->prev)
		view_mark_drop(v, m);
	insert_mark(v, m, copy);
	return 0;
}

int view_mark_move(struct view *from, struct view *to, struct view_mark *m)
{
	char *copy;
	int r = copy_name(to, m, m->name, &copy);

	if (r < 0)
		return r;
	view_mark_drop(from, m);
	insert_mark(to, m, copy);
	return 0;
}

void view_mark_drop(struct view *v, struct view_mark *m)
{
	DL_DELETE(v->marks, m);
	TALLOC_FREE(m->name);
	m->prev = m->next = NULL;
}

bool view_has_root_in(const struct view *v, const char *guest)
{
	for (const struct view_mark *m = v->marks; m && place_of(m) == 0; m = m->next)
		if (view_under(m->name, guest))
			return true;
	return false;
}

/* ---- entries --------------------------------------------------------------------------- */

static const struct bind_label *copy_label(void *ctx, const struct bind_label *from)
{
	struct bind_label *l = talloc(ctx, struct bind_label);

	if (!l)
		return NULL;
	*l = *from;
	l->type = talloc_strdup(l, from->type);
	l->source = talloc_strdup(l, from->source);
	l->root = talloc_strdup(l, from->root);
	l->options = talloc_strdup(l, from->options);
	return l->type && l->source && l->root && l->options ? l : NULL;
}

/* Its strings are children of ctx. false on OOM. */
static bool copy_bind(void *ctx, struct bind *to, const struct bind *from)
{
	*to = *from;
	to->guest.s = talloc_strdup(ctx, from->guest.s);
	to->host.s = talloc_strdup(ctx, from->host.s);
	to->over = from->over ? talloc_strdup(ctx, from->over) : NULL;
	to->label = from->label ? copy_label(ctx, from->label) : NULL;
	return to->guest.s && to->host.s && !to->over == !from->over && !to->label == !from->label;
}

static struct bind *copy_binds(void *ctx, const struct bind *from, size_t count)
{
	struct bind *binds = talloc_array(ctx, struct bind, count);
	bool ok = binds;

	for (size_t i = 0; i < count && ok; i++)
		ok = copy_bind(binds, &binds[i], &from[i]);
	if (!ok)
		TALLOC_FREE(binds);
	return binds;
}

struct view *view_copy(void *ctx, const struct view *v)
{
	struct view *copy = talloc_zero(ctx, struct view);

	if (!copy)
		return NULL;
	copy->count = v->count;
	copy->trees = v->trees;
	copy->binds = copy_binds(copy, v->binds, v->count);
	if (!copy->binds)
		TALLOC_FREE(copy);
	return copy;
}

void viewchange_flags(struct view *v, const char *guest, unsigned mask, unsigned flags)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->binds[i].guest.s, guest) == 0)
			v->binds[i].flags = (v->binds[i].flags & ~mask) | (flags & mask);
}

int viewchange_label(struct view *v, const char *guest, const struct bind_label *label)
{
	const struct bind_label *copy = copy_label(v->binds, label);

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->binds[i].guest.s, guest) == 0)
			v->binds[i].label = copy;
	return 0;
}

bool viewchange_covered(const struct view *v, const char *guest)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->binds[i].over && strcmp(v->binds[i].over, guest) == 0)
			return true;
	return false;
}

const char *viewchange_topmost(const struct view *v, const char *guest)
{
	const struct bind *b;

	while ((b = view_at(v, guest, strlen(guest))) && b->over)
		guest = b->over;
	return guest;
}

/* ---- a change on its way -------------------------------------------------------------- */

/* A view that is to be: what is new in it are children of `binds`. */
struct draft {
	struct view *v;
	struct bind *binds;
	size_t count;
	char **marks; /* in the order of the view's list: new names, or NULL: as it is */
	unsigned trees;
	bool failed;
};

static int begin(struct draft *d, struct view *v)
{
	const struct view_mark *m;
	size_t marks = 0;

	DL_COUNT(v->marks, m, marks);
	*d = (struct draft){ .v = v, .count = v->count, .trees = v->trees };
	d->binds = copy_binds(v, v->binds, v->count);
	d->marks = d->binds ? talloc_zero_array(d->binds, char *, marks + 1) : NULL;
	if (!d->marks)
		talloc_free(d->binds);
	return d->marks ? 0 : -ENOMEM;
}

static char *keep(struct draft *d, char *s)
{
	d->failed |= !s;
	return s ? s : (char *)(uintptr_t) "";
}

static char *join(struct draft *d, const char *dir, const char *rest)
{
	return keep(d, talloc_asprintf(d->binds, "%s%s", *rest && !dir[1] ? "" : dir, rest));
}

/* What `name` becomes when `from` becomes `to`; NULL: it stays. */
static char *moved(struct draft *d, const char *name, const char *from, const char *to)
{
	const char *rest = view_under(name, from);

	return rest ? join(d, to, rest) : NULL;
}

/* NULL: a hint that there is none. */
static const char *mark_name(const struct draft *d, const struct view_mark *m, size_t i)
{
	if (d->marks[i])
		return d->marks[i];
	return m->name || m->is_hint ? m->name : "/";
}

enum marks_moved { MARKS_ALL, MARKS_AT, MARKS_BELOW };

static void move_marks(struct draft *d, const char *from, const char *to, enum marks_moved which)
{
	const struct view_mark *m;
	size_t i = 0;
	char *s;

	for (m = d->v->marks; m; m = m->next, i++) {
		const char *now = mark_name(d, m, i);
		bool at = now && strcmp(now, from) == 0;

		if (!now || (which == MARKS_AT && !at) || (which == MARKS_BELOW && at))
			continue;
		s = moved(d, now, from, to);
		if (s)
			d->marks[i] = s;
	}
}

static void move_entry(struct draft *d, struct bind *b, const char *from, const char *to)
{
	char *s = moved(d, b->guest.s, from, to);

	if (!s)
		return;
	b->guest.s = s;
	b->guest_len = strlen(s);
}

/* What is covered below a name that moves stays covered there. */
static void move_over(struct draft *d, struct bind *b, const char *from, const char *to)
{
	char *s = b->over ? moved(d, b->over, from, to) : NULL;

	if (s)
		b->over = s;
}

/* All that lies at or below a name, but what a mount there covers, which stays: see uncover. */
static void move(struct draft *d, const char *from, const char *to)
{
	for (size_t i = 0; i < d->count; i++) {
		struct bind *b = &d->binds[i];

		move_entry(d, b, from, to);
		if (b->over && strcmp(b->over, from) != 0)
			move_over(d, b, from, to);
	}
	move_marks(d, from, to, MARKS_ALL);
}

/* The tree that a mount at this name covers, or NULL. */
static struct bind *covered_at(struct draft *d, const char *guest)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->binds[i].over && strcmp(d->binds[i].over, guest) == 0)
			return &d->binds[i];
	return NULL;
}

/* The same with what is covered there. */
static void move_stack(struct draft *d, const char *from, const char *to)
{
	struct bind *covered = covered_at(d, from);

	if (covered)
		covered->over = keep(d, talloc_strdup(d->binds, to));
	move(d, from, to);
}

static struct bind *entry_at(struct draft *d, const char *guest)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->binds[i].guest.s, guest) == 0)
			return &d->binds[i];
	return NULL;
}

static void add(struct draft *d, const struct bind *b)
{
	struct bind *more = talloc_realloc(d->v, d->binds, struct bind, d->count + 1);

	d->failed |= !more;
	if (!more)
		return;
	d->binds = more;
	d->failed |= !copy_bind(d->binds, &d->binds[d->count++], b);
}

static void drop(struct draft *d, const struct bind *b)
{
	size_t i = (size_t)(b - d->binds);

	memmove(d->binds + i, d->binds + i + 1, (d->count - i - 1) * sizeof(*d->binds));
	d->count--;
}

static void drop_tree(struct draft *d, const char *guest)
{
	for (size_t i = d->count; i-- > 0;)
		if (view_under(d->binds[i].guest.s, guest))
			drop(d, &d->binds[i]);
}

static char *new_tree(struct draft *d)
{
	return keep(d, talloc_asprintf(d->binds, "//%u", ++d->trees));
}

static bool is_used(const struct draft *d, const char *guest)
{
	const struct view_mark *m;
	size_t i = 0;

	for (i = 0; i < d->count; i++)
		if (view_under(d->binds[i].guest.s, guest))
			return true;
	for (m = d->v->marks, i = 0; m; m = m->next, i++)
		if (mark_name(d, m, i) && view_under(mark_name(d, m, i), guest))
			return true;
	return false;
}

/* A directory of the mount it lies in, as an entry, so that it can go elsewhere. */
static void add_part(struct draft *d, const char *guest)
{
	const struct bind *in = &d->binds[0];
	struct bind part;

	for (size_t i = 0; i < d->count; i++)
		if (d->binds[i].guest_len >= in->guest_len &&
		    view_under(guest, d->binds[i].guest.s))
			in = &d->binds[i];
	part = *in;
	part.guest.s = guest;
	part.guest_len = strlen(guest);
	part.host.s = join(d, in->host.s, view_under(guest, in->guest.s));
	part.host_len = strlen(part.host.s);
	part.flags = (in->flags & ~(unsigned)(BIND_SKELETON | BIND_UNLISTED)) | BIND_PART;
	part.over = NULL;
	add(d, &part);
}

/*
 * Makes room at a name: what is there, or below, goes to a tree that the next mount there covers,
 * which is returned. NULL: nothing is there.
 */
static const char *cover(struct draft *d, const char *guest)
{
	char *tree;

	if (!is_used(d, guest))
		return NULL;
	if (!entry_at(d, guest))
		add_part(d, guest);
	tree = new_tree(d);
	move_stack(d, guest, tree);
	if (!d->failed)
		entry_at(d, tree)->over = keep(d, talloc_strdup(d->binds, guest));
	return tree;
}

/* What was covered by a mount at this name, which is gone, is there again. */
static void uncover(struct draft *d, const char *guest)
{
	struct bind *b = covered_at(d, guest);
	const char *tree;

	if (!b)
		return;
	tree = b->guest.s;
	b->over = NULL;
	if (b->flags & BIND_PART)
		drop(d, b);
	move_stack(d, tree, guest);
}

static int by_guest(const void *a, const void *b)
{
	const struct bind *x = a, *y = b;

	return strcmp(x->guest.s, y->guest.s);
}

static void give_names(struct draft *d)
{
	struct view_mark *m;
	size_t i = 0;

	for (m = d->v->marks; m; m = m->next) {
		char *name = d->marks[i++];

		if (!name)
			continue;
		talloc_free(m->name);
		m->name = talloc_steal(d->v, name);
		if (!m->is_hint && strcmp(name, "/") == 0)
			TALLOC_FREE(m->name);
	}
	DL_SORT(d->v->marks, by_place);
}

static int commit(struct draft *d)
{
	/* Once more, without the names that came and went on the way. */
	struct bind *binds = d->failed ? NULL : copy_binds(d->v, d->binds, d->count);

	if (binds) {
		qsort(binds, d->count, sizeof(*binds), by_guest);
		give_names(d);
		talloc_free(d->v->binds);
		d->v->binds = binds;
		d->v->count = d->count;
		d->v->trees = d->trees;
	}
	talloc_free(d->binds);
	return binds ? 0 : -ENOMEM;
}

/* ---- the changes ------------------------------------------------------------------------- */

int view_renamed(struct view *v, struct gpath from, struct gpath to)
{
	struct draft d;
	int r = begin(&d, v);

	if (r < 0)
		return r;
	for (size_t i = 0; i < d.count; i++) {
		if (strcmp(d.binds[i].guest.s, from.s) != 0)
			move_entry(&d, &d.binds[i], from.s, to.s);
		move_over(&d, &d.binds[i], from.s, to.s);
	}
	move_marks(&d, from.s, to.s, MARKS_ALL);
	return commit(&d);
}

/* The entries strictly below `with`, as they are now, to be below `guest` as well. */
static void add_below(struct draft *d, const char *guest, const char *with)
{
	const struct view *v = d->v;

	for (size_t i = 0; with && i < v->count; i++) {
		const char *rest = view_under(v->binds[i].guest.s, with);
		struct bind b = v->binds[i];

		if (!rest || !*rest)
			continue;
		b.guest.s = join(d, guest, rest);
		b.guest_len = strlen(b.guest.s);
		b.flags |= BIND_LATE;
		add(d, &b);
	}
}

int viewchange_mount(struct view *v, const struct bind *b, const char *with)
{
	struct draft d;
	int r = begin(&d, v);

	if (r < 0)
		return r;
	cover(&d, b->guest.s);
	add(&d, b);
	add_below(&d, b->guest.s, with);
	return commit(&d);
}

int viewchange_unmount(struct view *v, const char *guest, bool keep_it)
{
	struct draft d;
	int r = begin(&d, v);

	if (r < 0)
		return r;
	if (keep_it)
		move(&d, guest, new_tree(&d));
	else
		drop_tree(&d, guest);
	uncover(&d, guest);
	return commit(&d);
}

int viewchange_forget(struct view *v, const char *guest)
{
	struct draft d;
	int r = begin(&d, v);

	if (r < 0)
		return r;
	drop_tree(&d, guest);
	return commit(&d);
}

int viewchange_move(struct view *v, const char *from, const char *to)
{
	struct draft d;
	struct bind *top;
	const char *tree, *inside = view_under(from, to);
	int r = begin(&d, v);

	if (r < 0)
		return r;
	tree = cover(&d, to);
	if (tree && inside) /* it was covered itself just now */
		from = join(&d, tree, inside);
	move(&d, from, to);
	top = entry_at(&d, to);
	if (top)
		top->flags &= ~(unsigned)BIND_UNLISTED;
	uncover(&d, from);
	return commit(&d);
}

/* The old root goes to `old`, with all but what stands at it: that is in the new one by now. */
static void put_old_root(struct draft *d, const char *root, const char *to, const char *old)
{
	cover(d, old);
	for (size_t i = 0; i < d->count; i++) {
		move_entry(d, &d->binds[i], root, old);
		if (d->binds[i].over && strcmp(d->binds[i].over, root) != 0)
			move_over(d, &d->binds[i], root, old);
	}
	move_marks(d, root, to, MARKS_AT);
	move_marks(d, root, old, MARKS_BELOW);
	move_stack(d, to, root);
}

int viewchange_pivot(struct view *v, const char *root, const char *to, const char *old)
{
	struct draft d;
	const char *tree, *rest = view_under(old, to);
	int r = rest ? begin(&d, v) : -EINVAL;

	if (r < 0)
		return r;
	tree = new_tree(&d);
	move(&d, to, tree);
	uncover(&d, to);
	if (*rest) {
		put_old_root(&d, root, tree, join(&d, tree, rest));
	} else if (!d.failed) {
		entry_at(&d, tree)->over = keep(&d, talloc_strdup(d.binds, root));
		move_marks(&d, root, tree, MARKS_AT);
	}
	return commit(&d);
}
