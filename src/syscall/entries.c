/* SPDX-License-Identifier: MIT */
/* See entries.h. The walk has looked at what is to go: nothing is looked at again. */
#include "syscall/entries.h"

#include <errno.h>
#include <fcntl.h>
#include <talloc.h>

#include "ident/store.h"
#include "path/hostfs.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

struct entry_move {
	char *from, *to; /* children of this */
	bool exchange;
	bool names; /* some are kept */
	struct statx *victim; /* a child, too; NULL: nothing goes */
};

/* What stands at this host name, if its last name is about to go and something with it. */
static struct statx *find_victim(void *ctx, struct session *s, const char *host)
{
	const struct statx *st = &s->hostfs.seen;

	if (!hostfs_has_seen(&s->hostfs, HPATH(host)) ||
	    (st->stx_nlink > 1 && !S_ISDIR(st->stx_mode)) ||
	    !store_remembers_beside(s->identity->store, st))
		return NULL;
	return talloc_memdup(ctx, st, sizeof(*st));
}

static void forget(struct session *s, const struct statx *victim)
{
	const struct store_object o = { .fd = -1, .st = victim };

	store_forget(s->identity->store, &o);
}

struct entry_move *entries_move(void *ctx, struct session *s, const char *from, const char *to,
				bool exchange)
{
	struct entry_move *m = talloc_zero(ctx, struct entry_move);

	if (!m)
		return NULL;
	m->exchange = exchange;
	m->names = store_knows_names(s->identity->store);
	m->victim = exchange ? NULL : find_victim(m, s, to);
	m->from = talloc_strdup(m, from);
	m->to = talloc_strdup(m, to);
	if (!m->from || !m->to || (!m->victim && !m->names))
		TALLOC_FREE(m);
	return m;
}

/* rename(2) of one file to itself does nothing, by whatever two names of a directory. */
static bool is_gone(const struct statx *victim, const char *name)
{
	struct hostfs_at at;
	struct stat st;
	bool gone;

	if (hostfs_reach(HPATH(name), &at) < 0)
		return false;
	gone = fstatat(at.fd, at.rest, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	       st.st_ino != victim->stx_ino;
	hostfs_at_done(&at);
	return gone;
}

/* A host name that nothing has. */
#define NOWHERE "//"

void entries_moved(struct session *s, const struct entry_move *m)
{
	struct store *store = s->identity->store;

	if (m->victim && is_gone(m->victim, m->to))
		forget(s, m->victim);
	if (!m->names)
		return;
	if (m->exchange)
		store_renamed(store, m->to, NOWHERE);
	store_renamed(store, m->from, m->to);
	if (m->exchange)
		store_renamed(store, NOWHERE, m->from);
}

static int unlink_exit(struct call *c)
{
	if (c->result == 0)
		forget(tracee_session(c->t), c->data);
	return 0;
}

/* unlink, unlinkat, rmdir */
int sys_unlink(struct call *c)
{
	struct session *s = tracee_session(c->t);
	unsigned path = (unsigned)sys_find_arg(c->row, ARG_PATH);
	int r = path_find_entry(c, path);

	if (r != PATH_WALKED)
		return r;
	c->data = find_victim(c->t, s, s->walk.host.s);
	if (c->data)
		call_want_exit(c, unlink_exit);
	return path_leave(c, path);
}
