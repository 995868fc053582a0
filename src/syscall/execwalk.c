/* SPDX-License-Identifier: MIT */
/* A small direct-mapped table; an entry says all that session->walk does after the walk. */
#include "syscall/execwalk.h"

#include <string.h>
#include <talloc.h>

#include "path/view.h"
#include "syscall/paths.h"
#include "tracee/agent.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { ENTRIES = 32 };

struct entry {
	char *name; /* parent of the other two; NULL: unused */
	char *guest, *host;
	const struct bind *bind;
	unsigned flags;
	struct names_moment since;
};

struct execwalk {
	struct entry entry[ENTRIES];
};

static struct entry *entry_of(struct session *s, const char *name)
{
	unsigned hash = 5381;

	if (!s->execwalk)
		s->execwalk = talloc_zero(s, struct execwalk);
	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return s->execwalk ? &s->execwalk->entry[hash % ENTRIES] : NULL;
}

static bool recall(struct session *s, const struct entry *e)
{
	struct canon *w = &s->walk;

	w->flags = e->flags;
	w->bind = e->bind;
	w->error = 0;
	return pathbuf_set(&w->guest, e->guest) == 0 && pathbuf_set(&w->host, e->host) == 0;
}

/* Found, by names alone, and not to be looked at through anything of /proc. */
static bool is_lasting(const struct session *s)
{
	const unsigned unwanted =
		CANON_ERROR | CANON_MISSING | CANON_MAGIC | CANON_OUTSIDE | CANON_PLAIN;

	return !s->led_to && !(s->walk.flags & unwanted) && !path_under(s->walk.host.s, "/proc");
}

static void learn(struct session *s, struct entry *e, const char *name,
		  const struct names_moment *since)
{
	TALLOC_FREE(e->name);
	if (!is_lasting(s))
		return;
	e->name = talloc_strdup(s->execwalk, name);
	if (!e->name)
		return;
	e->guest = talloc_strdup(e->name, s->walk.guest.s);
	e->host = talloc_strdup(e->name, s->walk.host.s);
	e->bind = s->walk.bind;
	e->flags = s->walk.flags;
	e->since = *since;
	if (!e->guest || !e->host)
		TALLOC_FREE(e->name);
}

int execwalk_name(struct tracee *t, const char *name, int dirfd, enum canon_last last)
{
	struct session *s = tracee_session(t);
	bool may_know = name[0] == '/' && last == CANON_FOLLOW && agent_is_for(t);
	struct entry *e = may_know ? entry_of(s, name) : NULL;
	struct names_moment since;
	int r;

	if (!e)
		return path_walk_name(t, name, dirfd, last);
	since = agent_names_now(s);
	session_walk_as(s, t);
	s->led_to = NULL;
	if (e->name && strcmp(e->name, name) == 0 && agent_names_hold(s, &e->since) &&
	    recall(s, e))
		return 0;
	r = path_walk_name(t, name, dirfd, last);
	if (r == 0)
		learn(s, e, name, &since);
	return r;
}
