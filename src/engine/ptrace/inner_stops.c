/* SPDX-License-Identifier: MIT */
/*
 * The stops of a thread with a guest tracer: which of ours it is shown, as what, and how the thread
 * goes on from there. ptrace(2), "Stopped states".
 *
 * Nearly every stop that it is to see is one that we have anyway, and all that it asks of the
 * thread there the kernel answers rightly. Where another is needed, a signal of ours brings it:
 * SIGSTOP of PTRACE_ATTACH, SIGTRAP behind an execve.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch/debug.h"
#include "arch/regs.h"
#include "engine/ptrace/agent.h"
#include "engine/ptrace/inner.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/worker.h"
#include "exec/plan.h"
#include "syscall/table.h"
#include "tracee/agent.h"
#include "tracee/session.h"
#include "tracee/sites.h"
#include "tracee/tracee.h"

bool inner_waits(const struct tracee *t)
{
	return t->waiting || (t->process->tracing && inner_is_tracer(t->process));
}

bool inner_concerns(const struct tracee *t)
{
	return t->inner || inner_waits(t);
}

/* Is it shown what happens? */
static bool is_watched(const struct tracee *t)
{
	return t->inner && t->inner->tracer && !t->inner->exec;
}

static bool has_seccomp(const struct tracee *t)
{
	return tracee_session(t)->has & HAS_SECCOMP;
}

static bool is_step(unsigned request)
{
	return request == PTRACE_SINGLESTEP || ARCH_IS_BLOCK_STEP(request);
}

static bool is_sysemu(unsigned request)
{
	return request == PTRACE_SYSEMU || request == PTRACE_SYSEMU_SINGLESTEP;
}

bool inner_steps(const struct tracee *t)
{
	return t->inner && is_step(t->inner->request) && !t->inner->exec;
}

/*
 * A step into a call is seen where a filter stops it. Where there is none the call is stopped
 * before it is made, and made by another resumption: no code can be stepped into that the guest
 * changes behind our look at it.
 */
long inner_request(const struct tracee *t, bool calls)
{
	const struct inner *in = t->inner;

	if (t->phase == PHASE_DETOUR || in->exec == EXEC_LOADING || in->step)
		return PTRACE_SYSCALL;
	if (in->exec == EXEC_STEPPING)
		return PTRACE_SINGLESTEP;
	if (is_step(in->request))
		return has_seccomp(t) || t->phase == PHASE_CALL ? (long)in->request
								: PTRACE_SYSEMU_SINGLESTEP;
	if (in->request == PTRACE_SYSCALL)
		return PTRACE_SYSCALL;
	if (is_sysemu(in->request) && t->phase == PHASE_RUN)
		return in->request;
	return calls ? PTRACE_SYSCALL : PTRACE_CONT;
}

/* Any stop ends what PTRACE_INTERRUPT asked for, those that the tracer does not see as well. */
static void interrupt_again(struct tracee *t)
{
	if (t->inner->interrupted && t->inner->held == HELD_NOT)
		ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}

void inner_settle(struct tracee *t)
{
	const unsigned long known = PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT;
	const unsigned long wanted = t->inner->tracer ? t->inner->options & known : 0;

	interrupt_again(t);
	if (wanted == t->inner->applied)
		return;
	t->inner->applied = wanted;
	ptrace(PTRACE_SETOPTIONS, t->tid, 0,
	       (unsigned long)loop_ptrace_options | wanted |
		       (t->tells_end ? (unsigned long)PTRACE_O_TRACEEXIT : 0));
}

/* ---- standing still ------------------------------------------------------------------------- */

/* Its code as its files have it, once nobody can run it: what debuggers look at. */
static void restore_text(struct tracee *t)
{
	struct tracee *other, *next;

	if (!t->mm || !t->mm->agent || !t->mm->agent->off)
		return;
	HASH_ITER(hh, tracee_session(t)->tracees, other, next)
	if (other->mm == t->mm && (!other->inner || other->inner->held <= HELD_LISTENING))
		return;
	sites_restore(t, 0, UINT64_MAX);
}

/* `code`: a signal, and an event above it, as in a wait status without its lowest byte. */
void inner_hold(struct tracee *t, enum inner_held held, int code)
{
	struct inner *in = t->inner;

	in->held = held;
	in->report = code << 8 | 0x7f;
	in->order = ++tracee_session(t)->inner_order;
	t->stands = true;
	in->newborn = false;
	in->interrupted = false;
	restore_text(t);
	inner_tell(in->tracer->process, t, in->report);
}

static int call_code(const struct inner *in)
{
	return SIGTRAP | (in->options & PTRACE_O_TRACESYSGOOD ? 0x80 : 0);
}

/* In the agent, which is off, calls may be made still that were begun in there. */
static bool is_in_window(const struct tracee *t)
{
	const struct agent_host *h = tracee_session(t)->agents;

	return h && t->mm && t->mm->agent && t->call.ip - h->window < LOADER_AREA;
}

