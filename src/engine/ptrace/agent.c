// SPDX-License-Identifier: MIT
/*
 * A signal for a thread that is in the agent. Whatever looks at the thread next, a handler or an
 * unwinder, must find it at the guest's own call instruction: before it, with everything as it was,
 * or behind it with the result, or, where the call was interrupted, in it.
 *
 * How far it came is told by where it stands: see agent_entry.S for the parts in their order, and
 * struct agent_frame for what it has saved in its slot.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "arch/agent_site.h"
#include "engine/ptrace/agent.h"
#include "engine/ptrace/regs.h"
#include "tracee/agent.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/sites.h"
#include "tracee/tracee.h"

enum {
	CALL_BYTES = 2, /* syscall */
	END_BYTES = 9,  /* movl $0, (%r11); jmp *%rcx */
};

struct place {
	struct tracee *t;
	const struct agent_host *h;
	struct user_regs_struct regs;
};

static void give_back(const struct place *p, uint64_t slot)
{
	const uint32_t busy = 0;

	mem_write(p->t, slot + AGENT_SLOT_BUSY, &busy, sizeof(busy));
}

/* Before the call, which is to be made by the guest itself. */
static void go_before(struct place *p, uint64_t ret, uint64_t nr)
{
	p->regs.rip = ret - CALL_BYTES;
	p->regs.rax = nr;
	p->regs.orig_rax = (unsigned long long)-1;
}

static void go_behind(struct place *p, uint64_t ret, uint64_t result)
{
	p->regs.rip = ret;
	p->regs.rax = result;
	p->regs.orig_rax = (unsigned long long)-1;
}

/* ---- on an island ---------------------------------------------------------------------------- */

static bool leave_island(struct place *p)
{
	uint64_t at = p->regs.rip & ~(uint64_t)(AGENT_STUB_BYTES - 1);
	uint8_t stub[AGENT_STUB_BYTES];
	uint64_t site;

	p->regs.orig_rax = (unsigned long long)-1;
	if (mem_read(p->t, at, stub, sizeof(stub)) == 0 && site_leave_stub(stub, at, &p->regs))
		return true;
	/* The guest has put something of its own there, knowing of nothing. */
	site = sites_give_up(p->t, p->regs.rip);
	if (site)
		p->regs.rip = site;
	return site;
}

/* ---- on the way in: r11 is the return address, rax the number -------------------------------- */

static void leave_entry(struct place *p)
{
	uint64_t offset = p->regs.rip - p->h->entry;
	uint64_t slot = p->h->slots + offset / AGENT_STEP_BYTES * AGENT_SLOT_STRIDE;

	if (offset / AGENT_STEP_BYTES < AGENT_SLOTS && offset % AGENT_STEP_BYTES >= p->h->taken &&
	    p->regs.rcx == 0) {
		if (p->regs.rsp == slot + AGENT_STACK_BYTES)
			mem_read(p->t, slot + AGENT_SLOT_SP, &p->regs.rsp, sizeof(p->regs.rsp));
		give_back(p, slot);
	}
	go_before(p, p->regs.r11, p->regs.rax);
}

/* ---- with a slot ----------------------------------------------------------------------------- */

static uint64_t slot_of(const struct place *p)
{
	uint64_t offset = p->regs.rsp - p->h->slots;

	if (offset > AGENT_SLOTS * (uint64_t)AGENT_SLOT_STRIDE)
		return 0;
	return p->h->slots + (offset - 1) / AGENT_SLOT_STRIDE * AGENT_SLOT_STRIDE;
}

/* Its registers are being saved, and are all there yet. */
static bool leave_owned(struct place *p)
{
	uint64_t slot = slot_of(p);

	if (!slot || mem_read(p->t, slot + AGENT_SLOT_SP, &p->regs.rsp, sizeof(p->regs.rsp)) < 0)
		return false;
	give_back(p, slot);
	go_before(p, p->regs.r11, p->regs.rax);
	return true;
}

static void load_frame(struct place *p, const struct agent_frame *f)
{
	p->regs.r15 = f->r15;
	p->regs.r14 = f->r14;
	p->regs.r13 = f->r13;
	p->regs.r12 = f->r12;
	p->regs.rbp = f->rbp;
	p->regs.rbx = f->rbx;
	p->regs.rdi = AGENT_ARG(f, 0);
	p->regs.rsi = AGENT_ARG(f, 1);
	p->regs.rdx = AGENT_ARG(f, 2);
	p->regs.r10 = AGENT_ARG(f, 3);
	p->regs.r8 = AGENT_ARG(f, 4);
	p->regs.r9 = AGENT_ARG(f, 5);
	p->regs.eflags = f->flags;
}

static bool is_restart(int64_t result)
{
	return result <= -512 && result >= -516;
}

