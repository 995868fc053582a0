/* SPDX-License-Identifier: MIT */
/*
 * Signals that a guest sends. They must not reach the tracer or the front process; and with an
 * identity they reach whom virtual ids let them, as to the kernel all guests are one user:
 * kernel/signal.c, check_kill_permission.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/cred.h"
#include "ident/reach.h"
#include "syscall/handlers.h"
#include "syscall/outside.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* Our own processes do not exist for the guest: the table sends only calls at them here. */
int sys_hidden_pid(struct call *c)
{
	(void)c;
	return -ESRCH;
}

/* ---- who may --------------------------------------------------------------------------------- */

static bool same_session(const struct tracee *t, pid_t id)
{
	return getsid(id) == getsid(t->process->pid);
}

static bool may_signal(const struct tracee *t, pid_t id, int sig)
{
	const struct tracee *on = who_thread(tracee_session(t), id);
	struct cred outsider;

	if (!t->cred || (on && on->process == t->process) || cred_capable(t->cred, CAP_KILL))
		return true;
	return reach_kill(t->cred, outside_cred(tracee_session(t), id, &outsider)) ||
	       (sig == SIGCONT && same_session(t, id));
}

/* For one thread or process. That it is not there, or the signal is none, the kernel says first. */
static int check_signal(const struct tracee *t, pid_t id, int sig)
{
	if (id <= 0 || sig < 0 || sig >= NSIG || may_signal(t, id, sig))
		return 0;
	return kill(id, 0) < 0 && errno == ESRCH ? 0 : -EPERM;
}

/* ---- kill ------------------------------------------------------------------------------------ */

static bool is_in_group(const struct process *p, pid_t group)
{
	return group == -1 || getpgid(p->pid) == group;
}

/*
 * A kill(2) at everybody, or at a group of which not all may be hit: told to the guests one by one,
 * by the caller itself, so that the kernel tells them who it was (and judges it where ids are its
 * own). Its signals wait meanwhile, as they do while the kernel goes through its list.
 */
struct killing {
	pid_t group; /* -1: everybody */
	int result;
	bool any;
	unsigned count, next;
	pid_t pid[];
};

/* What one target's outcome makes of the result: kill_something_info, __kill_pgrp_info. */
static void note_outcome(struct killing *k, int r)
{
	if (r == -ESRCH) /* gone since */
		return;
	if (k->group == -1 && r == -EPERM)
		r = k->any ? k->result : 0;
	if (k->group == -1 || k->result != 0)
		k->result = r;
	k->any = true;
}

/* The caller comes last; for -1 it is left out, as the kernel does. NULL on OOM. */
static struct killing *plan_killing(struct tracee *t, pid_t group, int sig)
{
	struct session *s = tracee_session(t);
	struct process *self = t->process, *p, *next;
	size_t most = HASH_COUNT(s->processes);
	struct killing *k = talloc_zero_size(t, sizeof(*k) + most * sizeof(k->pid[0]));

	if (!k)
		return NULL;
	k->group = group;
	k->result = -ESRCH;
	HASH_ITER(hh, s->processes, p, next) {
		if (p == self || !is_in_group(p, group))
			continue;
		if (may_signal(t, p->pid, sig))
			k->pid[k->count++] = p->pid;
		else
			note_outcome(k, -EPERM);
	}
	if (group != -1 && is_in_group(self, group))
		k->pid[k->count++] = self->pid;
	return k;
}

/*
 * To Landlock (Linux 6.12) guests of another pr exec are outside of the sender's domain. We are in
 * none: what the sender may do otherwise is ours to do.
 */
static bool is_apart(const struct tracee *t, pid_t pid)
{
	struct session *s = tracee_session(t);
	const struct process *p = s->sandbox ? process_find(s, pid) : NULL;

	return p && p->domain != t->process->domain;
}

static int kill_for(pid_t pid, int sig)
{
	return kill(pid, sig) < 0 ? -errno : 0;
}

/* The next target, or the call's result. */
static int go_on_killing(struct call *c)
{
	struct killing *k = c->t->killing;
	int r;

	while (k->next < k->count && is_apart(c->t, k->pid[k->next]))
		note_outcome(k, kill_for(k->pid[k->next++], (int)c->guest_arg[1]));
	r = k->result;
	if (k->next < k->count) {
		c->before = SC_kill;
		c->before_arg[0] = (uint64_t)k->pid[k->next++];
		c->before_arg[1] = c->guest_arg[1];
		c->before_quiet = true;
		return 0;
	}
	TALLOC_FREE(c->t->killing);
	return call_answer(c, r);
}

