// SPDX-License-Identifier: MIT
/*
 * cage SECONDS CMD...
 *
 * Runs CMD in a session of its own and leaves nothing behind: as subreaper it inherits every orphan,
 * and when CMD has ended, or its time is up, it kills all that is left. Exit status: CMD's, 128+n if
 * a signal ended it, 124 if its time was up. What outlived CMD is counted on stderr if CAGE_COUNT is set.
 * CMD finds our pid, the parent of every orphan, in CAGE_PID.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t time_is_up;

static void on_alarm(int sig)
{
	time_is_up = sig;
	alarm(1); /* again, should this one fall just before waitpid */
}

static pid_t start(char **argv)
{
	pid_t pid = fork();
	char text[16];

	if (pid)
		return pid;
	snprintf(text, sizeof(text), "%d", getppid());
	setenv("CAGE_PID", text, 1);
	setsid();
	signal(SIGALRM, SIG_DFL);
	execvp(argv[0], argv);
	fprintf(stderr, "cage: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Waits for pid alone, reaping orphans on the way. Its wait status, or -1 when time is up. */
static int wait_for(pid_t pid)
{
	int status;
	pid_t got;

	while (!time_is_up) {
		got = waitpid(-1, &status, __WALL);
		if (got == pid)
			return status;
		if (got < 0 && errno != EINTR)
			return -1;
	}
	return -1;
}

/* Kills every child we have now; how many there were. */
static int kill_children(void)
{
	char name[64];
	int pid, n = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/self/task/%d/children", getpid());
	f = fopen(name, "re");
	if (!f)
		return 0;
	for (; fscanf(f, "%d", &pid) == 1; n++)
		kill(pid, SIGKILL);
	fclose(f);
	return n;
}

/* Their children become ours when they die, so it ends only when nobody is left. */
static int clean_up(void)
{
	struct timespec tick = { .tv_nsec = 2000000 };
	int total = 0, n;

	while ((n = kill_children()) > 0) {
		nanosleep(&tick, NULL);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			total++;
	}
	return total;
}

int main(int argc, char **argv)
{
	struct sigaction alarm_act = { .sa_handler = on_alarm };
	int status, left;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: cage SECONDS CMD...\n");
		return 125;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigaction(SIGALRM, &alarm_act, NULL);
	pid = start(argv + 2);
	alarm(atoi(argv[1]));
	status = wait_for(pid);
	alarm(0);
	left = clean_up();
	if (status == -1)
		return fprintf(stderr, "cage: time is up\n"), 124;
	if (left && getenv("CAGE_COUNT"))
		fprintf(stderr, "cage: %d left behind\n", left);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
