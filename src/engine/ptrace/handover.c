/* SPDX-License-Identifier: MIT */
/*
 * A new process changes hands: from the worker that saw its birth, busy with others, to one that
 * is not. Between the two nobody traces it, so it is parked: all signals blocked, its registers
 * set to run pause(2) from the very instruction that made it. The new owner seizes it, and in
 * its first stop gives it back its registers and mask.
 *
 * A guest that is killed meanwhile is found dead by the seize; a stop signal waits in the stop.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <talloc.h>
#include <unistd.h>

#include "arch/area.h"
#include "arch/regs.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/worker.h"
#include "syscall/table.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* What a parked guest gets back. Child of the tracee. */
struct arrival {
	struct user_regs_struct regs;
	uint64_t mask;
};

struct worker *handover_target(struct tracee *child, const struct tracee *parent)
{
	struct session *s = tracee_session(child);
	struct worker *calm = NULL;

	if (s->worker_count < 2 || child->process == parent->process ||
	    !pin_is_busy(parent->worker, parent->process))
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

static int park(struct tracee *t)
{
	struct __ptrace_syscall_info info;
	struct user_regs_struct regs;
	uint64_t all = ~UINT64_C(0);
	const struct abi *abi;
	struct arrival *a = talloc(t, struct arrival);

	if (!a || ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) < 0 ||
	    ptrace(PTRACE_GETREGS, t->tid, 0, &a->regs) < 0 ||
	    ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(a->mask), &a->mask) < 0)
		return -ESRCH;
	abi = abi_by_audit_arch(info.arch);
	if (!abi)
		return -EINVAL;
	regs = a->regs;
	arch_reg_set(&regs, abi->regs->ip, arch_reg(&regs, abi->regs->ip) - AREA_STUB_ENTRY);
	arch_reg_set(&regs, abi->regs->result, (unsigned long)sys_number(abi, SC_pause));
	arch_reg_set(&regs, abi->regs->nr, (unsigned long)-1);
	t->arrival = a;
	if (ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0 ||
	    ptrace(PTRACE_SETREGS, t->tid, 0, &regs) < 0)
		return -ESRCH;
	return 0;
}

void handover_give(struct tracee *t, struct worker *to)
{
	pin_release(t);
	if (park(t) < 0 || ptrace(PTRACE_DETACH, t->tid, 0, 0) < 0) {
		loop_resume(t, 0); /* it is dying: its end will be told to us */
		return;
	}
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
		next = t->next;
		t->next = NULL;
		if (ptrace(PTRACE_SEIZE, t->tid, 0, loop_ptrace_options) == 0)
			ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
		else
			loop_on_gone(w, t);
	}
	w->inbox = NULL;
}

bool handover_arrived(struct tracee *t)
{
	struct arrival *a = t->arrival;

	if (!a)
		return false;
	ptrace(PTRACE_SETREGS, t->tid, 0, &a->regs);
	ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(a->mask), &a->mask);
	TALLOC_FREE(t->arrival);
	return true;
}
