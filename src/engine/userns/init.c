/* SPDX-License-Identifier: MIT */
/*
 * --init: the guest's first process is ours. It reaps whoever has lost his parent, passes on what
 * it is sent, and ends with the command's status. As pid 1 of its own namespace it takes all others
 * along, for the kernel ends them; it waits for them first where that was asked for.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/engine.h"
#include "engine/front.h"
#include "engine/userns/session.h"

/* Its status once nobody is left to be waited for; -1: not yet. */
static int reap(const struct userns *u, pid_t command, int *status)
{
	int s;
	pid_t pid;

	while ((pid = waitpid(-1, &s, WNOHANG | WUNTRACED)) > 0) {
		if (pid == command && !WIFSTOPPED(s))
			*status = front_status(s);
		else if (pid == command && write(u->stops[1], "", 1) < 0)
			break;
	}
	if (*status >= 0 && (!u->config->wait_leftovers || (pid < 0 && errno == ECHILD)))
		return *status;
	return -1;
}

int init_run(struct userns *u, int (*command)(struct userns *u))
{
	int status = -1, done = -1;
	siginfo_t info;
	sigset_t set;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid < 0)
		return 125;
	if (pid == 0)
		_exit(command(u));
	front_settle(&u->stops[1], 1);
	front_signals(&set);
	sigaddset(&set, SIGCONT);
	while (done < 0) {
		if (sigwaitinfo(&set, &info) > 0)
			front_pass_on(pid, &info);
		done = reap(u, pid, &status);
	}
	return done;
}