/* Not made: made by a resumption that stops at its end. */
static void step_into_call(struct tracee *t)
{
	t->inner->step = STEP_SKIPPED;
	regs_rerun(t);
	loop_resume(t, 0);
}

/* A tracer's call may change what becomes of its SIGCHLD. */
static void note_call(struct tracee *t)
{
	if (!t->process->tracing || !t->call.abi)
		return;
	switch (sys_id(t->call.abi, (unsigned)t->call.guest_nr)) {
	case SC_rt_sigaction:
	case SC_sigaction:
	case SC_signal:
	case SC_rt_sigprocmask:
	case SC_sigprocmask:
	case SC_rt_sigreturn:
	case SC_sigreturn:
	case SC_sigsuspend:
	case SC_rt_sigsuspend:
	case SC_ppoll:
	case SC_ppoll_time64:
	case SC_pselect6:
	case SC_pselect6_time64:
	case SC_clone:
	case SC_clone3:
	case SC_execve:
	case SC_execveat:
	case SC_epoll_pwait:
	case SC_epoll_pwait2:
		t->process->tracing->hears = HEARS_UNKNOWN;
		break;
	default:
		break;
	}
}

static bool entry_is_kept(struct tracee *t)
{
	struct inner *in = t->inner;

	note_call(t);
	if (inner_wait_is_ours(t))
		return false;
	if (is_watched(t) && !in->again && !is_in_window(t) &&
	    (in->request == PTRACE_SYSCALL || is_sysemu(in->request))) {
		in->emulated = is_sysemu(in->request);
		inner_hold(t, HELD_ENTRY, call_code(in));
		return true;
	}
	if (inner_steps(t) && !has_seccomp(t) && !in->step) {
		step_into_call(t);
		return true;
	}
	inner_wait_begins(t);
	return false;
}

