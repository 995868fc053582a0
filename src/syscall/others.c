/* SPDX-License-Identifier: MIT */
/*
 * Calls at other processes, by their number: our own are hidden from them, and with an identity it
 * is virtual ids that decide: to the kernel all guests are one user. What only the host's root may
 * do (a real-time class, a higher limit) the host refuses to the guest's, as it does to root in an
 * unprivileged container.
 */
#include <errno.h>
#include <signal.h>
#include <talloc.h>

#include "ident/cred.h"
#include "ident/reach.h"
#include "syscall/ceilings.h"
#include "syscall/handlers.h"
#include "syscall/outside.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* The caller itself, or somebody whom virtual ids do not concern? */
static bool is_free(const struct tracee *t, pid_t id)
{
	const struct tracee *on = id > 0 ? who_thread(tracee_session(t), id) : NULL;

	return !t->cred || id <= 0 || (on && on->process == t->process);
}

/* Refused, unless it is not there at all, which the kernel says. */
static int refuse(pid_t id, int error)
{
	return kill(id, 0) < 0 && errno == ESRCH ? 0 : error;
}

static int ask(struct call *c, unsigned arg,
	       bool (*rule)(const struct cred *by, const struct cred *on))
{
	struct session *s = tracee_session(c->t);
	pid_t id = (pid_t)c->guest_arg[arg];
	struct cred outsider;

	if (session_is_ours(s, id))
		return -ESRCH;
	if (is_free(c->t, id) || rule(c->t->cred, outside_cred(s, id, &outsider)))
		return 0;
	return refuse(id, -EPERM);
}

int sys_at_schedule(struct call *c)
{
	return ask(c, 0, reach_schedule);
}

int sys_sched_setscheduler(struct call *c)
{
	const uint64_t *a = c->guest_arg;
	int r = ask(c, 0, reach_schedule);

	return r < 0 ? r : ceilings_schedule(c->t, (pid_t)a[0], (int)a[1], a[2]);
}

/* Without a new limit, too. */
int sys_prlimit64(struct call *c)
{
	const uint64_t *a = c->guest_arg;
	int r = ask(c, 0, reach_limits);

	return r < 0 ? r : ceilings_limit(c->t, (pid_t)a[0], (int)a[1], a[2], 8);
}

int sys_setrlimit(struct call *c)
{
	const uint64_t *a = c->guest_arg;

	return ceilings_limit(c->t, 0, (int)a[0], a[1], c->abi->word_bytes);
}

/* While we keep a guest on our CPU its mask is ours: it gets its own back before anyone looks. */
int sys_sched_getaffinity(struct call *c)
{
	struct session *s = tracee_session(c->t);
	pid_t tid = (pid_t)c->guest_arg[0];
	struct tracee *target = tid == 0 ? c->t : tracee_find(s, tid);

	if (tid != 0 && session_is_ours(s, tid))
		return -ESRCH;
	if (target)
		s->unpin(target);
	return 0;
}

int sys_sched_setaffinity(struct call *c)
{
	struct session *s = tracee_session(c->t);
	pid_t tid = (pid_t)c->guest_arg[0];
	struct tracee *target = tid == 0 ? c->t : tracee_find(s, tid);
	int r = ask(c, 0, reach_schedule);

	if (r == 0)
		r = sys_sched_getaffinity(c);
	if (r == 0 && target)
		TALLOC_FREE(target->affinity);
	return r;
}

/* ---- memory --------------------------------------------------------------------------------- */

static int ask_memory(const struct tracee *t, pid_t id)
{
	struct session *s = tracee_session(t);
	const struct tracee *on = who_thread(s, id);
	bool dumpable = !on || !on->mm || on->mm->dumpable == 1;
	struct cred outsider;

	if (session_is_ours(s, id))
		return -ESRCH;
	if (is_free(t, id) || reach_memory(t->cred, outside_cred(s, id, &outsider), dumpable))
		return 0;
	return refuse(id, -EPERM);
}

int sys_at_memory(struct call *c)
{
	return ask_memory(c->t, (pid_t)c->guest_arg[0]);
}

int sys_kcmp(struct call *c)
{
	int r = ask_memory(c->t, (pid_t)c->guest_arg[0]);

	return r < 0 ? r : ask_memory(c->t, (pid_t)c->guest_arg[1]);
}

int sys_pidfd_getfd(struct call *c)
{
	pid_t pid = outside_pid_of(c->t, (int)c->guest_arg[0]);

	return pid > 0 ? ask_memory(c->t, pid) : 0;
}