/* Errors that the agent would not have taken for an answer. */
static bool is_doubtful(int64_t result)
{
	return result == -ELOOP || result == -EACCES || result == -EPERM || result == -EINVAL ||
	       result == -ENOSYS || result == -EAGAIN || result == -EXDEV;
}

static bool leave_serving(struct place *p)
{
	uint64_t slot = slot_of(p), ip = p->regs.rip, sp;
	int64_t result = (int64_t)p->regs.rax;
	struct agent_frame f;

	if (!slot || mem_read(p->t, slot + AGENT_STACK_BYTES - sizeof(f), &f, sizeof(f)) < 0 ||
	    mem_read(p->t, slot + AGENT_SLOT_SP, &sp, sizeof(sp)) < 0)
		return false;
	load_frame(p, &f);
	p->regs.rsp = sp;
	give_back(p, slot);
	if (f.state == AGENT_DONE) {
		go_behind(p, f.ret, f.result);
	} else if (ip == p->h->final_end && is_restart(result)) {
		go_behind(p, f.ret, (uint64_t)result);
		p->regs.orig_rax = f.nr; /* the kernel makes it again, or says EINTR */
	} else if (ip >= p->h->final_end && ip < p->h->end && !is_doubtful(result)) {
		go_behind(p, f.ret, (uint64_t)result);
	} else {
		go_before(p, f.ret, f.nr);
	}
	return true;
}

/* All registers are the guest's but the two that a call takes: rcx says where to go. */
static void leave_end(struct place *p)
{
	if (p->regs.rip == p->h->done || p->regs.rip == p->h->fall)
		give_back(p, p->regs.r11);
	p->regs.rip = p->regs.rcx;
	p->regs.orig_rax = (unsigned long long)-1;
}

/* ---- at a gate: all registers are the guest's, but rcx --------------------------------------- */

/* Before the call, or behind it, where orig_rax may have the kernel make it again. */
static bool leave_gate(struct place *p)
{
	const uint64_t offset = p->regs.rip - p->h->gates;
	const uint64_t ret = p->t->mm->agent->gate[offset / AGENT_GATE_BYTES];

	p->regs.rip = offset % AGENT_GATE_BYTES ? ret : ret - CALL_BYTES;
	p->regs.rcx = ret;
	return ret;
}

/* ---------------------------------------------------------------------------------------------- */

static bool leave(struct place *p)
{
	const struct agent_host *h = p->h;
	uint64_t ip = p->regs.rip;

	if (ip >= h->entry && ip < h->owned)
		leave_entry(p);
	else if (ip >= h->owned && ip < h->serving)
		return leave_owned(p);
	else if ((ip >= h->done && ip < h->done + END_BYTES) ||
		 (ip >= h->fall && ip < h->fall + END_BYTES))
		leave_end(p);
	else
		return leave_serving(p);
	return true;
}

/*
 * Memory that the call names is gone since agent/pages.c looked: the kernel says so when the guest
 * makes the call. Who had the signal blocked or ignored has lost that (force_sig_info): once.
 */
static bool is_fault(const struct tracee *t, int sig)
{
	siginfo_t info;

	return (sig == SIGSEGV || sig == SIGBUS) &&
	       ptrace(PTRACE_GETSIGINFO, t->tid, 0, &info) == 0 && info.si_code > 0;
}

enum agent_was agent_leave(struct tracee *t, int sig)
{
	struct place p = { .t = t, .h = tracee_session(t)->agents };
	struct agent_notes *notes;
	uint64_t ip, sp, island;
	bool left = false;

	if (!t->mm || !t->mm->agent || regs_read_place(t, &ip, &sp) < 0)
		return AGENT_WAS_NOT_THERE;
	if (ip - p.h->window >= LOADER_AREA &&
	    (!agent_find_island(t, &island) || ip - island >= AGENT_ISLAND_BYTES))
		return AGENT_WAS_NOT_THERE;
	if (ptrace(PTRACE_GETREGS, t->tid, 0, &p.regs) < 0)
		return AGENT_WAS_NOT_THERE;
	if (ip - p.h->window >= LOADER_AREA)
		left = leave_island(&p);
	else if (!agent_is_gate(tracee_session(t), ip) && (ip >= p.h->entry || slot_of(&p)))
		left = leave(&p);
	if (agent_is_gate(tracee_session(t), p.regs.rip))
		left = leave_gate(&p);
	notes = &tracee_session(t)->agents->notes;
	if (!left || ptrace(PTRACE_SETREGS, t->tid, 0, &p.regs) < 0)
		return AGENT_WAS_NOT_THERE;
	if (!is_fault(t, sig)) {
		notes->signals++;
		return AGENT_LEFT;
	}
	notes->faults++;
	agent_turn_off(t);
	return AGENT_FAULTED;
}
