/* SPDX-License-Identifier: MIT */
/*
 * execve under a guest tracer. What the kernel starts is our loader; the tracer is to see the new
 * program as it begins, and nothing in between. So the thread runs its loader with its signals held
 * back, up to the loader's last call (PLAN_TRACED), and from there step by step until it has left
 * the image. Then come the stops that the kernel makes at the end of an execve.
 */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/debug.h"
#include "arch/regs.h"
#include "engine/ptrace/inner.h"
#include "engine/ptrace/loop.h"
#include "exec/loader/protocol.h"
#include "syscall/table.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static bool is_in_loader(const struct tracee *t)
{
	uint64_t ip, sp;

	return regs_read_place(t, &ip, &sp) == 0 && ip >= t->mm->image_base &&
	       ip < t->mm->image_end;
}

/* fs/exec.c: the old way of telling, where the event is not wanted. */
static void send_trap(struct tracee *t)
{
	struct inner *in = t->inner;

	if (in->seized || (in->options & PTRACE_O_TRACEEXEC))
		return;
	in->trap_sent = true;
	syscall(SYS_tgkill, t->process->pid, t->tid, SIGTRAP);
}

static void enter_loader(struct tracee *t)
{
	struct inner *in = t->inner;
	uint64_t mask;

	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) == 0) {
		in->exec_mask = mask;
		mask = ~(UINT64_C(1) << (SIGTRAP - 1));
		ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask);
	}
	in->exec = EXEC_LOADING;
	loop_resume(t, 0);
}

bool inner_exec(struct tracee *t, pid_t former)
{
	struct inner *in = t->inner;

	if (!in)
		return false;
	in->former = (unsigned long)former;
	in->again = false;
	if (t->mm->image_base) {
		enter_loader(t);
		return true;
	}
	send_trap(t);
	return inner_event(t, PTRACE_EVENT_EXEC);
}

bool inner_exec_call_ended(struct tracee *t)
{
	const struct call *c = &t->call;

	if (t->inner->exec == EXEC_LOADING && c->abi && is_in_loader(t) &&
	    sys_id(c->abi, (unsigned)c->guest_nr) == SC_close &&
	    (int32_t)c->guest_arg[0] == PLAN_TRACED_FD)
		t->inner->exec = EXEC_STEPPING;
	return false;
}

/* Where the kernel's own execve would have left it. */
static void settle_registers(struct tracee *t)
{
	const struct abi *abi = t->call.abi;
	struct reg_changes changes = { 0 };

	reg_change(&changes, abi->regs->nr, (unsigned long)sys_number(abi, SC_execve));
	regset_change(t->tid, &changes);
}

static void arrived(struct tracee *t)
{
	struct inner *in = t->inner;

	in->exec = EXEC_NONE;
	arch_debug_stepped(t->tid);
	ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(in->exec_mask), &in->exec_mask);
	if (!in->tracer) {
		inner_detach(t, 0);
		loop_resume(t, 0);
		return;
	}
	settle_registers(t);
	if (in->options & PTRACE_O_TRACEEXEC)
		inner_hold(t, HELD_EXEC, SIGTRAP | PTRACE_EVENT_EXEC << 8);
	else
		inner_exec_next(t, HELD_EXEC);
}

bool inner_exec_signal(struct tracee *t, int sig)
{
	if (t->inner->exec != EXEC_STEPPING || sig != SIGTRAP)
		return false; /* the end of it, as in the kernel's own exec */
	if (is_in_loader(t))
		loop_resume(t, 0);
	else
		arrived(t);
	return true;
}

void inner_exec_next(struct tracee *t, enum inner_held from)
{
	struct inner *in = t->inner;

	if (from == HELD_EXEC && in->request == PTRACE_SYSCALL) {
		inner_hold(t, HELD_EXEC_EXIT,
			   SIGTRAP | (in->options & PTRACE_O_TRACESYSGOOD ? 0x80 : 0));
		return;
	}
	if (in->tracer)
		send_trap(t);
	if (in->tracer && from == HELD_EXEC && inner_steps(t)) {
		/* at the end of the call, before the program's first instruction */
		if (!in->trap_sent)
			syscall(SYS_tgkill, t->process->pid, t->tid, SIGTRAP);
		in->trap_sent = true;
	}
	loop_resume(t, 0);
}
