/* SPDX-License-Identifier: MIT */
/*
 * Where guests run. A stop costs ten times more when guest and tracer sit on different CPUs: each
 * wakes the other's idle CPU (docs/performance.md). So a guest that stops often is kept on the
 * tracer's CPU, and the tracer with it; one that has not stopped for a few milliseconds is set free
 * again, with the mask it had.
 *
 * The guest never sees it: its affinity calls are stopped, and its own mask is put back first.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <talloc.h>
#include <time.h>

#include "engine/ptrace/loop.h"
#include "engine/ptrace/worker.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum {
	BURST_GAP_US = 1000, /* stops closer than this make a burst */
	BURST_STOPS = 4,     /* so many of them, and the guest is kept */
	IDLE_US = 4000,	     /* so long without a stop, and it is free */
	BUSY_US = 1000,	     /* so lately stopped, it keeps its worker busy */
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static bool is_home_of_another(const struct worker *w, int cpu)
{
	const struct session *s = w->session;

	for (unsigned i = 0; i < s->worker_count; i++)
		if (&s->workers[i] != w && s->workers[i].pinned && s->workers[i].home_cpu == cpu)
			return true;
	return false;
}

/* Where we are, unless another worker lives there and some CPU is free. */
static int choose_cpu(const struct worker *w)
{
	int here = sched_getcpu();

	if (!is_home_of_another(w, here))
		return here;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &w->session->cpus) && !is_home_of_another(w, cpu))
			return cpu;
	return here;
}

/* The CPU that worker and guests share while anybody is kept; the worker is bound to it. */
static int home_cpu(struct worker *w)
{
	cpu_set_t one;

	if (w->pinned == NULL) {
		w->home_cpu = choose_cpu(w);
		CPU_ZERO(&one);
		CPU_SET(w->home_cpu, &one);
		sched_setaffinity(w->tid, sizeof(one), &one);
		worker_want_ticks(w, true);
	}
	return w->home_cpu;
}

static void link_pinned(struct worker *w, struct tracee *t)
{
	t->pinned = true;
	DL_APPEND(w->pinned, t);
}

static void pin(struct worker *w, struct tracee *t)
{
	cpu_set_t own, one;

	if (!t->affinity)
		t->affinity = talloc(t, cpu_set_t);
	if (!t->affinity || sched_getaffinity(t->tid, sizeof(own), &own) < 0)
		return;
	*t->affinity = own;
	CPU_ZERO(&one);
	CPU_SET(home_cpu(w), &one);
	/* Where the guest may not run on our CPU (its own mask), it stays where it is. */
	if (CPU_ISSET(w->home_cpu, &own) && sched_setaffinity(t->tid, sizeof(one), &one) == 0)
		link_pinned(w, t);
}

void pin_release(struct tracee *t)
{
	if (!t->pinned)
		return;
	sched_setaffinity(t->tid, sizeof(*t->affinity), t->affinity);
	pin_forget(t);
}

void pin_forget(struct tracee *t)
{
	struct worker *w = t->worker;
	struct session *s = w->session;

	if (!t->pinned)
		return;
	t->pinned = false;
	t->burst = 0;
	DL_DELETE(w->pinned, t);
	if (w->pinned == NULL) {
		sched_setaffinity(w->tid, sizeof(s->cpus), &s->cpus);
		worker_settle_ticks(w);
	}
}

void pin_at_stop(struct tracee *t)
{
	struct session *s = tracee_session(t);
	uint64_t now;

	if (!s->pin)
		return;
	now = now_us();
	if (!t->pinned) {
		t->burst = now - t->last_stop_us < BURST_GAP_US ? t->burst + 1 : 0;
		if (t->burst >= BURST_STOPS)
			pin(t->worker, t);
	}
	t->last_stop_us = now;
}

/*
 * A child is born with its parent's mask, which may be ours, or have been when the parent called:
 * its event may be seen after it was set free.
 */
void pin_birth(struct tracee *child, const struct tracee *parent)
{
	cpu_set_t born_with;

	if (!parent->affinity)
		return;
	child->affinity = talloc_memdup(child, parent->affinity, sizeof(*parent->affinity));
	if (parent->pinned && child->affinity) {
		child->last_stop_us = now_us();
		link_pinned(child->worker, child);
	} else if (sched_getaffinity(child->tid, sizeof(born_with), &born_with) == 0 &&
		   !CPU_EQUAL(&born_with, parent->affinity)) {
		sched_setaffinity(child->tid, sizeof(*parent->affinity), parent->affinity);
	}
}

/* A single CPU is more likely ours than its dead parent's wish. */
void pin_orphan(struct tracee *t)
{
	const struct session *s = tracee_session(t);
	cpu_set_t born_with;

	if (s->pin && sched_getaffinity(t->tid, sizeof(born_with), &born_with) == 0 &&
	    CPU_COUNT(&born_with) == 1)
		sched_setaffinity(t->tid, sizeof(s->cpus), &s->cpus);
}

bool pin_is_busy(const struct worker *w, const struct process *but)
{
	uint64_t now = now_us();
	const struct tracee *t;

	DL_FOREACH(w->pinned, t)
		if (t->process != but && now - t->last_stop_us < BUSY_US)
			return true;
	return false;
}

void pin_tick(struct worker *w)
{
	uint64_t now = now_us();
	struct tracee *t, *next;

	DL_FOREACH_SAFE(w->pinned, t, next)
		if (now - t->last_stop_us > IDLE_US)
			pin_release(t);
}
