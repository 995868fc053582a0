/* SPDX-License-Identifier: MIT */
/*
 * A signal from the terminal reaches the whole process group by itself; one that came by kill(2)
 * was meant for the command. A guest's own kill at the group reaches the front as well: who is a
 * guest each engine knows for itself.
 */
#include "engine/front.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/kernfile.h"
#include "engine/use.h"

static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH, SIGUSR1, SIGUSR2 };
static const int left_to_main[] = { SIGTSTP, SIGTTIN, SIGTTOU };

void front_signals(sigset_t *ret)
{
	sigemptyset(ret);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(ret, forwarded[i]);
	sigaddset(ret, SIGCHLD);
}

/*
 * That the terminal is gone is told to the leader of its session alone, before that ends
 * (tty_signal_session_leader, drivers/tty/tty_jobctrl.c): without us that would be the command.
 */
static bool was_hung_up(const siginfo_t *info)
{
	return info->si_signo == SIGHUP && info->si_code == SI_KERNEL && getsid(0) == getpid();
}

bool front_was_sent(const siginfo_t *info)
{
	return info->si_signo != SIGCHLD && (info->si_code <= 0 || was_hung_up(info));
}

bool front_is_stopped(pid_t pid)
{
	char name[64], state;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	return kernfile_scan(name, "State: %c", &state) && (state == 'T' || state == 't');
}

void front_pass_on(pid_t main_pid, const siginfo_t *info)
{
	if (front_was_sent(info) && (info->si_signo != SIGCONT || front_is_stopped(main_pid)))
		kill(main_pid, info->si_signo);
}

void front_stop_with(pid_t main_pid)
{
	raise(SIGSTOP);
	if (front_is_stopped(main_pid))
		kill(main_pid, SIGCONT);
}

void front_settle(const int *keep, size_t count)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int all[FRONT_KEEPS + 2];

	for (size_t i = 0; i < sizeof(left_to_main) / sizeof(left_to_main[0]); i++)
		sigaction(left_to_main[i], &ignore, NULL);
	prctl(PR_SET_DUMPABLE, 0);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	assert(count <= FRONT_KEEPS);
	memcpy(all, keep, count * sizeof(*keep));
	all[count] = use_fd();
	all[count + 1] = use_held();
	fd_close_others(STDERR_FILENO + 1, all, count + 2);
}

int front_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return 128 + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}
