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
#include <unistd.h>

#include "ident/cred.h"
#include "ident/reach.h"
#include "syscall/handlers.h"
#include "syscall/outside.h"
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
 * We send it, and the kernel takes us for the sender: who it was is told when the signal comes
 * (siginfo.c).
 */
static int send_for(const struct tracee *t, struct process *to, int sig)
{
	if (!may_signal(t, to->pid, sig))
		return -EPERM;
	if (t->cred)
		to->killer = (struct killer){ t->process->pid, t->cred->uid };
	return kill(to->pid, sig) < 0 ? -errno : 0;
}

/*
 * kill(2) at everybody, or at a group of which not all may be hit: told to the guests one by one,
 * the caller last. For -1 the caller itself is left out, as the kernel does.
 */
static int kill_guests(const struct tracee *t, pid_t group, int sig)
{
	struct session *s = tracee_session(t);
	struct process *self = t->process, *p, *next;
	int last = -ESRCH, r;
	bool sent = false;

	HASH_ITER(hh, s->processes, p, next) {
		if (p == self || !is_in_group(p, group))
			continue;
		r = send_for(t, p, sig);
		sent |= r == 0 || (group == -1 && r == -EPERM); /* __kill_something_info */
		last = r;
	}
	if (group != -1 && is_in_group(self, group)) {
		last = send_for(t, self, sig);
		sent |= last == 0;
	}
	return sent ? 0 : last;
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
		return call_answer(c, kill_guests(c->t, group, sig));
	if (may_signal_group(c->t, group, sig))
		return 0;
	return call_answer(c, kill_guests(c->t, group, sig));
}

int sys_kill(struct call *c)
{
	const struct session *s = tracee_session(c->t);
	pid_t pid = (pid_t)c->guest_arg[0];
	int sig = (int)c->guest_arg[1];

	if (sig < 0 || sig > SIGRTMAX)
		return -EINVAL;
	if (pid == s->front_pid)
		return sig == 0 && !s->sandbox ? call_answer(c, 0) : -EPERM;
	if (session_is_ours(s, pid) || pid == -s->tracer_pid)
		return -ESRCH;
	if (pid == -1)
		return call_answer(c, kill_guests(c->t, -1, sig));
	if (pid <= 0)
		return kill_group(c, pid == 0 ? getpgid(c->t->process->pid) : -pid, sig);
	return check_signal(c->t, pid, sig);
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
