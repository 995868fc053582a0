/* SPDX-License-Identifier: MIT */
/*
 * One stop: name it, serve it, let the guest go on. Nothing in here waits, but for the session's
 * lock. A thread is its worker's alone: what reads or writes only that thread, its registers first
 * of all, is done without the lock.
 *
 * Any request may fail with ESRCH because the guest was killed while it stood still: that is
 * never an error, its exit notice follows.
 */
#include "engine/ptrace/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <talloc.h>

#include "arch/regs.h"
#include "base/log.h"
#include "engine/ptrace/agent.h"
#include "engine/ptrace/filter.h"
#include "engine/ptrace/inner.h"
#include "engine/ptrace/regs.h"
#include "engine/ptrace/start.h"
#include "engine/ptrace/stats.h"
#include "engine/ptrace/stop.h"
#include "engine/ptrace/worker.h"
#include "syscall/dispatch.h"
#include "syscall/exec.h"
#include "syscall/siginfo.h"
#include "syscall/sysvipc.h"
#include "syscall/table.h"
#include "tracee/agent.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/sites.h"
#include "tracee/tracee.h"

void tracee_fail(struct tracee *t, const char *why)
{
	fprintf(stderr, "pr: process %d killed: %s\n", t->process->pid, why);
	kill(t->process->pid, SIGKILL);
}

void loop_resume(struct tracee *t, int sig)
{
	bool stop_at_calls = !(tracee_session(t)->has & HAS_SECCOMP) || t->phase == PHASE_CALL ||
			     t->phase == PHASE_DETOUR || inner_waits(t);
	long request = stop_at_calls ? PTRACE_SYSCALL : PTRACE_CONT;

	if (t->inner) {
		inner_settle(t);
		request = inner_request(t, stop_at_calls);
	}

	if (ptrace(request, t->tid, 0, sig) < 0 && errno != ESRCH)
		tracee_fail(t, "cannot be resumed");
}

static void drop_call(struct tracee *t)
{
	TALLOC_FREE(t->call.data);
	TALLOC_FREE(t->call.held);
}

static void end_call(struct tracee *t)
{
	drop_call(t);
	t->call.made = 0;
	t->phase = PHASE_RUN;
}

/* A guest tracer is to find the call's number, which was taken away from the kernel, at its end. */
static bool keeps_answer(struct tracee *t)
{
	if (!t->inner || !(t->call.flags & CALL_ANSWERED) || !t->call.abi)
		return false;
	t->call.nr = -1;
	t->call.at_exit = NULL;
	return true;
}

/*
 * Carries out what the handlers decided; the registers come back by the cheapest way there is.
 * True: the guest is to go on.
 */
static bool commit(struct tracee *t)
{
	struct session *s = tracee_session(t);
	struct call *c = &t->call;
	bool want_exit = (c->flags & (CALL_WANT_EXIT | CALL_ANSWERED)) == CALL_WANT_EXIT;
	enum regs_return how = RETURN_BY_STUB;
	int r;

	if (c->need_bytes) {
		drop_call(t);
		detour_lend_memory(t);
		return false;
	}
	if (c->before != SC_none && !(c->flags & CALL_ANSWERED)) {
		drop_call(t);
		detour_call(t);
		return false;
	}
	if (t->quiet)
		detour_release_signals(t);
	if (want_exit || t->inner || !(s->has & HAS_STUB) || !(s->has & HAS_SECCOMP) ||
	    t->process->place_seccomp || !regs_fit_stub(t))
		how = RETURN_BY_EXIT_STOP;
	r = regs_commit(t, how);
	if (r == -ENOSPC || r == -EFAULT) {
		drop_call(t);
		if (regs_is_there(t))
			detour_make_area(t);
		return false;
	}
	if (want_exit || (how == RETURN_BY_EXIT_STOP && (c->flags & CALL_CHANGED)) ||
	    keeps_answer(t))
		t->phase = PHASE_CALL;
	else
		end_call(t);
	if (r < 0 && regs_is_there(t)) {
		tracee_fail(t, "its registers cannot be written");
		return false;
	}
	return true;
}

