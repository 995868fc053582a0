/* SPDX-License-Identifier: MIT */
/*
 * The end of a session: when the main command is gone, what it left behind is asked to go (TERM),
 * and a second later made to (KILL), again and again until none is left.
 */
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "engine/ptrace/loop.h"
#include "engine/ptrace/worker.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { GRACE_MS = 1000 };

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void signal_all(struct session *s, int sig)
{
	struct process *p, *next;

	HASH_ITER(hh, s->processes, p, next)
		kill(p->pid, sig);
}

void ending_main_gone(struct session *s)
{
	if (s->wait_leftovers || (!s->processes && !s->parked))
		return;
	signal_all(s, SIGTERM);
	signal_all(s, SIGCONT);
	s->kill_at_ms = now_ms() + GRACE_MS;
	for (unsigned i = 0; i < s->worker_count; i++)
		worker_want_ticks(&s->workers[i], true);
}

void ending_tick(struct session *s)
{
	if (s->kill_at_ms && now_ms() >= s->kill_at_ms)
		signal_all(s, SIGKILL);
}
