/* SPDX-License-Identifier: MIT */
/*
 * A table from host names to guest names, of those alone that view_to_guest would not find without
 * a hint. Bounded: the oldest goes first, and what is forgotten is shown by its first name.
 */
#include "syscall/opennames.h"

#include <stdbool.h>
#include <string.h>
#include <talloc.h>
#include <uthash.h>

#include "path/view.h"
#include "tracee/session.h"

enum { NAMES_MAX = 512 };

struct openname {
	char *host, *guest; /* children of this */
	UT_hash_handle hh;  /* in the order of the opens */
};

static struct openname *find(const struct session *s, const char *host)
{
	struct openname *n;

	HASH_FIND_STR(s->opennames, host, n);
	return n;
}

static void forget(struct session *s, struct openname *n)
{
	if (!n)
		return;
	HASH_DEL(s->opennames, n);
	talloc_free(n);
}

static void remember(struct session *s, const char *host, const char *guest)
{
	struct openname *n = talloc_zero(s, struct openname);

	if (!n)
		return;
	n->host = talloc_strdup(n, host);
	n->guest = talloc_strdup(n, guest);
	if (!n->host || !n->guest) {
		talloc_free(n);
		return;
	}
	if (HASH_COUNT(s->opennames) >= NAMES_MAX)
		forget(s, s->opennames);
	HASH_ADD_KEYPTR(hh, s->opennames, n->host, strlen(n->host), n);
}

void opennames_note(struct session *s)
{
	const struct canon *w = &s->walk;
	struct pathbuf *host = &s->text, *first = &s->shown;

	if (!s->view_aliases || (w->flags & (CANON_ERROR | CANON_OUTSIDE | CANON_MAGIC)) ||
	    view_to_host(s->view, GPATH(w->guest.s), host) < 0)
		return;
	forget(s, find(s, host->s));
	if (view_to_guest(s->view, s->walk.root, HPATH(host->s), NULL, first) == 0 &&
	    strcmp(first->s, w->guest.s) != 0)
		remember(s, host->s, w->guest.s);
}

const char *opennames_find(const struct session *s, const char *host)
{
	const struct openname *n = s->opennames ? find(s, host) : NULL;

	return n ? n->guest : NULL;
}

void opennames_forget_all(struct session *s)
{
	while (s->opennames)
		forget(s, s->opennames);
}
