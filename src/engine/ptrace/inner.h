/* SPDX-License-Identifier: MIT */
/*
 * Guests that trace guests. The kernel gives a thread one tracer, and that is us; so what ptrace(2)
 * and the waits would do for a guest is done here: a thread in a stop that its guest tracer is to
 * see is not let go on, the tracer's requests become ours, its waits are answered.
 *
 * Invariant: between our look at a call and the kernel's nobody can change it: what a guest tracer
 * is shown of a call comes before we translate it, or after it is over.
 *
 * All of it is called with the session's lock held unless it says otherwise, and what is about a
 * thread by the worker of that thread.
 */
#ifndef PR_ENGINE_PTRACE_INNER_H
#define PR_ENGINE_PTRACE_INNER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/ptrace/regs.h"

struct call;
struct process;
struct tracee;

/* In which stop a thread stands, as its guest tracer sees it. */
enum inner_held {
	HELD_NOT,
	HELD_LISTENING, /* PTRACE_LISTEN: it counts as running */
	HELD_ENTRY,
	HELD_SECCOMP, /* by a filter of the guest's */
	HELD_EXIT,
	HELD_SIGNAL,
	HELD_STOP, /* PTRACE_EVENT_STOP, or a group-stop */
	HELD_EVENT,
	HELD_EXEC,	/* in front of the new program, as if in PTRACE_EVENT_EXEC, */
	HELD_EXEC_EXIT, /* or at the end of its execve */
};

/* What its loader is doing, of which the tracer sees nothing. */
enum inner_exec { EXEC_NONE, EXEC_LOADING, EXEC_STEPPING };

/* A call that is stepped over where no filter stops it. */
enum inner_step { STEP_NONE, STEP_SKIPPED, STEP_MADE };

/* Of a thread with a guest tracer: child of the tracee. */
struct inner {
	struct tracee *tracer; /* NULL: it is gone, and the thread has yet to leave its loader */
	bool is_child;	       /* the kernel tells the tracer of its end */
	bool seized;
	unsigned long options; /* PTRACE_O_* */
	unsigned long applied; /* of these, what the kernel knows of */
	unsigned request;      /* what it was last let go by: PTRACE_CONT... */
	enum inner_held held;
	int report;	  /* the wait status that nobody has waited for yet, or 0 */
	uint64_t order;	  /* of reports */
	bool newborn;	  /* its first stop is yet to come */
	bool again;	  /* the call that comes was shown already */
	bool emulated;	  /* HELD_ENTRY: by PTRACE_SYSEMU, the kernel will not make the call */
	bool by_group;	  /* HELD_STOP: a group-stop */
	bool interrupted; /* PTRACE_INTERRUPT was asked for */
	bool attached;	  /* by PTRACE_ATTACH, whose SIGSTOP is yet to come */
	bool stop_sent, trap_sent; /* signals of ours, in the place of the kernel's */
	enum inner_exec exec;
	enum inner_step step;
	uint64_t exec_mask;   /* the guest's own signal mask, while in the loader */
	unsigned long former; /* PTRACE_GETEVENTMSG of HELD_EXEC */
};

/* The end of a thread that its guest tracer has yet to wait for. */
struct inner_end {
	struct inner_end *next;
	pid_t tid;
	struct tracee *tracer; /* NULL: that thread is gone */
	int status;
	uint64_t order;
};

/* Would the process notice a SIGCHLD? */
enum inner_hears { HEARS_UNKNOWN, HEARS, HEARS_NOT };

/* Of a process that has traced: child of the process. */
struct inner_tracer {
	unsigned tracees;
	struct inner_end *ends;
	pid_t told; /* SIGCHLD's siginfo: whose stop, */
	int told_status;
	enum inner_hears hears;
};

/* What a thread in wait4 or waitid waits for. Child of the tracee. */
struct inner_wait;

/* No lock needed: does anything in here concern the thread? */
bool inner_concerns(const struct tracee *t);
/* It may wait for its tracees. */
bool inner_waits(const struct tracee *t);
/* The request that lets it go on; `calls`: we want its calls to stop. */
long inner_request(const struct tracee *t, bool calls);
/* Before that: what its tracer has asked for is made known to the kernel. */
void inner_settle(struct tracee *t);
/* Does it step? Then a call that it makes ends in SIGTRAP. */
bool inner_steps(const struct tracee *t);

/* session->guest_ptrace */
int inner_ptrace(struct call *c);

/* Stops. True: there is nothing more to do, it stays or was let go. Take the lock themselves: */
bool inner_call_begins(struct tracee *t, enum call_stop stop);
bool inner_call_ended(struct tracee *t);
/* With the lock: */
/* A signal of ours in the place of the kernel's is told as that one; then whether it stays. */
void inner_show_signal(struct tracee *t, int sig);
bool inner_signal(struct tracee *t, int sig);
bool inner_trap(struct tracee *t);
bool inner_group_stop(struct tracee *t, int sig);
bool inner_event(struct tracee *t, int event);
bool inner_exec(struct tracee *t, pid_t former);
/* The detour is over, the call comes again. */
void inner_call_again(struct tracee *t);

/* A birth; `event` is the parent's. Then the parent stays if true. */
void inner_birth(struct tracee *child, struct tracee *parent, int event, uint64_t flags);
/* Its end, by the wait status, or -1: it vanished, and nobody is told. */
void inner_gone(struct tracee *t, int status);

/* ---- of one another ------------------------------------------------------------------------ */

/* inner_stops.c */
void inner_hold(struct tracee *t, enum inner_held held, int code);
/* From that stop it goes on, with a signal or 0. */
void inner_release(struct tracee *t, enum inner_held from, int sig);

/* inner_links.c */
int inner_attach(struct tracee *t, struct tracee *tracer, bool seized, unsigned long options);
int inner_trace_me(struct call *c);
/* ATTACH and SEIZE. */
int inner_take(struct tracee *t, struct tracee *tracer, bool seized, unsigned long options);
/* It has no tracer any more, and goes on. */
void inner_detach(struct tracee *t, int sig);
/* Something is to be waited for. */
void inner_tell(struct process *tracer, const struct tracee *t, int status);
bool inner_is_tracer(const struct process *p);

/* inner_wait.c */
bool inner_wait_begins(struct tracee *t);
/* In the exit stop. */
void inner_wait_ended(struct tracee *t);
bool inner_wait_is_ours(const struct tracee *t);
void inner_wait_goes_on(struct tracee *t);
/* Whoever waits looks again. */
void inner_wait_wake(struct process *p);

/* inner_request.c: a request other than those by which it goes on. */
int64_t inner_ask(struct tracee *t, struct call *c);

/* inner_exec.c */
bool inner_exec_signal(struct tracee *t, int sig);
bool inner_exec_call_ended(struct tracee *t);
void inner_exec_next(struct tracee *t, enum inner_held from);

#endif
