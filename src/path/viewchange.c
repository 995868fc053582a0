// SPDX-License-Identifier: MIT
/*
 * A change is prepared beside the view, its strings with it, and then takes the place of what was:
 * so that it can fail half-way.
 */
#include "path/viewchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <utlist.h>

/* ---- marks: those with a name come first in the list ------------------------------------ */

int view_mark_set(struct view *v, struct view_mark *m, const char *name)
{
	char *copy = NULL;

	if (name && strcmp(name, "/") != 0 && !(copy = talloc_strdup(v, name)))
		return -ENOMEM;
	if (m->prev)
		view_mark_drop(v, m);
	m->name = copy;
	if (copy)
		DL_PREPEND(v->marks, m);
	else
		DL_APPEND(v->marks, m);
	return 0;
}

void view_mark_drop(struct view *v, struct view_mark *m)
{
	DL_DELETE(v->marks, m);
	TALLOC_FREE(m->name);
	m->prev = m->next = NULL;
}

bool view_has_mark_in(const struct view *v, const char *guest)
{
	for (const struct view_mark *m = v->marks; m && m->name; m = m->next)
		if (path_under(m->name, guest))
			return true;
	return false;
}

/* ---- a change on its way -------------------------------------------------------------- */

struct draft {
	struct view *v;
	struct bind *binds; /* strings that are new are its children */
	size_t count;
	char **marks; /* in the order of the view's list: new names, or NULL: as it is */
	bool failed;
};

static int begin(struct draft *d, struct view *v)
{
	const struct view_mark *m;
	size_t marks = 0;

	DL_COUNT(v->marks, m, marks);
	*d = (struct draft){ .v = v, .count = v->count };
	d->binds = talloc_array(v, struct bind, v->count);
	d->marks = talloc_zero_array(d->binds, char *, marks + 1);
	if (!d->marks) {
		talloc_free(d->binds);
		return -ENOMEM;
	}
	for (size_t i = 0; i < v->count; i++) {
		d->binds[i] = v->binds[i];
		d->binds[i].guest.s = talloc_strdup(d->binds, v->binds[i].guest.s);
		d->binds[i].host.s = talloc_strdup(d->binds, v->binds[i].host.s);
		d->failed |= !d->binds[i].guest.s || !d->binds[i].host.s;
	}
	return 0;
}

/* What `name` becomes when `from` becomes `to`: a child of the draft; NULL: it stays. */
static char *moved(struct draft *d, const char *name, const char *from, const char *to)
{
	const char *rest = path_under(name, from);
	char *s;

	if (!rest)
		return NULL;
	s = talloc_asprintf(d->binds, "%s%s", *rest && strcmp(to, "/") == 0 ? "" : to, rest);
	d->failed |= !s;
	return s;
}

static void move_marks(struct draft *d, const char *from, const char *to)
{
	const struct view_mark *m;
	size_t i = 0;
	char *s;

	for (m = d->v->marks; m; m = m->next) {
		const char *now = d->marks[i] ? d->marks[i] : m->name ? m->name : "/";

		s = moved(d, now, from, to);
		if (s)
			d->marks[i] = s;
		i++;
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

static int by_guest(const void *a, const void *b)
{
	const struct bind *x = a, *y = b;

	return strcmp(x->guest.s, y->guest.s);
}

static int named_first(const struct view_mark *a, const struct view_mark *b)
{
	return !a->name - !b->name;
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
		m->name = strcmp(name, "/") == 0 ? NULL : talloc_steal(d->v, name);
	}
	DL_SORT(d->v->marks, named_first);
}

static int commit(struct draft *d)
{
	if (d->failed) {
		talloc_free(d->binds);
		return -ENOMEM;
	}
	give_names(d);
	TALLOC_FREE(d->marks);
	talloc_free(d->v->binds);
	d->v->binds = d->binds;
	d->v->count = d->count;
	qsort(d->v->binds, d->count, sizeof(*d->binds), by_guest);
	return 0;
}

int view_renamed(struct view *v, struct gpath from, struct gpath to)
{
	struct draft d;
	int r = begin(&d, v);

	if (r < 0)
		return r;
	for (size_t i = 1; i < d.count; i++)
		if (strcmp(d.binds[i].guest.s, from.s) != 0)
			move_entry(&d, &d.binds[i], from.s, to.s);
	move_marks(&d, from.s, to.s);
	return commit(&d);
}
