/* SPDX-License-Identifier: MIT */
/* The front process of a session with a tracer: waits for both its children. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/kernfile.h"
#include "engine/front.h"
#include "engine/ptrace/start.h"
#include "tracee/session.h"

static bool is_guest(const struct start *st, pid_t pid)
{
	char name[64];
	int tracer = 0;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	if (!kernfile_scan(name, "TracerPid: %d", &tracer) || tracer == 0)
		return false;
	snprintf(name, sizeof(name), "/proc/%d/task/%d", st->tracer_pid, tracer);
	return access(name, F_OK) == 0;
}

static void forward(const struct start *st, const siginfo_t *info)
{
	if (front_was_sent(info) && !is_guest(st, info->si_pid))
		front_pass_on(st->shared->main.pid, info);
}

struct children {
	bool main_gone, tracer_gone;
	int main_status;
};

/* As process 1 of its namespace the front cannot be stopped: who is above it stops in its place. */
static void stop_with_main(struct start *st)
{
	if (st->stops_fd < 0) {
		porter_want(st); /* it goes on while we do not */
		front_stop_with(st->shared->main.pid);
	} else if (write(st->stops_fd, "", 1) < 0) {
		kill(st->shared->main.pid, SIGCONT);
	}
}

static void reap(struct start *st, struct children *ch)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid == st->shared->main.pid && WIFSTOPPED(status)) {
			stop_with_main(st);
		} else if (pid == st->shared->main.pid) {
			ch->main_gone = true;
			ch->main_status = status;
		} else if (pid == st->tracer_pid) {
			ch->tracer_gone = true;
			st->tracer_status = status;
			handover_kill_all(&st->shared->transit);
		} else if (pid == st->shared->helpers[0]) {
			porter_gone(st);
		}
	}
}

/* Without its tracer it may not live on. */
static void end_main(const struct start *st, struct children *ch)
{
	if (ch->main_gone)
		return;
	kill(st->shared->main.pid, SIGKILL);
	ch->main_gone = waitpid(st->shared->main.pid, &ch->main_status, 0) > 0;
}

static int status_of(const struct children *ch)
{
	if (!ch->main_gone)
		return 125;
	return front_status(ch->main_status);
}

int front_wait(struct start *st)
{
	const int keep[] = { st->session->dir_lock_fd, st->stops_fd, st->door.fd, st->door.keep[0],
			     st->door.keep[1] };
	struct children ch = { 0 };
	siginfo_t info;
	sigset_t set;

	front_settle(keep, sizeof(keep) / sizeof(keep[0]));
	front_signals(&set);
	sigaddset(&set, SIGIO); /* somebody connects */
	if (st->stops_fd >= 0)
		sigaddset(&set, SIGCONT);
	sessiondir_sweep(st->session->dir); /* while the guest begins */
	porter_watch(st);
	for (;;) {
		reap(st, &ch);
		if (ch.tracer_gone) {
			end_main(st, &ch);
			porter_end(st);
			return status_of(&ch);
		}
		if (sigwaitinfo(&set, &info) < 0)
			continue;
		if (info.si_signo == SIGIO)
			porter_want(st);
		else
			forward(st, &info);
	}
}
