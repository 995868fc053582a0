/* SPDX-License-Identifier: MIT */
/* Serving one stop, and what the parts of that need of one another. Private to engine/ptrace. */
#ifndef PR_ENGINE_PTRACE_LOOP_H
#define PR_ENGINE_PTRACE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct session;
struct tracee;
struct process;
struct worker;
struct fs;

extern const long loop_ptrace_options;

/* One wait status of a guest of this worker. Takes the session's lock as far as it needs it. */
void loop_on_stop(struct worker *w, pid_t tid, int status);
/* The guest is gone: its exit was told, or it cannot be found. */
void loop_on_gone(struct worker *w, struct tracee *t);

/*
 * Lets a stopped thread go on, delivering `sig` (0: none). Its phase says whether the next syscall
 * stop is wanted. A thread that is gone is left to its exit notice.
 */
void loop_resume(struct tracee *t, int sig);

/*
 * inner.h: at the entry of a call that the guest's own tracer has seen: served if it is ours, and
 * goes on. With the lock.
 */
void loop_enter_again(struct tracee *t);
/* Its call was answered by another worker. */
void loop_answered(struct tracee *t);

/* Our own failure on one process: it is killed, with a line to stderr; the session goes on. */
void tracee_fail(struct tracee *t, const char *why);

/*
 * seize.c: a process that no guest has made becomes one. First what is known of it, NULL: no
 * memory; then, with its credentials, it is this worker's. 0 or -errno; what fails is not kept.
 */
struct tracee *seize_prepare(struct session *s, pid_t pid, struct fs *fs);
int seize(struct tracee *t, struct worker *w);
/* A tick of the first worker: who asks to be let in. */
void seize_newcomers(struct worker *w);

/* births.c: STOP_BIRTH of t, and a new thread's first stop. */
void birth_announced(struct session *s, struct tracee *t, int event);
void birth_first_stop(struct worker *w, pid_t tid, int group_sig);
/* A timer tick: children that nobody announced, their parent being dead, are taken in. */
void birth_tick(struct worker *w);
/* In its first stop: the registers that it was born with become the guest's own. */
void birth_settle(struct tracee *t);
void birth_died_early(struct session *s, pid_t tid);

/* detour.c: makes the memory that the thread's staged call needs; its call is then run again. */
void detour_make_area(struct tracee *t);
/* The thread's area is no more what it was: no slot of it is given out again. */
void detour_forget_area(struct tracee *t);
void detour_lend_memory(struct tracee *t);
void detour_call(struct tracee *t);
/* The last of several detours without a signal in between: those that came are due. */
void detour_release_signals(struct tracee *t);
void detour_ended(struct tracee *t);

/* leftovers.c: before the first guest, and after the last; prints what is too much. */
struct leftovers {
	size_t children, blocks;
};

void leftovers_begin(struct session *s, struct leftovers *ret);
void leftovers_report(struct session *s, const struct leftovers *before);

/* waits.c: session->interrupt and session->tell_end. */
void waits_interrupt(struct tracee *t);
void waits_tell_end(struct tracee *t);

/* ending.c */
void ending_main_gone(struct session *s);
/* A timer tick: time to kill what did not end by itself? */
void ending_tick(struct session *s);

/* pin.c */
void pin_at_stop(struct tracee *t);
void pin_tick(struct worker *w);
/* Does the worker serve a process that stops all the time, other than this one (or NULL)? */
bool pin_is_busy(const struct worker *w, const struct process *but);
void pin_birth(struct tracee *child, const struct tracee *parent);
void pin_orphan(struct tracee *t);
void pin_release(struct tracee *t);
/* The thread is gone, its number may be another's already. */
void pin_forget(struct tracee *t);

#endif
