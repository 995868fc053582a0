// SPDX-License-Identifier: MIT
/*
 * The verbs by which every turn of the walk moves: take a component off `todo`, go to a guest name
 * and so to its host name, end on an error. They keep guest and host names the two sides of one
 * place; which way to go is not decided here.
 */
#include "path/canon_impl.h"

#include <errno.h>
#include <string.h>

#include "path/fsops.h"
#include "path/view.h"

void canon_tell(struct canon *w, const char *what)
{
	if (w->ops->step)
		w->ops->step(w->ctx, what, w->guest.s, w->host.s);
}

bool canon_part_is(const struct canon_part *p, const char *name)
{
	return strlen(name) == p->len && memcmp(p->name, name, p->len) == 0;
}

bool canon_next_part(struct canon *w, struct canon_part *ret)
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

/* The part of a guest name that is to be looked up from the base's link; NULL: none is. */
static const char *behind_base(const struct canon *w, const char *guest, size_t len)
{
	const char *rest = w->base.guest.s ? path_under(guest, w->base.guest.s) : NULL;

	if (!rest || view_holding(w->view, guest, len)->guest_len > len - strlen(rest))
		return NULL;
	return rest;
}

int canon_to_host(struct canon *w, const struct pathbuf *guest, struct pathbuf *ret)
{
	const char *rest = behind_base(w, guest->s, guest->len);
	int r;

	if (!rest)
		return view_to_host(w->view, GPATH(guest->s), ret);
	r = pathbuf_set(ret, w->base.host.s);
	return r < 0 ? r : pathbuf_append(ret, rest);
}

int canon_host_from_guest(struct canon *w)
{
	return canon_to_host(w, &w->guest, &w->host);
}

int canon_go_to(struct canon *w, const char *guest)
{
	int r = pathbuf_set(&w->guest, guest);

	if (guest != w->base.guest.s)
		w->base.guest.s = NULL;
	w->flags &= ~CANON_OUTSIDE;
	return r < 0 ? r : canon_host_from_guest(w);
}

int canon_check_searchable(struct canon *w)
{
	size_t len = w->host.len;
	int r = pathbuf_push(&w->host, ".", 1);

	if (r < 0)
		return r;
	r = w->ops->kind(w->ctx, HPATH(w->host.s));
	pathbuf_truncate(&w->host, len);
	return r < 0 ? r : 0;
}

int canon_stop(struct canon *w, bool goes_on, int error)
{
	w->flags = (w->flags & ~CANON_PLAIN) | CANON_ERROR;
	w->error = error;
	canon_tell(w, "error");
	return goes_on ? pathbuf_push(&w->host, CANON_NOWHERE, strlen(CANON_NOWHERE)) : TURN_DONE;
}

const struct bind *canon_mount_of(const struct canon *w, const char *guest, size_t len)
{
	return view_mount(w->view, view_holding(w->view, guest, len));
}