/* Once, in a first process's first stop, before its exec closes the descriptor. */
static void take_listener(struct tracee *t)
{
	if (*t->listener_fd >= 0)
		listener_take(tracee_session(t), t->tid, *t->listener_fd);
	t->listener_fd = NULL;
}

/* Where no filter of ours decides that a call stops. */
static bool is_for_us(struct tracee *t)
{
	const struct call *c = &t->call;

	return filter_verdict(tracee_session(t)->filter, c->abi, (unsigned)c->guest_nr,
			      c->guest_arg) != V_PASS;
}

static void serve_entry(struct tracee *t, enum call_stop stop)
{
	struct session *s = tracee_session(t);
	struct call *c = &t->call;

	if (t->listener_fd)
		take_listener(t);
	s->stage.len = 0;
	s->stage.count = 0;
	s->stage.pointer_count = 0;
	session_walk_as(s, t);
	if (!c->abi || stop == CALL_STOP_FOREIGN) /* as where a filter's tracer is missing */
		call_answer(c, -ENOSYS);
	else if ((s->has & HAS_SECCOMP) || is_for_us(t))
		dispatch_enter(c);
	if (c->abi == &abis[0])
		sites_consider(t, c->ip, (unsigned)c->guest_nr, c->guest_arg);
	if (stop == CALL_STOP_FOREIGN && t->strict)
		kill(t->process->pid, SIGKILL);
}

/*
 * An answer is a matter of registers alone; a changed call is still in the session's buffers, and
 * what a call held may be known to others.
 */
static bool is_shared(const struct call *c)
{
	return c->need_bytes || !(c->flags & CALL_ANSWERED) || c->data || c->held;
}

void loop_enter_again(struct tracee *t)
{
	if (!(tracee_session(t)->has & HAS_SECCOMP) || is_for_us(t))
		serve_entry(t, CALL_STOP_ENTRY);
	if (commit(t))
		loop_resume(t, 0);
}

void loop_answered(struct tracee *t)
{
	t->asks_elsewhere = false;
	if (commit(t))
		loop_resume(t, 0);
}

static void on_entry(struct tracee *t, enum call_stop stop)
{
	struct session *s = tracee_session(t);
	bool keep, go_on;

	session_lock(s);
	serve_entry(t, stop);
	if (t->asks_elsewhere) {
		session_unlock(s);
		return;
	}
	keep = is_shared(&t->call);
	if (!keep)
		session_unlock(s);
	go_on = commit(t);
	if (keep)
		session_unlock(s);
	if (go_on)
		loop_resume(t, 0);
}

/* Results of which the guest never hears: the kernel runs the call again, or ends it by EINTR. */
static bool is_restart(int64_t result)
{
	return result <= -512 && result >= -516;
}

/* With the lock. */
static void call_ended(struct tracee *t)
{
	struct session *s = tracee_session(t);
	struct call *c = &t->call;
	int changed = 0;

	dispatch_left(t);
	session_walk_as(s, t);
	if (c->at_exit && (!is_restart(c->result) || (c->flags & CALL_WAITS)))
		changed = c->at_exit(c);
	regs_restore(t, changed);
	end_call(t);
}

static void on_exit_stop(struct tracee *t)
{
	struct session *s = tracee_session(t);

	if (t->phase == PHASE_CALL) {
		session_lock(s);
		call_ended(t);
		session_unlock(s);
	}
	if (!inner_concerns(t) || !inner_call_ended(t))
		loop_resume(t, 0);
}