/* By a filter of the guest's own, which is also asked about what the loader calls. */
static bool filter_is_heard(struct tracee *t)
{
	struct inner *in = t->inner;

	if (!in || t->strict || !(in->options & PTRACE_O_TRACESECCOMP))
		return false;
	if (is_watched(t) && !in->again)
		inner_hold(t, HELD_SECCOMP, SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
	else if (in->exec && t->mm->image_base == tracee_session(t)->exec_host->window)
		loop_resume(t, 0);
	else
		loop_enter_again(t);
	return true;
}

bool inner_call_begins(struct tracee *t, enum call_stop stop)
{
	struct session *s = tracee_session(t);
	struct inner *in = t->inner;
	bool stays = false;

	session_lock(s);
	if (t->waiting)
		inner_wait_goes_on(t);
	if (t->entry_op == PTRACE_SYSCALL_INFO_ENTRY)
		stays = entry_is_kept(t);
	else if (stop == CALL_STOP_FOREIGN)
		stays = filter_is_heard(t);
	if (in && t->entry_op != PTRACE_SYSCALL_INFO_ENTRY)
		in->again = false;
	session_unlock(s);
	return stays;
}

/* A call stepped over where no filter is. */
static void step_call_ended(struct tracee *t)
{
	struct inner *in = t->inner;

	if (in->step == STEP_SKIPPED) {
		in->step = STEP_MADE;
		return;
	}
	in->step = STEP_NONE;
	in->trap_sent = true;
	syscall(SYS_tgkill, t->process->pid, t->tid, SIGTRAP);
}

static bool exit_is_kept(struct tracee *t)
{
	struct inner *in = t->inner;

	if (in && in->exec)
		return inner_exec_call_ended(t);
	if (in && in->step) {
		step_call_ended(t);
		return false;
	}
	if (!is_watched(t) || in->request != PTRACE_SYSCALL || is_in_window(t))
		return false;
	inner_hold(t, HELD_EXIT, call_code(in));
	return true;
}

bool inner_call_ended(struct tracee *t)
{
	struct session *s = tracee_session(t);
	bool stays;

	session_lock(s);
	if (t->inner)
		t->inner->again = false;
	if (t->waiting)
		inner_wait_ended(t);
	stays = exit_is_kept(t);
	session_unlock(s);
	return stays;
}

void inner_call_again(struct tracee *t)
{
	if (t->inner)
		t->inner->again = true;
}

/* ---- signals -------------------------------------------------------------------------------- */

static bool is_from_us(const struct tracee *t, const siginfo_t *info)
{
	return (info->si_code == SI_TKILL || info->si_code == SI_USER) &&
	       info->si_pid == tracee_session(t)->tracer_pid;
}

/* As do_notify_parent_cldstop and do_notify_parent would have it. */
static void show_child(struct tracee *t, siginfo_t *info)
{
	const struct inner_tracer *tracing = t->process->tracing;
	const int status = tracing->told_status;

	info->si_pid = tracing->told;
	if (WIFSTOPPED(status)) {
		info->si_code = CLD_TRAPPED;
		info->si_status = status >> 8 & 0x7f;
	} else {
		info->si_code = WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
		info->si_status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	}
	ptrace(PTRACE_SETSIGINFO, t->tid, 0, info);
}

/* What the kernel would have sent in our place. */
static void show_own(struct tracee *t, siginfo_t *info)
{
	struct inner *in = t->inner;

	if (info->si_signo == SIGSTOP && in->stop_sent) {
		in->stop_sent = false;
		info->si_code = in->attached ? SI_KERNEL : SI_USER;
		in->attached = false;
		info->si_pid = 0;
		info->si_uid = 0;
	} else if (info->si_signo == SIGTRAP && in->trap_sent) {
		in->trap_sent = false;
		info->si_code = SI_USER;
		info->si_pid = t->process->pid;
	} else {
		return;
	}
	ptrace(PTRACE_SETSIGINFO, t->tid, 0, info);
}

void inner_show_signal(struct tracee *t, int sig)
{
	siginfo_t info;

	if (ptrace(PTRACE_GETSIGINFO, t->tid, 0, &info) < 0 || !is_from_us(t, &info))
		return;
	if (t->process->tracing && sig == SIGCHLD)
		show_child(t, &info);
	else if (is_watched(t))
		show_own(t, &info);
}

bool inner_signal(struct tracee *t, int sig)
{
	if (t->inner->exec)
		return inner_exec_signal(t, sig);
	if (!is_watched(t))
		return false;
	t->inner->again = false;
	inner_hold(t, HELD_SIGNAL, sig);
	return true;
}

/* ---- stops of PTRACE_EVENT_STOP ------------------------------------------------------------- */

/* Out of the stubs and the agent: what is looked at is the guest's. */
static void leave_ours(struct tracee *t)
{
	if (regs_leave_stub(t) == 0)
		agent_leave(t, 0);
}

/* A thread's first, by its parent's tracer: SIGSTOP, unless it is seized. */
static bool first_stop(struct tracee *t)
{
	struct inner *in = t->inner;

	if (in->seized)
		return false;
	in->newborn = false;
	in->stop_sent = true;
	syscall(SYS_tgkill, t->process->pid, t->tid, SIGSTOP);
	return true;
}

bool inner_trap(struct tracee *t)
{
	struct inner *in = t->inner;
	bool poked = t->poked;

	t->poked = false;
	if (!is_watched(t) || (in->newborn && first_stop(t)) || !in->seized)
		return false;
	if (poked && !in->interrupted && !in->newborn)
		return false;
	leave_ours(t);
	in->by_group = false;
	inner_hold(t, HELD_STOP, SIGTRAP | PTRACE_EVENT_STOP << 8);
	return true;
}

bool inner_group_stop(struct tracee *t, int sig)
{
	struct inner *in = t->inner;

	if (!is_watched(t))
		return false;
	if (t->phase == PHASE_LISTEN)
		t->phase = PHASE_RUN;
	leave_ours(t);
	in->by_group = true;
	inner_hold(t, HELD_STOP, in->seized ? sig | PTRACE_EVENT_STOP << 8 : sig);
	return true;
}

/* Of those that are the kernel's own, with all that is asked about them. */
bool inner_event(struct tracee *t, int event)
{
	if (!is_watched(t) || !(t->inner->options & 1ul << event))
		return false;
	inner_hold(t, HELD_EVENT, SIGTRAP | event << 8);
	return true;
}

/* ---- going on ------------------------------------------------------------------------------- */

/* The call may be another by now: it is read again, and then ours to translate. */
static void go_on_from_call(struct tracee *t, enum inner_held from, int sig)
{
	const bool unseen = from == HELD_SECCOMP || !has_seccomp(t);
	enum call_stop stop;

	if (sig)
		syscall(SYS_tgkill, t->process->pid, t->tid, sig);
	if (regs_read_call(t, &stop) < 0 || stop == CALL_STOP_NONE || stop == CALL_STOP_EXIT ||
	    t->call.guest_nr == -1 || (from == HELD_ENTRY && t->inner->emulated))
		loop_resume(t, 0);
	else if (unseen)
		loop_enter_again(t);
	else {
		inner_wait_begins(t);
		loop_resume(t, 0);
	}
}

void inner_release(struct tracee *t, enum inner_held from, int sig)
{
	t->inner->held = HELD_NOT;
	t->stands = false;
	t->inner->report = 0;
	switch (from) {
	case HELD_ENTRY:
	case HELD_SECCOMP:
		go_on_from_call(t, from, sig);
		break;
	case HELD_EXEC:
	case HELD_EXEC_EXIT:
		inner_exec_next(t, from);
		break;
	case HELD_STOP:
		loop_resume(t, 0);
		break;
	default:
		loop_resume(t, sig);
		break;
	}
}
