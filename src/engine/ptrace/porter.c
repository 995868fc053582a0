/* SPDX-License-Identifier: MIT */
/*
 * The porter waits at the session's socket, in a session of its own so that ^Z does not stop it
 * with the front. Most sessions are never asked anything: it is made by the first who asks, of whom
 * a signal tells the front, or when the front is about to be stopped and could not make it any
 * more. If a guest manages to kill it the next connection makes another.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/ptrace/start.h"
#include "engine/sessions/serve.h"
#include "tracee/session.h"

/* What is known at once is told at once. */
enum { PATIENCE_MS = 200 };

/* In an attendant: the one process that it leads in. */
struct porter {
	struct start *st, *now;
};

static pid_t start(void *engine, const struct session_config *config, bool terminal,
		   struct fail *fail)
{
	struct porter *p = engine;
	pid_t pid = -1;

	p->now = newcomer_start(p->st->session, p->st, config, terminal, &pid, fail);
	return p->now ? pid : -1;
}

static void explain(void *engine, struct fail *fail)
{
	struct porter *p = engine;

	if (p->now->first->seized == -ECANCELED)
		fail_set(fail, "the session is ending");
	else
		start_explain(p->now, fail);
}

static void reap(struct shared *shared)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		newcomer_reap(shared, pid);
}

static _Noreturn void porter_main(struct start *st)
{
	struct porter porter = { .st = st };
	const struct service service = {
		.config = st->config,
		.engine = &porter,
		.keep_fd = -1,
		.start = start,
		.explain = explain,
	};
	struct pollfd p[2] = { { .fd = st->door.fd, .events = POLLIN }, { .events = POLLIN } };
	struct signalfd_siginfo info;
	sigset_t child;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != st->front_pid)
		_exit(1);
	fd_close_others(STDERR_FILENO + 1, (int[]){ st->door.fd, st->door.keep[1] }, 2);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	p[1].fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	for (;;) {
		serve_waiting(&st->door, &service);
		reap(st->shared);
		poll(p, 2, -1);
		while (read(p[1].fd, &info, sizeof(info)) > 0)
			;
	}
}

void porter_want(struct start *st)
{
	pid_t pid;

	if (st->door.fd < 0 || st->shared->helpers[0] != 0)
		return;
	pid = fork();
	if (pid == 0)
		porter_main(st);
	if (pid > 0)
		st->shared->helpers[0] = pid;
}

/* Somebody may have come of whom no signal is to be expected any more. */
static void look(struct start *st)
{
	struct pollfd p = { .fd = st->door.fd, .events = POLLIN };

	if (poll(&p, 1, 0) > 0)
		porter_want(st);
}

/* A socket that listens has told from its beginning. */
void porter_watch(struct start *st)
{
	if (st->door.fd < 0 || !st->door.inner)
		return;
	fcntl(st->door.fd, F_SETOWN, getpid());
	fcntl(st->door.fd, F_SETFL, O_NONBLOCK | O_ASYNC);
	look(st);
}

void porter_gone(struct start *st)
{
	st->shared->helpers[0] = 0;
	look(st);
}

void porter_end(struct start *st)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };

	if (st->shared->helpers[0] == 0)
		return;
	for (unsigned i = 0; i < PATIENCE_MS && newcomer_is_any(st->shared); i++)
		nanosleep(&a_while, NULL);
}