/* A step over a call ends in a signal, where others end in their exit stop. */
static void end_stepped_call(struct tracee *t)
{
	uint64_t result;

	if (t->phase != PHASE_CALL || !t->inner || !inner_steps(t) || !t->call.abi ||
	    regset_peek(t->tid, t->call.abi->regs->result, &result) < 0)
		return;
	t->call.result = (int64_t)result;
	call_ended(t);
}

static void on_detour_stop(struct tracee *t, enum call_stop stop)
{
	struct session *s = tracee_session(t);

	if (stop != CALL_STOP_EXIT) {
		loop_resume(t, 0);
		return;
	}
	session_lock(s);
	detour_ended(t);
	session_unlock(s);
}

/* Where a filter decides, it is asked behind the stop in front of a call. */
static void on_call_begins(struct tracee *t, enum call_stop stop)
{
	if (inner_concerns(t) && inner_call_begins(t, stop))
		return;
	if ((tracee_session(t)->has & HAS_SECCOMP) && t->entry_op == PTRACE_SYSCALL_INFO_ENTRY)
		loop_resume(t, 0);
	else
		on_entry(t, stop);
}

static void on_syscall(struct tracee *t)
{
	enum call_stop stop;
	int r = regs_read_call(t, &stop);

	if (r < 0 || stop == CALL_STOP_NONE) {
		loop_resume(t, 0);
		return;
	}
	stats_call(t, stop);
	if (t->phase == PHASE_DETOUR)
		on_detour_stop(t, stop);
	else if (stop == CALL_STOP_EXIT)
		on_exit_stop(t);
	else
		on_call_begins(t, stop);
}

static void tell_sender(struct tracee *t)
{
	siginfo_t info;

	if (ptrace(PTRACE_GETSIGINFO, t->tid, 0, &info) == 0 && siginfo_tell(t, &info))
		ptrace(PTRACE_SETSIGINFO, t->tid, 0, &info);
}

/*
 * A fault of the stub itself: the guest has put something else in its place. The call is done and
 * the registers are the guest's again, so nothing has happened, but for the area.
 */
static bool is_stub_fault(struct tracee *t, int sig)
{
	siginfo_t info;

	return (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL) &&
	       ptrace(PTRACE_GETSIGINFO, t->tid, 0, &info) == 0 && info.si_code > 0;
}

/* The last that it does: nothing that it waits for may be given to it any more. */
static void on_end(struct tracee *t)
{
	if (!tracee_session(t)->sysvipc)
		return;
	end_call(t);
	sysvipc_ends(t);
}

static void on_signal(struct tracee *t, int sig)
{
	if (t->cut_wait.ip)
		sysvipc_signal(t, sig);
	end_stepped_call(t);
	if (regs_leave_stub(t) > 0 && is_stub_fault(t, sig)) {
		if (t->slot >= 0)
			detour_forget_area(t);
		sig = 0;
	} else if (agent_leave(t, sig) == AGENT_FAULTED) {
		sig = 0;
	} else {
		if (t->inner || t->process->tracing)
			inner_show_signal(t, sig);
		if (t->cred || tracee_session(t)->sandbox)
			tell_sender(t);
		if (t->inner && inner_signal(t, sig))
			return;
	}
	loop_resume(t, sig);
}

static void on_exec(struct session *s, struct tracee *t, pid_t tid)
{
	unsigned long former = (unsigned long)tid;
	struct tracee *leader;
	uint64_t ip, sp;

	ptrace(PTRACE_GETEVENTMSG, tid, 0, &former);
	if ((pid_t)former != tid) {
		leader = t;
		t = tracee_find(s, (pid_t)former);
		if (!t) { /* never announced: nothing is known of the program it runs */
			kill(tid, SIGKILL);
			return;
		}
		if (leader) {
			pin_forget(leader);
			inner_gone(leader, -1);
			tracee_free(leader);
		}
		tracee_rename(t, tid);
	}
	t->inflight.active = false;
	t->call.flags &= ~(unsigned)CALL_CHANGED;
	if (regs_read_place(t, &ip, &sp) < 0)
		return;
	if (exec_committed(t, ip, sp) < 0)
		tracee_fail(t, "the new program could not be told where it is");
	if (!inner_exec(t, (pid_t)former))
		loop_resume(t, 0);
}

