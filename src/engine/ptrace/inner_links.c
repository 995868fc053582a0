/* SPDX-License-Identifier: MIT */
/*
 * Who traces whom among guests: its beginning (PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE, the
 * birth of a tracee's child) and its end. kernel/ptrace.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/kernfile.h"
#include "engine/ptrace/inner.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/worker.h"
#include "ident/reach.h"
#include "tracee/agent.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

bool inner_is_tracer(const struct process *p)
{
	return p->tracing && (p->tracing->tracees || p->tracing->ends);
}

static pid_t parent_of(const struct tracee *t)
{
	char name[64];
	pid_t ppid = 0;

	snprintf(name, sizeof(name), "/proc/%d/status", t->tid);
	kernfile_scan(name, "PPid: %d", &ppid);
	return ppid;
}

/* It notices from its next stop on: its calls stop now. */
static void interrupt(struct tracee *t, pid_t unused)
{
	(void)unused;
	if (!t->begun)
		return; /* its first stop will do */
	t->poked = true;
	ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}

static int become_tracer(struct tracee *t)
{
	struct process *p = t->process;
	struct tracee *other, *next;

	if (!p->tracing)
		p->tracing = talloc_zero(p, struct inner_tracer);
	if (!p->tracing)
		return -ENOMEM;
	agent_turn_off(t);
	if (p->tracing->tracees++ > 0)
		return 0;
	p->tracing->hears = HEARS_UNKNOWN; /* its calls did not stop till now */
	HASH_ITER(hh, p->session->tracees, other, next)
	if (other->process == p)
		worker_errand(other, interrupt, 0);
	return 0;
}

int inner_attach(struct tracee *t, struct tracee *tracer, bool seized, unsigned long options)
{
	struct inner *in = talloc_zero(t, struct inner);

	if (!in || become_tracer(tracer) < 0) {
		talloc_free(in);
		return -ENOMEM;
	}
	in->tracer = tracer;
	in->seized = seized;
	in->options = options;
	in->request = PTRACE_CONT;
	in->is_child = t->tid == t->process->pid && parent_of(t) == tracer->process->pid;
	t->inner = in;
	t->traced_by = tracer->process->pid;
	t->give_to = NULL;
	agent_turn_off(t);
	return 0;
}

/* ---- by request ---------------------------------------------------------------------------- */

/* The thread that made it, or where that is gone another of its parent's. */
static struct tracee *parent_thread(struct tracee *t)
{
	struct session *s = tracee_session(t);
	pid_t ppid = parent_of(t);
	struct tracee *by = tracee_find(s, t->born_by);

	return by && by->process->pid == ppid ? by : tracee_find(s, ppid);
}

/* A parent outside the session traces nobody: nothing comes of it. */
int inner_trace_me(struct call *c)
{
	struct tracee *parent = parent_thread(c->t);

	if (c->t->inner)
		return -EPERM;
	return parent ? inner_attach(c->t, parent, false, 0) : 0;
}

static bool same_user(pid_t a, pid_t b)
{
	unsigned ids[2][3] = { { 0 }, { 1 } };
	const pid_t pid[2] = { a, b };
	char name[64];

	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "/proc/%d/status", pid[i]);
		if (!kernfile_scan(name, "Uid: %u", &ids[i][0]))
			return false;
	}
	return ids[0][0] == ids[1][0];
}

/* __ptrace_may_access */
static bool may_trace(const struct tracee *t, const struct tracee *tracer)
{
	const bool dumpable = !t->mm || t->mm->dumpable == 1;

	if (tracee_session(t)->sandbox && t->process->domain != tracer->process->domain)
		return false; /* as Landlock has it */
	if (tracer->cred && t->cred)
		return reach_memory(tracer->cred, t->cred, dumpable);
	return geteuid() == 0 ? same_user(t->tid, tracer->tid) || same_user(tracer->tid, getpid())
			      : dumpable;
}

/* A stop of its own goes before any call of its own. */
static void send(struct tracee *t, int sig)
{
	syscall(SYS_tgkill, t->process->pid, t->tid, sig);
}

int inner_take(struct tracee *t, struct tracee *tracer, bool seized, unsigned long options)
{
	int r;

	if (t->process == tracer->process || !may_trace(t, tracer) || t->inner)
		return -EPERM;
	r = inner_attach(t, tracer, seized, options);
	if (r < 0)
		return r;
	if (!seized) {
		t->inner->stop_sent = true;
		t->inner->attached = true;
		send(t, SIGSTOP);
	}
	if (t->phase == PHASE_LISTEN)
		ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
	else if (options & (PTRACE_O_TRACEEXIT | PTRACE_O_TRACEVFORKDONE))
		interrupt(t, 0);
	return 0;
}

/* ---- births -------------------------------------------------------------------------------- */

