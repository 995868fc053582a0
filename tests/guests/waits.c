// SPDX-License-Identifier: MIT
/*
 * Waiting for children: WUNTRACED, WCONTINUED, WNOWAIT, WNOHANG, __WALL, __WCLONE, waitid's codes, what
 * SIGCHLD says, SA_NOCLDSTOP and SA_NOCLDWAIT, ECHILD; and that no stop is seen which nobody made.
 */
#include "guest.h"

#include <sched.h>
#include <sys/resource.h>

static volatile sig_atomic_t children;
static char codes[256];
static int told; /* events seen by wait_told */

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	children++;
	snprintf(codes + strlen(codes), sizeof(codes) - strlen(codes), "%d/%d ", info->si_code,
		 info->si_status);
}

static void handle(int flags)
{
	struct sigaction act = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART | flags };

	NEED(sigaction(SIGCHLD, &act, NULL) == 0);
	children = 0;
	codes[0] = '\0';
}

static int idle(void *arg)
{
	(void)arg;
	while (pause() < 0)
		;
	return 0;
}

static int busy(void *arg)
{
	struct stat st;

	(void)arg;
	while (stat("/tmp/missing", &st) < 0)
		;
	return 0;
}

static int seven(void *arg)
{
	(void)arg;
	return 7;
}

static void wait_step(const char *what, pid_t pid, int flags)
{
	int status = 0;
	pid_t r = waitpid(pid, &status, flags);

	printf("%s: ", what);
	if (r > 0)
		show_wait(r == pid ? "the child" : "another", status);
	else
		printf("%s\n", r == 0 ? "nothing" : err_name(errno));
}

/* The same, and the event's own SIGCHLD awaited: two of them may melt into one. */
static void wait_told(const char *what, pid_t pid, int flags)
{
	int before = told++;

	wait_step(what, pid, flags);
	for (int i = 0; i < 1000 && children <= before; i++)
		nap_ms(1);
}

static void stops(int (*fn)(void *), const char *what)
{
	pid_t pid;

	printf("-- %s\n", what);
	handle(0);
	told = 0;
	pid = start_in_group(fn, NULL);
	wait_step("at first", pid, WNOHANG | WUNTRACED | WCONTINUED);
	kill(pid, SIGSTOP);
	wait_told("WUNTRACED", pid, WUNTRACED);
	printf("state %c\n", state_of(pid));
	wait_step("again", pid, WUNTRACED | WNOHANG);
	kill(pid, SIGCONT);
	wait_told("WCONTINUED", pid, WCONTINUED);
	wait_step("again", pid, WCONTINUED | WNOHANG);
	kill(pid, SIGTSTP);
	wait_told("TSTP", pid, WUNTRACED);
	kill(pid, SIGTTIN);
	kill(pid, SIGCONT);
	wait_told("CONT", pid, WCONTINUED);
	kill(pid, SIGSTOP);
	wait_told("STOP", pid, WUNTRACED);
	kill(pid, SIGUSR1);
	wait_step("a pending signal", pid, WNOHANG | WUNTRACED);
	kill(pid, SIGKILL);
	wait_told("the end", pid, 0);
	wait_step("no more", pid, 0);
	printf("SIGCHLD %s\n", codes);
}

