/* SPDX-License-Identifier: MIT */
/*
 * The workers' life. One waits in wait4 for its own guests (__WNOTHREAD), or on its semaphore
 * while it has none. The last guest's end ends them all.
 */
#include "engine/ptrace/worker.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "arch/spin.h"
#include "engine/ptrace/loop.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { TICK_NS = 5000000, SPINS = 500 };

/*
 * To sleep costs a wake-up across CPUs, ten times what is done under the lock: done only where its
 * holder seems to have lost its CPU.
 */
void session_lock(struct session *s)
{
	for (unsigned i = 0; i < SPINS; i++) {
		if (pthread_mutex_trylock(&s->lock) == 0)
			return;
		arch_spin_pause();
	}
	pthread_mutex_lock(&s->lock);
}

void session_unlock(struct session *s)
{
	pthread_mutex_unlock(&s->lock);
}

void worker_want_ticks(struct worker *w, bool on)
{
	const struct timespec every = { 0, on ? TICK_NS : 0 };
	const struct itimerspec spec = { every, every };

	if (on == w->ticking)
		return;
	w->ticking = on;
	timer_settime(w->timer, 0, &spec, NULL);
}

void worker_settle_ticks(struct worker *w)
{
	worker_want_ticks(w, w->pinned || w->parked || w->inbox || w->errands ||
				    w->session->kill_at_ms);
}

/* ---- errands --------------------------------------------------------------------------------- */

struct errand {
	struct errand *next;
	void (*run)(struct tracee *t, pid_t other);
	pid_t tid, other;
};

static _Thread_local struct worker *me;

bool worker_is_mine(const struct worker *w)
{
	return w == me;
}

int worker_errand(struct tracee *t, void (*run)(struct tracee *t, pid_t other), pid_t other)
{
	struct worker *w = t->worker;
	struct errand *e, **last = &w->errands;

	if (w == me) {
		run(t, other);
		return 0;
	}
	e = talloc(w->session, struct errand);
	if (!e)
		return -ENOMEM;
	*e = (struct errand){ .run = run, .tid = t->tid, .other = other };
	while (*last)
		last = &(*last)->next;
	*last = e;
	/* It may be on its way into the wait: the ticks get it out again in any case. */
	worker_want_ticks(w, true);
	syscall(SYS_tgkill, w->session->tracer_pid, w->tid, SIGALRM);
	return 0;
}

static void run_errands(struct worker *w)
{
	struct errand *e;
	struct tracee *t;

	while ((e = w->errands)) {
		w->errands = e->next;
		t = tracee_find(w->session, e->tid);
		if (t && t->worker == w)
			e->run(t, e->other);
		talloc_free(e);
	}
}

/* ---------------------------------------------------------------------------------------------- */

static int make_timer(struct worker *w)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM };

	ev._sigev_un._tid = w->tid;
	return timer_create(CLOCK_MONOTONIC, &ev, &w->timer) < 0 ? -errno : 0;
}

/* A worker that always finds a stop never sees its wait interrupted: the alarm leaves a mark. */
static _Thread_local volatile sig_atomic_t alarmed;

void worker_on_alarm(int sig)
{
	(void)sig;
	alarmed = 1;
}

static void tick(struct worker *w)
{
	alarmed = 0;
	session_lock(w->session);
	handover_take_inbox(w);
	run_errands(w);
	pin_tick(w);
	birth_tick(w);
	ending_tick(w->session);
	if (w == w->session->workers)
		seize_newcomers(w);
	worker_settle_ticks(w);
	session_unlock(w->session);
}

/* Until it is given somebody, or the session is over: false. */
static bool wait_for_guests(struct worker *w)
{
	struct session *s = w->session;

	while (w->idle && !s->over) {
		sem_wait(&w->wake);
		if (alarmed)
			tick(w);
	}
	session_lock(s);
	w->idle = false;
	handover_take_inbox(w);
	worker_settle_ticks(w);
	session_unlock(s);
	return !s->over;
}

/* Nobody of ours is left to wait for. False: nobody of anyone's is. */
static bool rest(struct worker *w)
{
	struct session *s = w->session;

	session_lock(s);
	if (!s->tracees && !s->parked) {
		s->over = true;
		for (unsigned i = 0; i < s->worker_count; i++)
			sem_post(&s->workers[i].wake);
	}
	w->idle = !w->inbox;
	if (w->idle)
		worker_want_ticks(w, false);
	session_unlock(s);
	return wait_for_guests(w);
}

/*
 * wait4(2) looks for a stop from the first guest on, so that some that stop all the time would keep
 * others from ever being served. Every so often all that wait are taken before any goes on.
 */
enum { FAIR_EVERY = 16, FAIR_MOST = 64 };

struct waiting {
	pid_t tid;
	int status;
};

static void serve_waiting(struct worker *w)
{
	struct waiting all[FAIR_MOST];
	unsigned n = 0;

	while (n < FAIR_MOST && (all[n].tid = wait4(-1, &all[n].status,
						    __WALL | __WNOTHREAD | WNOHANG, NULL)) > 0)
		n++;
	for (unsigned i = 0; i < n; i++)
		loop_on_stop(w, all[i].tid, all[i].status);
}

void worker_run(struct worker *w)
{
	unsigned served = 0;
	int status;
	pid_t tid;

	me = w;
	for (;;) {
		tid = wait4(-1, &status, __WALL | __WNOTHREAD, NULL);
		if (tid > 0)
			loop_on_stop(w, tid, status);
		else if (errno != EINTR && !rest(w))
			return;
		if (tid > 0 && ++served % FAIR_EVERY == 0)
			serve_waiting(w);
		if (alarmed)
			tick(w);
	}
}

static void *worker_thread(void *arg)
{
	struct worker *w = arg;

	w->tid = (pid_t)syscall(SYS_gettid);
	w->idle = true;
	if (make_timer(w) < 0)
		w->tid = -1;
	sem_post(&w->session->workers[0].wake);
	if (w->tid > 0 && wait_for_guests(w))
		worker_run(w);
	return NULL;
}

static int start_one(struct session *s, struct worker *w)
{
	w->session = s;
	sem_init(&w->wake, 0, 0);
	if (w == s->workers) {
		w->tid = getpid();
		return make_timer(w);
	}
	if (pthread_create(&w->thread, NULL, worker_thread, w) != 0)
		return -EAGAIN;
	sem_wait(&s->workers[0].wake);
	return w->tid > 0 ? 0 : -EAGAIN;
}

/* Fewer than wanted is no failure; none is. */
int workers_start(struct session *s, unsigned count)
{
	s->workers = talloc_zero_array(s, struct worker, count);
	if (!s->workers)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		int r = start_one(s, &s->workers[i]);
		if (r < 0)
			return i > 0 ? 0 : r;
		s->worker_count++;
	}
	return 0;
}

/* Yama lets us seize descendants alone: then nobody can change hands. */
static bool may_seize_anyone(void)
{
	FILE *f = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	if (!f)
		return true;
	if (fscanf(f, "%d", &scope) != 1)
		scope = 1;
	fclose(f);
	return scope == 0;
}

unsigned workers_wanted(void)
{
	cpu_set_t cpus;
	unsigned n;

	if (!may_seize_anyone() || sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 1;
	n = (unsigned)CPU_COUNT(&cpus);
	return n < WORKERS_MAX ? n : WORKERS_MAX;
}