static unsigned long option_of(int event)
{
	return event > 0 ? 1ul << event : 0; /* PTRACE_O_TRACEFORK and its kin are made so */
}

/* ptrace_init_task: as its parent is traced. */
void inner_birth(struct tracee *child, struct tracee *parent, int event, uint64_t flags)
{
	const struct inner *in = parent->inner;

	if (!in || !in->tracer || child->inner)
		return;
	if (!(in->options & option_of(event)) && !(flags & CLONE_PTRACE))
		return;
	if (inner_attach(child, in->tracer, in->seized, in->options) == 0)
		child->inner->newborn = true;
}

/* ---- ends ---------------------------------------------------------------------------------- */

/* The tracer has one less. */
static void unlink_tracer(struct tracee *t)
{
	struct tracee *tracer = t->inner->tracer;

	t->inner->tracer = NULL;
	t->traced_by = 0;
	if (!tracer)
		return;
	tracer->process->tracing->tracees--;
	inner_wait_wake(tracer->process);
}

void inner_detach(struct tracee *t, int sig)
{
	struct inner *in = t->inner;
	enum inner_held held = in->held;
	bool listens = held == HELD_LISTENING || (held == HELD_STOP && in->by_group);

	unlink_tracer(t);
	if (in->exec) /* it must be brought out of there first */
		return;
	if (in->applied)
		ptrace(PTRACE_SETOPTIONS, t->tid, 0, loop_ptrace_options);
	if (listens && held == HELD_STOP) {
		t->stands = false;
		t->phase = PHASE_LISTEN;
		ptrace(PTRACE_LISTEN, t->tid, 0, 0);
	} else if (held > HELD_LISTENING) {
		in->request = PTRACE_CONT;
		in->options = 0;
		inner_release(t, held, sig);
	}
	TALLOC_FREE(t->inner);
}

/* Its tracer is gone. A signal that nobody has waited for is delivered. */
static void let_alone(struct tracee *t, pid_t unused)
{
	const struct inner *in = t->inner;

	(void)unused;
	if (in && !in->tracer)
		inner_detach(t, in->held == HELD_SIGNAL ? WSTOPSIG(in->report) : 0);
}

/* exit_ptrace */
static void tracer_gone(struct tracee *tracer)
{
	struct session *s = tracee_session(tracer);
	struct inner_tracer *tracing = tracer->process->tracing;
	struct tracee *t, *next;

	if (!tracing)
		return;
	HASH_ITER(hh, s->tracees, t, next)
	{
		if (!t->inner || t->inner->tracer != tracer)
			continue;
		if (t->inner->options & PTRACE_O_EXITKILL)
			kill(t->process->pid, SIGKILL);
		unlink_tracer(t);
		worker_errand(t, let_alone, 0);
	}
	for (struct inner_end *e = tracing->ends; e; e = e->next)
		if (e->tracer == tracer)
			e->tracer = NULL;
}

static void note_end(struct tracee *t, int status)
{
	struct tracee *tracer = t->inner->tracer;
	struct inner_tracer *tracing = tracer->process->tracing;
	struct inner_end *e = talloc_zero(tracing, struct inner_end), **last = &tracing->ends;

	if (!e)
		return;
	e->tid = t->tid;
	e->tracer = tracer;
	e->status = status;
	e->order = ++tracee_session(t)->inner_order;
	while (*last)
		last = &(*last)->next;
	*last = e;
	inner_tell(tracer->process, t, status);
}

void inner_gone(struct tracee *t, int status)
{
	tracer_gone(t);
	if (!t->inner)
		return;
	if (t->inner->tracer && status >= 0 && !t->inner->is_child)
		note_end(t, status);
	unlink_tracer(t);
	TALLOC_FREE(t->inner);
}

/* Neither caught nor blocked it is nothing: a stop of ours, and a call that is interrupted. */
static bool hears(struct process *p)
{
	unsigned long long blocked = 0, caught = 0;
	const unsigned long long bit = 1ull << (SIGCHLD - 1);
	char name[64];

	if (p->tracing->hears == HEARS_UNKNOWN) {
		snprintf(name, sizeof(name), "/proc/%d/status", p->pid);
		if (!kernfile_scan(name, "SigBlk: %llx", &blocked) ||
		    !kernfile_scan(name, "SigCgt: %llx", &caught))
			return true;
		p->tracing->hears = (blocked | caught) & bit || p->threads > 1 ? HEARS : HEARS_NOT;
	}
	return p->tracing->hears == HEARS;
}

/* do_notify_parent_cldstop, and the waits. */
void inner_tell(struct process *tracer, const struct tracee *t, int status)
{
	tracer->tracing->told = t->tid;
	tracer->tracing->told_status = status;
	inner_wait_wake(tracer);
	if (hears(tracer))
		kill(tracer->pid, SIGCHLD);
}