/* A first stop, or the end of a group-stop. */
static void on_trap(struct tracee *t)
{
	struct worker *to = t->give_to;

	if (!t->begun)
		t->poked = true;
	birth_settle(t);
	t->give_to = NULL;
	if (t->phase == PHASE_LISTEN)
		t->phase = PHASE_RUN;
	if (to) {
		handover_give(t, to);
		return;
	}
	if (handover_arrived(t))
		t->poked = true;
	end_stepped_call(t);
	if (!inner_trap(t))
		loop_resume(t, 0);
}

static void on_group_stop(struct tracee *t, int sig)
{
	t->give_to = NULL;
	handover_arrived(t);
	end_stepped_call(t);
	if (inner_group_stop(t, sig))
		return;
	t->phase = t->phase == PHASE_RUN ? PHASE_LISTEN : t->phase;
	if (ptrace(PTRACE_LISTEN, t->tid, 0, 0) < 0 && errno != ESRCH)
		loop_resume(t, 0);
}

void loop_on_gone(struct worker *w, struct tracee *t)
{
	struct session *s = w->session;
	bool is_main = t->tid == s->main_pid;

	pin_forget(t);
	inner_gone(t, -1);
	on_end(t);
	tracee_free(t);
	if (is_main)
		ending_main_gone(s);
}

/* Of a thread that nobody told us of yet. */
static void on_stranger(struct worker *w, pid_t tid, enum stop stop, int value)
{
	struct session *s = w->session;

	if (stop == STOP_TRAP || stop == STOP_GROUP)
		birth_first_stop(w, tid, stop == STOP_GROUP ? value : 0);
	else if (stop == STOP_EXEC)
		on_exec(s, NULL, tid);
	else if (stop == STOP_EXITED || stop == STOP_KILLED)
		birth_died_early(s, tid);
}

/* All but the stop at a call. */
static void on_event(struct worker *w, struct tracee *t, enum stop stop, int value)
{
	struct session *s = w->session;

	switch (stop) {
	case STOP_KILLED:
		agent_was_killed(t);
		loop_on_gone(w, t);
		break;
	case STOP_EXITED:
		loop_on_gone(w, t);
		break;
	case STOP_SYSCALL:
		break;
	case STOP_BIRTH:
		pin_at_stop(t);
		birth_announced(s, t, value);
		break;
	case STOP_EXEC:
		on_exec(s, t, t->tid);
		break;
	case STOP_GROUP:
		birth_settle(t);
		on_group_stop(t, value);
		break;
	case STOP_TRAP:
		on_trap(t);
		break;
	case STOP_EVENT:
		if (value == PTRACE_EVENT_EXIT)
			on_end(t);
		if (!inner_event(t, value))
			loop_resume(t, 0);
		break;
	case STOP_SIGNAL:
		on_signal(t, value);
		break;
	}
}

void loop_on_stop(struct worker *w, pid_t tid, int status)
{
	struct session *s = w->session;
	int value;
	enum stop stop = stop_decode(status, &value);
	struct tracee *t;

	session_lock(s);
	t = tracee_find(s, tid);
	s->stops++;
	stats_stop(s, stop);
	log_debug("%d stop %d value %d phase %d", tid, stop, value, t ? (int)t->phase : -1);
	if (t && (stop == STOP_EXITED || stop == STOP_KILLED))
		inner_gone(t, status);
	if (t && stop == STOP_SYSCALL)
		pin_at_stop(t);
	else if (t)
		on_event(w, t, stop, value);
	else
		on_stranger(w, tid, stop, value);
	session_unlock(s);
	if (t && stop == STOP_SYSCALL)
		on_syscall(t);
}
