/* SPDX-License-Identifier: MIT */
/*
 * setpriority(2), getpriority(2), ioprio_set(2), ioprio_get(2): of a process, a group or a user. A
 * user's processes are those of the guests with that virtual uid; the host would take all of its
 * user's. kernel/sys.c, block/ioprio.c.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ident/cred.h"
#include "ident/reach.h"
#include "syscall/ceilings.h"
#include "syscall/handlers.h"
#include "syscall/outside.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* IOPRIO_WHO_PROCESS is 1, and so on: one more than PRIO_PROCESS. */
enum { IOPRIO_FIRST = 1 };

/* Whom a call is about. */
struct target {
	int which; /* PRIO_PROCESS, PRIO_PGRP, PRIO_USER */
	int who;   /* as the caller says: 0 is the caller, */
	bool user_zero; /* but as a user it is root: ioprio_set's way */
};

/* What changes a priority. */
struct change {
	bool (*may)(const struct cred *by, const struct cred *on);
	int (*set)(const struct tracee *by, pid_t tid, int value); /* 0 or -errno */
	bool is_nice;
};

static bool is_in(const struct tracee *caller, const struct tracee *t, const struct target *x)
{
	uint32_t uid = x->who || x->user_zero ? (uint32_t)x->who : caller->cred->uid;

	switch (x->which) {
	case PRIO_PROCESS:
		return t->tid == (x->who ? x->who : caller->tid);
	case PRIO_PGRP:
		return getpgid(t->process->pid) ==
		       (x->who ? x->who : getpgid(caller->process->pid));
	default:
		return t->cred->uid == uid;
	}
}

/* An outsider, where one process is meant. */
static int check_outsider(struct tracee *caller, const struct target *x,
			  const struct change *how)
{
	struct session *s = tracee_session(caller);
	struct cred outsider;

	if (x->which != PRIO_PROCESS || x->who == 0 || tracee_find(s, x->who) ||
	    how->may(caller->cred, outside_cred(s, x->who, &outsider)))
		return 0;
	return kill(x->who, 0) < 0 && errno == ESRCH ? 0 : -EPERM;
}

/* 0: the kernel may do it as it stands; 1: it must be done one by one; or -errno. */
static int judge(struct call *c, const struct target *x, const struct change *how)
{
	struct session *s = tracee_session(c->t);
	struct tracee *t, *next;

	if (x->which == PRIO_USER)
		return 1;
	HASH_ITER(hh, s->tracees, t, next)
		if (is_in(c->t, t, x) &&
		    (!how->may(c->t->cred, t->cred) ||
		     (how->is_nice && ceilings_nice(c->t, t->tid, (int)c->guest_arg[2]) < 0)))
			return 1;
	return check_outsider(c->t, x, how);
}

/* set_one_prio looks at the value behind whose process it is, and in front of what that may do. */
static int refusal(const struct tracee *by, const struct tracee *on, const struct change *how,
		   int value)
{
	bool owns = how->is_nice && reach_owns(by->cred, on->cred);

	return owns && ceilings_plain_nice(on->tid, value) < 0 ? -EACCES : -EPERM;
}

/* As set_one_prio: the last failure is told, else 0. */
static int one_by_one(struct call *c, const struct target *x, const struct change *how, int value)
{
	struct session *s = tracee_session(c->t);
	struct tracee *t, *next;
	int error = -ESRCH;

	HASH_ITER(hh, s->tracees, t, next) {
		int r;

		if (!is_in(c->t, t, x))
			continue;
		r = how->may(c->t->cred, t->cred) ? how->set(c->t, t->tid, value) :
						    refusal(c->t, t, how, value);
		if (r < 0 || error == -ESRCH)
			error = r;
	}
	return error < 0 ? error : call_answer(c, 0);
}

/* The entry stop of both calls: the value is the third argument. */
static int change(struct call *c, const struct target *x, const struct change *how)
{
	int r;

	if (x->which == PRIO_PROCESS && session_is_ours(tracee_session(c->t), x->who))
		return -ESRCH;
	if (!c->t->cred || x->which < PRIO_PROCESS || x->which > PRIO_USER)
		return 0;
	r = judge(c, x, how);
	return r <= 0 ? r : one_by_one(c, x, how, (int)c->guest_arg[2]);
}

static int set_nice(const struct tracee *by, pid_t tid, int nice)
{
	int r = ceilings_nice(by, tid, nice);

	return r < 0 || setpriority(PRIO_PROCESS, (id_t)tid, nice) == 0 ? r : -errno;
}

static int set_io(const struct tracee *by, pid_t tid, int value)
{
	(void)by;
	return syscall(SYS_ioprio_set, IOPRIO_FIRST, tid, value) < 0 ? -errno : 0;
}

int sys_setpriority(struct call *c)
{
	static const struct change how = { reach_nice, set_nice, true };
	const struct target x = { (int)c->guest_arg[0], (int)c->guest_arg[1], false };

	return change(c, &x, &how);
}

/* As setpriority(2) of oneself, but for the error. */
int sys_nice(struct call *c)
{
	int now = getpriority(PRIO_PROCESS, (id_t)c->t->tid);

	return ceilings_nice(c->t, c->t->tid, now + (int)c->guest_arg[0]) < 0 ? -EPERM : 0;
}

int sys_ioprio_set(struct call *c)
{
	static const struct change how = { reach_ioprio, set_io, false };
	const struct target x = { (int)c->guest_arg[0] - IOPRIO_FIRST, (int)c->guest_arg[1],
				  true };

	return change(c, &x, &how);
}

/* ---- asked for: of a user only; that of others is told to everybody ------------------------- */

/* A call that asks: its number, what it calls one process, and which answer is the better. */
struct question {
	long nr;
	int process; /* a group is the next, a user the one behind it */
	bool lower_is_better;
};

static int ask(struct call *c, const struct question *q)
{
	const struct target x = { (int)c->guest_arg[0] - q->process, (int)c->guest_arg[1], false };
	struct session *s = tracee_session(c->t);
	struct tracee *t, *next;
	long best = -ESRCH;

	if (x.which != PRIO_USER)
		return 0;
	HASH_ITER(hh, s->tracees, t, next) {
		long r = is_in(c->t, t, &x) ? syscall(q->nr, q->process, t->tid) : -1;

		if (r >= 0 && (best < 0 || (q->lower_is_better ? r < best : r > best)))
			best = r;
	}
	return best < 0 ? (int)best : call_answer(c, best);
}

/* The call's own numbers, 1 to 40, grow with the priority (getpriority(2), NOTES). */
int sys_getpriority(struct call *c)
{
	static const struct question q = { SYS_getpriority, PRIO_PROCESS, false };

	return ask(c, &q);
}

/* ioprio_best: a lower number is better. */
int sys_ioprio_get(struct call *c)
{
	static const struct question q = { SYS_ioprio_get, IOPRIO_FIRST, true };

	return ask(c, &q);
}
