/* SPDX-License-Identifier: MIT */
/* The tracer process: takes the main command in hand, then runs the loop until no guest is left. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/ptrace/inner.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/start.h"
#include "engine/ptrace/stats.h"
#include "engine/ptrace/worker.h"
#include "engine/use.h"
#include "ident/cred.h"
#include "ident/store.h"
#include "syscall/writes.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"
#include "tracee/uts.h"

const long loop_ptrace_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
			    PTRACE_O_EXITKILL;

/* For a signal handler, which is told nothing. */
static struct start *the_start;

/* The front is gone. Who is ours dies with us; who is nobody's must be killed. */
static void on_parent_death(int sig)
{
	(void)sig;
	if (getppid() == the_start->front_pid)
		return;
	handover_kill_all(&the_start->shared->transit);
	_exit(1);
}

/* Nothing sent to us may stop or end us; the alarm only interrupts the wait. */
static void settle_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGCHLD && sig != SIGSEGV && sig != SIGBUS && sig != SIGABRT &&
		    sig != SIGFPE && sig != SIGILL)
			sigaction(sig, &sa, NULL);
	sa.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &sa, NULL);
	sa.sa_handler = worker_on_alarm;
	sigaction(SIGALRM, &sa, NULL);
	sa.sa_handler = on_parent_death;
	sigaction(SIGTERM, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No descriptor of the caller's may stay open in us: its other end may wait for the last one. */
static void settle_descriptors(const struct session *s)
{
	const int keep[] = { s->dir_lock_fd, s->trace ? fileno(s->trace) : -1,
			     s->identity ? store_fd(s->identity->store) : -1, use_held() };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	fd_close_others(STDERR_FILENO + 1, keep, 4);
}

/* Who the first program is, where the session has an identity. */
static int take_cred(struct tracee *t, const struct identity *id)
{
	t->cred = cred_new(t, id->uid, id->gid, &id->limits);
	return t->cred ? cred_setgroups(t->cred, id->groups, id->group_count) : -ENOMEM;
}

static int seize_main(struct start *st)
{
	struct session *s = st->session;
	struct fs *fs = fs_copy(s, s->fs);
	struct tracee *t;

	s->main_pid = st->first->pid;
	t = fs ? seize_prepare(s, s->main_pid, fs) : NULL;
	if (!t || (s->identity && take_cred(t, s->identity) < 0))
		return -ENOMEM;
	t->listener_fd = s->has & HAS_SECCOMP ? &st->first->listener_fd : NULL;
	return seize(t, &s->workers[0]);
}

_Static_assert(SESSION_TRACER_TIDS == WORKERS_MAX - 1, "every thread of ours is known as such");

/* Their ids are told, so that the filter can hide them all. */
static void make_workers(struct start *st)
{
	struct session *s = st->session;
	struct fail fail;
	char byte = 1;

	sched_getaffinity(0, sizeof(s->cpus), &s->cpus);
	if (workers_start(s, st->config->debug & DEBUG_ONE_TRACER ? 1 : workers_wanted()) < 0)
		_exit(1);
	for (unsigned i = 1; i < s->worker_count; i++)
		st->shared->worker_tids[i] = s->tracer_tids[i - 1] = s->workers[i].tid;
	if (start_build_filter(st, &fail) < 0 || write(st->to_front[1], &byte, 1) != 1)
		_exit(1);
}

/* The main process waits until we hold it; without seccomp it must also be stopped once. */
static void let_main_go(struct start *st)
{
	char byte = 1;

	if (write(st->to_main[1], &byte, 1) < 0)
		_exit(1);
	close(st->to_main[1]);
}

_Noreturn void tracer_main(struct start *st)
{
	struct session *s = st->session;
	struct leftovers before;
	char byte;
	int r;

	setsid();
	the_start = st;
	s->transit = &st->shared->transit;
	settle_signals();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != st->front_pid)
		_exit(1);
	prctl(PR_SET_DUMPABLE, 0);
	s->tracer_pid = getpid();
	close(st->to_tracer[1]); /* main's byte, or its end */
	make_workers(st);
	/* pr exec's alarms come from now on. */
	if (TEMP_FAILURE_RETRY(read(st->to_tracer[0], &byte, 1)) != 1)
		_exit(1);
	leftovers_begin(s, &before);
	r = seize_main(st);
	st->first->seized = r < 0 ? r : 1;
	let_main_go(st);
	if (r < 0)
		_exit(1);
	settle_descriptors(s);
	if (chdir("/") < 0)
		_exit(1);
	s->unpin = pin_release;
	s->guest_ptrace = inner_ptrace;
	s->interrupt = waits_interrupt;
	s->tell_end = waits_tell_end;
	s->helpers = st->shared->helpers;
	s->newcomers = st->shared->newcomers;
	s->wait_leftovers = st->config->wait_leftovers;
	worker_run(&s->workers[0]);
	writes_end(s);
	if (st->config->debug & DEBUG_MEM)
		leftovers_report(s, &before);
	if (s->stats)
		stats_print(s, stderr);
	if (s->trace)
		fclose(s->trace);
	_exit(0);
}