static void with_waitid(void)
{
	siginfo_t info = { 0 };
	struct rusage usage;
	pid_t pid = start(idle, NULL);

	kill(pid, SIGSTOP);
	SHOW(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	printf("  code %d status %d\n", info.si_code, info.si_status);
	SHOW(waitid(P_PID, pid, &info, WSTOPPED));
	printf("  code %d status %d pid %d\n", info.si_code, info.si_status, info.si_pid == pid);
	memset(&info, 0, sizeof(info));
	SHOW(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG));
	printf("  pid %d\n", info.si_pid);
	kill(pid, SIGCONT);
	SHOW(waitid(P_ALL, 0, &info, WCONTINUED));
	printf("  code %d status %d\n", info.si_code, info.si_status);
	kill(pid, SIGTERM);
	SHOW(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	printf("  code %d status %d\n", info.si_code, info.si_status);
	SHOW(waitid(P_PID, pid, &info, WEXITED));
	printf("  code %d status %d\n", info.si_code, info.si_status);
	SHOW(waitid(P_PID, pid, &info, WEXITED));
	SHOW(waitid(P_ALL, 0, &info, WEXITED));
	SHOW(waitid(P_ALL, 0, &info, 0));
	pid = start(seven, NULL);
	SHOW(wait4(pid, NULL, 0, &usage) == pid);
	SHOW(wait4(-1, NULL, 0x8000, NULL));
	pid = start(seven, NULL);
	SHOW(waitpid(0, NULL, 0) == pid);
	pid = start(seven, NULL);
	SHOW(waitpid(-getpgrp(), NULL, 0) == pid);
	SHOW(waitpid(-1, NULL, WNOHANG));
}

static int thread_like(void *arg)
{
	_exit((long)arg);
}

/* Children with other exit signals, or none. */
static void clone_children(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	static const int signals[] = { SIGCHLD, SIGUSR1, 0 };
	siginfo_t info;
	int pid;

	signal(SIGUSR1, SIG_IGN);
	for (int i = 0; i < 3; i++) {
		handle(0);
		pid = clone(thread_like, stack + sizeof(stack), signals[i], (void *)3L);
		NEED(pid > 0 && waitid(P_PID, pid, &info, WEXITED | WNOWAIT | __WALL) == 0);
		printf("clone with signal %d\n", signals[i]);
		wait_step("plain", pid, WNOHANG);
		wait_step("__WCLONE", pid, WNOHANG | __WCLONE);
		wait_step("__WALL", pid, WNOHANG | __WALL);
		printf("SIGCHLD %d\n", children);
	}
	signal(SIGUSR1, SIG_DFL);
}

static void no_stops(void)
{
	pid_t pid;

	handle(SA_NOCLDSTOP);
	pid = start(idle, NULL);
	for (int i = 0; i < 3; i++) {
		kill(pid, SIGSTOP);
		NEED(waitpid(pid, NULL, WUNTRACED) == pid);
		kill(pid, SIGCONT);
		NEED(waitpid(pid, NULL, WCONTINUED) == pid);
	}
	printf("SA_NOCLDSTOP: %d\n", children);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("and at the end: %d %s\n", children, codes);
}

/* Ignored children leave no zombie and wait says ECHILD. */
static void ignored(void)
{
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = start(seven, NULL);
	SHOW(waitpid(pid, NULL, 0));
	SHOW(waitpid(-1, NULL, WNOHANG));
	signal(SIGCHLD, SIG_DFL);
	handle(SA_NOCLDWAIT);
	pid = start(seven, NULL);
	SHOW(waitpid(pid, NULL, 0));
	printf("SA_NOCLDWAIT: signals %d\n", children);
}

/* Path calls, forks and execs of a child give its parent no event but the last. */
static int lively(void *arg)
{
	struct stat st;

	(void)arg;
	for (int i = 0; i < 50; i++)
		stat("/tmp", &st);
	for (int i = 0; i < 5; i++)
		waitpid(start(seven, NULL), NULL, 0);
	raise(SIGWINCH);
	kill(getpid(), SIGCONT);
	execl("/bin/waits", "waits", "quick", NULL);
	return 1;
}

static void no_ghosts(void)
{
	int status, n = 0;
	pid_t pid;

	handle(0);
	for (int i = 0; i < 10; i++) {
		pid = start(lively, NULL);
		while (waitpid(pid, &status, WUNTRACED | WCONTINUED) == pid) {
			n++;
			if (WIFEXITED(status))
				break;
		}
	}
	/* A SIGCONT sent to a running process is told to nobody. */
	printf("ten children: %d events, %d signals: %s\n", n, children, codes);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return 9;
	stops(idle, "idle child");
	stops(busy, "busy child");
	with_waitid();
	clone_children();
	no_stops();
	ignored();
	no_ghosts();
	return 0;
}
