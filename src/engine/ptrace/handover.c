/* SPDX-License-Identifier: MIT */
/*
 * A new process changes hands: from the worker that saw its birth, busy with others, to one that
 * is not. Between the two nobody traces it, so it is parked: all signals blocked, its registers
 * set to run pause(2) from the very instruction that made it. The new owner seizes it, and in
 * its first stop gives it back its registers and mask.
 *
 * A guest that is killed meanwhile is found dead by the seize; SIGSTOP, which nothing blocks, stops
 * it as it should. Should we end before it is seized, it is killed: s->transit names it.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <talloc.h>
#include <unistd.h>

#include "arch/regs.h"
#include "base/log.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/worker.h"
#include "syscall/table.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* What a parked guest gets back. Child of the tracee. */
struct arrival {
	struct regset regs;
	uint64_t mask;
};

struct worker *handover_target(struct tracee *child, const struct tracee *parent)
{
	struct session *s = tracee_session(child);
	struct worker *calm = NULL;

	if (s->worker_count < 2 || child->process == parent->process ||
	    !pin_is_busy(parent->worker, parent->process))
		return NULL;
	/* a tracer and what it traces are served best by one */
	if (parent->inner || child->inner || parent->process->tracing)
		return NULL;
	if (parent->process->own_seccomp) /* its filters judge pause(2) too */
		return NULL;
	for (unsigned i = 0; i < s->worker_count; i++) {
		struct worker *w = &s->workers[i];
		if (w == parent->worker)
			continue;
		if (w->idle && !w->inbox)
			return w;
		if (!pin_is_busy(w, NULL))
			calm = w;
	}
	return calm;
}

/* One of a program that its user may not read is traced from birth or never (ptrace(2)). */
static bool may_be_seized(const struct tracee *t)
{
	char byte;
	struct iovec here = { &byte, 1 }, nowhere = { NULL, 1 };

	return process_vm_readv(t->tid, &here, 1, &nowhere, 1, 0) < 0 && errno == EFAULT;
}

/* False where there is no room for it, or nobody is to be let go any more. */
static bool enter_transit(struct session *s, pid_t tid)
{
	for (unsigned i = 0; i < TRANSIT_MAX; i++)
		if (s->transit->tid[i] == 0) {
			s->transit->tid[i] = tid;
			return !s->transit->closed;
		}
	return false;
}

static void leave_transit(struct session *s, pid_t tid)
{
	for (unsigned i = 0; i < TRANSIT_MAX; i++)
		if (s->transit->tid[i] == tid)
			s->transit->tid[i] = 0;
}

void handover_kill_all(struct transit *transit)
{
	transit->closed = true;
	for (unsigned i = 0; i < TRANSIT_MAX; i++)
		if (transit->tid[i] != 0)
			kill(transit->tid[i], SIGKILL);
}

/* The call instruction that it stands behind is to wait for ever. */
static int park_at_call(struct regset *regs, const struct abi *abi)
{
	const struct abi_regs *where = abi->regs;
	struct reg_changes changes = { 0 };
	int nr = sys_number(abi, SC_pause);

	if (nr < 0) { /* newer machines have it as ppoll(NULL, 0, NULL, NULL) */
		nr = sys_number(abi, SC_ppoll);
		for (int i = 0; i < 4; i++)
			reg_change(&changes, where->arg[i], 0);
	}
	reg_change(&changes, where->ip, arch_reg(regs, where->ip) - regset_call_bytes(regs));
	reg_change(&changes, where->nr_in, (unsigned long)nr);
	reg_change(&changes, where->nr, -1ul);
	arch_regs_apply(regs, &changes);
	return nr < 0 ? -ENOSYS : 0;
}

static int park(struct tracee *t)
{
	struct __ptrace_syscall_info info;
	uint64_t all = ~UINT64_C(0);
	struct regset regs;
	const struct abi *abi;
	struct arrival *a = talloc(t, struct arrival);

	if (!a || ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) < 0 ||
	    regset_read(t->tid, &a->regs) < 0 ||
	    ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(a->mask), &a->mask) < 0)
		return -ESRCH;
	abi = abi_by_audit_arch(info.arch);
	if (!abi)
		return -EINVAL;
	regs = a->regs;
	if (park_at_call(&regs, abi) < 0)
		return -ENOSYS;
	t->arrival = a;
	if (ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0 ||
	    regset_write(t->tid, &regs) < 0)
		return -ESRCH;
	return 0;
}

/* False where it stays ours, and in its stop. */
static bool let_go(struct tracee *t)
{
	struct session *s = tracee_session(t);

	if (!may_be_seized(t))
		return false;
	if (enter_transit(s, t->tid) && park(t) == 0 && ptrace(PTRACE_DETACH, t->tid, 0, 0) == 0)
		return true;
	leave_transit(s, t->tid);
	handover_arrived(t);
	return false;
}

void handover_give(struct tracee *t, struct worker *to)
{
	pin_release(t);
	if (!let_go(t)) {
		loop_resume(t, 0);
		return;
	}
	log_debug("%d goes to worker %d", t->tid, to->tid);
	t->worker = to;
	t->next = to->inbox;
	to->inbox = t;
	if (to->idle) {
		to->idle = false;
		sem_post(&to->wake);
		return;
	}
	/* It may be on its way into the wait: the ticks get it out again in any case. */
	worker_want_ticks(to, true);
	syscall(SYS_tgkill, tracee_session(t)->tracer_pid, to->tid, SIGALRM);
}

void handover_take_inbox(struct worker *w)
{
	struct tracee *t, *next;

	for (t = w->inbox; t; t = next) {
		pid_t tid = t->tid;

		next = t->next;
		t->next = NULL;
		if (ptrace(PTRACE_SEIZE, tid, 0, loop_ptrace_options) == 0) {
			ptrace(PTRACE_INTERRUPT, tid, 0, 0);
		} else {
			kill(tid, SIGKILL); /* nobody can serve it, if it is not dead already */
			loop_on_gone(w, t);
		}
		leave_transit(w->session, tid);
	}
	w->inbox = NULL;
}

bool handover_arrived(struct tracee *t)
{
	struct arrival *a = t->arrival;

	if (!a)
		return false;
	regset_write(t->tid, &a->regs);
	ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(a->mask), &a->mask);
	TALLOC_FREE(t->arrival);
	return true;
}
