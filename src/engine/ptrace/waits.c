/* SPDX-License-Identifier: MIT */
/* Guests that wait in a call until another guest has done something: what System V IPC needs. */
#include <sys/ptrace.h>

#include "engine/ptrace/inner.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/worker.h"
#include "tracee/tracee.h"

/* It leaves its call as by a signal, and then stops once more, as at the end of a group-stop. */
static void interrupt(struct tracee *t, pid_t other)
{
	(void)other;
	ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}

/* Without memory it is told late: by the next signal, or the end of its time. */
void waits_interrupt(struct tracee *t)
{
	worker_errand(t, interrupt, 0);
}

/* What its children inherit does no harm. */
void waits_tell_end(struct tracee *t)
{
	const unsigned long more = t->inner ? t->inner->applied : 0;

	t->tells_end = ptrace(PTRACE_SETOPTIONS, t->tid, 0,
			      (unsigned long)loop_ptrace_options | more | PTRACE_O_TRACEEXIT) == 0;
}
