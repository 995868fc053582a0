/* SPDX-License-Identifier: MIT */
/*
 * Tracer threads. A guest thread can only be served by the thread that seized it, so each worker
 * owns its guests; all they share is guarded by one lock, held while a stop is served and never
 * while waiting. A process changes hands at its birth alone.
 */
#ifndef PR_ENGINE_PTRACE_WORKER_H
#define PR_ENGINE_PTRACE_WORKER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct errand;
struct session;
struct tracee;

enum { WORKERS_MAX = 4, TRANSIT_MAX = 32 };

/* Guests that nobody traces just now, for whoever must end them if we cannot. Shared memory. */
struct transit {
	atomic_bool closed; /* the session ends: no guest may be let go any more */
	_Atomic(pid_t) tid[TRANSIT_MAX]; /* 0: unused */
};

struct worker {
	struct session *session;
	pid_t tid;
	pthread_t thread;
	struct tracee *pinned; /* list (utlist): guests kept on home_cpu */
	int home_cpu;
	timer_t timer; /* interrupts our wait */
	bool ticking;
	unsigned parked; /* children in their first stop that nobody announced yet */
	atomic_bool idle; /* owns nobody, waits for `wake` */
	sem_t wake;
	struct errand *errands; /* what others want done about its guests */
	struct tracee *inbox; /* list by tracee->next: guests given to us, parked, not seized yet */
};

/* Makes the session's workers; the caller becomes the first. 0 or -errno. */
int workers_start(struct session *s, unsigned count);
/* How many are worth having here. */
unsigned workers_wanted(void);

/* The lock on the session and on all that is below it. */
void session_lock(struct session *s);
void session_unlock(struct session *s);

/* Serves guests until the session has none. */
void worker_run(struct worker *w);

/* While on, the worker's wait is interrupted every few milliseconds. */
void worker_want_ticks(struct worker *w, bool on);
/* The handler of SIGALRM, which the ticks are. */
void worker_on_alarm(int sig);
/* On while there is a reason to. */
void worker_settle_ticks(struct worker *w);

/*
 * What only the worker of a guest can do is done by it: at once where that is us, else soon, if the
 * guest is there still. With the session's lock, which `run` finds taken. 0 or -ENOMEM.
 */
int worker_errand(struct tracee *t, void (*run)(struct tracee *t, pid_t other), pid_t other);
bool worker_is_mine(const struct worker *w);

/*
 * handover.c. At a birth: a worker that the new process should be given to, or NULL: it stays. In
 * its first stop it is then given away; in its first stop there it gets its registers back.
 */
struct worker *handover_target(struct tracee *child, const struct tracee *parent);
void handover_give(struct tracee *t, struct worker *to);
void handover_take_inbox(struct worker *w);
bool handover_arrived(struct tracee *t);
/* Kills who is on the way, for good. For signal handlers, and for after the tracer's end. */
void handover_kill_all(struct transit *transit);

#endif