/*
 * SIGKILL tells nobody who sent it, and must not leave out who is born meanwhile. But a guest of
 * real root may have given up the rights that we have.
 */
static bool may_kill_for(const struct tracee *t, int sig)
{
	return sig == SIGKILL && (t->cred || geteuid() != 0);
}

static int kill_guests(struct call *c, pid_t group, int sig)
{
	struct killing *k = plan_killing(c->t, group, sig);

	if (!k)
		return -ENOMEM;
	c->t->killing = k;
	for (; may_kill_for(c->t, sig) && k->next < k->count; k->next++)
		note_outcome(k, kill_for(k->pid[k->next], sig));
	return go_on_killing(c);
}

/* Is everybody in the group fair game, the caller's companions outside included? */
static bool may_signal_group(const struct tracee *t, pid_t group, int sig)
{
	struct session *s = tracee_session(t);
	struct process *p, *next;

	if (!t->cred || cred_capable(t->cred, CAP_KILL))
		return true;
	if (group == getpgid(s->front_pid))
		return false;
	HASH_ITER(hh, s->processes, p, next)
		if (is_in_group(p, group) && !may_signal(t, p->pid, sig))
			return false;
	return true;
}

static int kill_group(struct call *c, pid_t group, int sig)
{
	const struct session *s = tracee_session(c->t);

	/*
	 * The front process minds its signals by itself, but for the one it cannot. In a sandbox
	 * nobody else outside is to be hit either.
	 */
	if ((sig == SIGKILL || s->sandbox) && group == getpgid(s->front_pid))
		return kill_guests(c, group, sig);
	if (may_signal_group(c->t, group, sig) && !is_apart(c->t, group))
		return 0;
	return kill_guests(c, group, sig);
}

static int kill_one(struct call *c, pid_t pid, int sig)
{
	int r = check_signal(c->t, pid, sig);

	return r == 0 && is_apart(c->t, pid) ? call_answer(c, kill_for(pid, sig)) : r;
}

int sys_kill(struct call *c)
{
	const struct session *s = tracee_session(c->t);
	pid_t pid = (pid_t)c->guest_arg[0];
	int sig = (int)c->guest_arg[1];

	if (c->t->killing) {
		note_outcome(c->t->killing, (int)c->before_result);
		return go_on_killing(c);
	}
	if (sig < 0 || sig > SIGRTMAX)
		return -EINVAL;
	if (pid == s->front_pid)
		return sig == 0 && !s->sandbox ? call_answer(c, 0) : -EPERM;
	if (session_is_ours(s, pid) || pid == -s->tracer_pid)
		return -ESRCH;
	if (pid == -1)
		return kill_guests(c, -1, sig);
	if (pid <= 0)
		return kill_group(c, pid == 0 ? getpgid(c->t->process->pid) : -pid, sig);
	return kill_one(c, pid, sig);
}

/* ---- the others ------------------------------------------------------------------------------ */

static int at_one(struct call *c, pid_t id, int sig)
{
	return session_is_ours(tracee_session(c->t), id) ? -ESRCH : check_signal(c->t, id, sig);
}

int sys_tkill(struct call *c)
{
	return at_one(c, (pid_t)c->guest_arg[0], (int)c->guest_arg[1]);
}

/* A thread of another process than that is none: ESRCH. */
static int at_thread_of(struct call *c)
{
	pid_t pid = (pid_t)c->guest_arg[0], tid = (pid_t)c->guest_arg[1];
	const struct tracee *on = tracee_find(tracee_session(c->t), tid);

	if (session_is_ours(tracee_session(c->t), pid))
		return -ESRCH;
	return on && on->process->pid != pid ? 0 : at_one(c, tid, (int)c->guest_arg[2]);
}

int sys_tgkill(struct call *c)
{
	return at_thread_of(c);
}

int sys_rt_sigqueueinfo(struct call *c)
{
	return at_one(c, (pid_t)c->guest_arg[0], (int)c->guest_arg[1]);
}

int sys_rt_tgsigqueueinfo(struct call *c)
{
	return at_thread_of(c);
}

int sys_pidfd_send_signal(struct call *c)
{
	pid_t pid = outside_pid_of(c->t, (int)c->guest_arg[0]);

	return pid > 0 ? check_signal(c->t, pid, (int)c->guest_arg[1]) : 0;
}
