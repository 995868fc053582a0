/* SPDX-License-Identifier: MIT */
/* The ended are a ring, searched from the newest: few are asked for, and soon after their end. */
#include "tracee/who.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "ident/cred.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { ENDED_MAX = 256 };

struct ended {
	pid_t pid;
	struct cred *cred, *then[WHO_MOMENTS]; /* children of the ring */
	struct who_claim claim;
};

struct who_ring {
	unsigned next; /* how many there ever were */
	struct ended ring[ENDED_MAX];
};

static void forget(struct ended *e)
{
	TALLOC_FREE(e->cred);
	for (int i = 0; i < WHO_MOMENTS; i++)
		TALLOC_FREE(e->then[i]);
}

void who_ended(struct process *p, struct tracee *last)
{
	struct session *s = p->session;
	struct ended *e;

	if (!last->cred)
		return;
	if (!s->ended)
		s->ended = talloc_zero(s, struct who_ring);
	if (!s->ended)
		return;
	e = &s->ended->ring[s->ended->next++ % ENDED_MAX];
	forget(e);
	e->pid = p->pid;
	e->cred = talloc_steal(s->ended, last->cred);
	last->cred = NULL;
	e->claim = p->claim;
	for (int i = 0; i < WHO_MOMENTS; i++)
		e->then[i] = talloc_steal(s->ended, p->then[i]);
}

static const struct ended *find_ended(const struct session *s, pid_t pid)
{
	unsigned n = s->ended ? s->ended->next : 0;
	unsigned oldest = n > ENDED_MAX ? n - ENDED_MAX : 0;

	while (n-- > oldest)
		if (s->ended->ring[n % ENDED_MAX].pid == pid)
			return &s->ended->ring[n % ENDED_MAX];
	return NULL;
}

struct tracee *who_thread(struct session *s, pid_t id)
{
	struct tracee *t = tracee_find(s, id), *next;
	struct process *p;

	if (t)
		return t;
	p = process_find(s, id);
	if (!p)
		return NULL;
	HASH_ITER(hh, s->tracees, t, next)
		if (t->process == p)
			return t;
	return NULL;
}

const struct cred *who_cred(struct session *s, pid_t id)
{
	const struct tracee *t = who_thread(s, id);
	const struct ended *e = t ? NULL : find_ended(s, id);

	return t ? t->cred : e ? e->cred : NULL;
}

/* What a peer is told: effective ids and groups. */
static bool same_to_peers(const struct cred *a, const struct cred *b)
{
	return a->euid == b->euid && a->egid == b->egid && a->group_count == b->group_count &&
	       (a->group_count == 0 ||
		memcmp(a->groups, b->groups, a->group_count * sizeof(*a->groups)) == 0);
}

int who_note(struct tracee *t, enum who_moment moment)
{
	struct process *p = t->process;
	struct cred **then = &p->then[moment];

	if (!t->cred)
		return 0;
	if (*then && same_to_peers(*then, t->cred))
		return 0;
	talloc_free(*then);
	*then = cred_copy(p, t->cred);
	return *then ? 0 : -ENOMEM;
}

const struct cred *who_then(struct session *s, pid_t pid, enum who_moment moment)
{
	const struct process *p = process_find(s, pid);
	const struct ended *e = p && p->then[moment] ? NULL : find_ended(s, pid);

	return e ? e->then[moment] : p ? p->then[moment] : NULL;
}

const struct who_claim *who_claim(struct session *s, pid_t pid)
{
	const struct process *p = process_find(s, pid);
	const struct ended *e = p ? NULL : find_ended(s, pid);
	const struct who_claim *claim = p ? &p->claim : e ? &e->claim : NULL;

	return claim && claim->made ? claim : NULL;
}

static uint32_t shown(const struct identity *id, uint32_t host, uint32_t ours, uint32_t as)
{
	if (id->host_uid == 0) /* real root: ids are what they are */
		return host;
	return host == ours ? as : WHO_NOBODY;
}

uint32_t who_uid(const struct session *s, uint32_t host)
{
	return shown(s->identity, host, s->identity->host_uid, s->identity->uid);
}

uint32_t who_gid(const struct session *s, uint32_t host)
{
	return shown(s->identity, host, s->identity->host_gid, s->identity->gid);
}
