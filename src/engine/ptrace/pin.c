/* SPDX-License-Identifier: MIT */
/*
 * Where guests run. A stop costs ten times more when guest and tracer sit on different CPUs, because
 * each wakes the other's idle CPU (docs/performance.md). So a guest that stops often is kept on the
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
#include "tracee/session.h"
#include "tracee/tracee.h"

enum {
	BURST_GAP_US = 1000, /* stops closer than this make a burst */
	BURST_STOPS = 4,     /* so many of them, and the guest is kept */
	IDLE_US = 4000,	     /* so long without a stop, and it is free */
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The CPU that tracer and guests share while anybody is kept; the tracer is bound to it. */
static int home_cpu(struct session *s)
{
	cpu_set_t one;

	if (s->pinned == NULL) {
		s->home_cpu = sched_getcpu();
		CPU_ZERO(&one);
		CPU_SET(s->home_cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		loop_want_ticks(s, true);
	}
	return s->home_cpu;
}

static void link_pinned(struct session *s, struct tracee *t)
{
	t->pinned = true;
	DL_APPEND(s->pinned, t);
}

static void pin(struct session *s, struct tracee *t)
{
	cpu_set_t *own = talloc(t, cpu_set_t);
	cpu_set_t one;

	if (!own || sched_getaffinity(t->tid, sizeof(*own), own) < 0) {
		talloc_free(own);
		return;
	}
	CPU_ZERO(&one);
	CPU_SET(home_cpu(s), &one);
	/* Where the guest may not run on our CPU (its own mask), it stays where it is. */
	if (!CPU_ISSET(s->home_cpu, own) || sched_setaffinity(t->tid, sizeof(one), &one) < 0) {
		talloc_free(own);
		return;
	}
	t->affinity = own;
	link_pinned(s, t);
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
	struct session *s = tracee_session(t);

	if (!t->pinned)
		return;
	t->pinned = false;
	t->burst = 0;
	DL_DELETE(s->pinned, t);
	TALLOC_FREE(t->affinity);
	if (s->pinned == NULL) {
		sched_setaffinity(0, sizeof(s->cpus), &s->cpus);
		loop_want_ticks(s, s->kill_at_ms != 0);
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
			pin(s, t);
	}
	t->last_stop_us = now;
}

/* A child is born with its parent's mask, which may be ours. */
void pin_birth(struct tracee *child, const struct tracee *parent)
{
	struct session *s = tracee_session(child);

	if (!parent->pinned)
		return;
	child->affinity = talloc(child, cpu_set_t);
	if (!child->affinity) {
		sched_setaffinity(child->tid, sizeof(*parent->affinity), parent->affinity);
		return;
	}
	*child->affinity = *parent->affinity;
	child->last_stop_us = now_us();
	link_pinned(s, child);
}

void pin_tick(struct session *s)
{
	uint64_t now = now_us();
	struct tracee *t, *next;

	DL_FOREACH_SAFE(s->pinned, t, next)
		if (now - t->last_stop_us > IDLE_US)
			pin_release(t);
}
