/* SPDX-License-Identifier: MIT */
/*
 * The front process: what the caller sees of the session. It stops when the main command stops,
 * passes on what was sent to it alone, and ends with the main command's status.
 *
 * A signal from the terminal reaches the whole process group by itself; one that came by kill(2)
 * was meant for the command. A guest's own kill at the group reaches it as well, and is not
 * passed on.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/kernfile.h"
#include "engine/ptrace/start.h"
#include "tracee/session.h"

static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGUSR1, SIGUSR2 };
static const int left_to_main[] = { SIGTSTP, SIGTTIN, SIGTTOU };

static void signals_of_front(sigset_t *ret)
{
	sigemptyset(ret);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(ret, forwarded[i]);
	sigaddset(ret, SIGCHLD);
}

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
	if (info->si_code > 0 || is_guest(st, info->si_pid))
		return;
	kill(st->shared->main_pid, info->si_signo);
}

static bool is_stopped(pid_t pid)
{
	char name[64], state;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	return kernfile_scan(name, "State: %c", &state) && (state == 'T' || state == 't');
}

/* The job is stopped when its command is. Whoever continues us continues it. */
static void stop_with_main(pid_t main_pid)
{
	raise(SIGSTOP);
	if (is_stopped(main_pid))
		kill(main_pid, SIGCONT);
}

struct children {
	bool main_gone, tracer_gone;
	int main_status;
};

static void reap(const struct start *st, struct children *ch)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid == st->shared->main_pid && WIFSTOPPED(status)) {
			stop_with_main(pid);
		} else if (pid == st->shared->main_pid) {
			ch->main_gone = true;
			ch->main_status = status;
		} else if (pid == st->tracer_pid) {
			ch->tracer_gone = true;
			handover_kill_all(&st->shared->transit);
		}
	}
}

/* Descriptors of the caller's are the guest's now; only messages still go to stderr. */
static void let_go_of_descriptors(const struct start *st)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	fd_close_others(STDERR_FILENO + 1, &st->session->dir_lock_fd, 1);
}

static int status_of(const struct children *ch)
{
	if (!ch->main_gone)
		return 125;
	if (WIFSIGNALED(ch->main_status))
		return 128 + WTERMSIG(ch->main_status);
	return WEXITSTATUS(ch->main_status);
}

int front_wait(struct start *st)
{
	struct children ch = { 0 };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	siginfo_t info;
	sigset_t set;

	for (size_t i = 0; i < sizeof(left_to_main) / sizeof(left_to_main[0]); i++)
		sigaction(left_to_main[i], &ignore, NULL);
	prctl(PR_SET_DUMPABLE, 0);
	let_go_of_descriptors(st);
	signals_of_front(&set);
	for (;;) {
		reap(st, &ch);
		if (ch.tracer_gone && !ch.main_gone)
			kill(st->shared->main_pid, SIGKILL);
		if (ch.tracer_gone &&
		    (ch.main_gone || waitpid(st->shared->main_pid, &ch.main_status, 0) < 0))
			return status_of(&ch);
		if (sigwaitinfo(&set, &info) > 0 && info.si_signo != SIGCHLD)
			forward(st, &info);
	}
}
