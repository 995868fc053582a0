// SPDX-License-Identifier: MIT
/*
 * A stopped process really stops: nothing runs, the state is T, all threads of it; SIGCONT revives it,
 * SIGKILL ends it, signals wait; storms of stop and continue end in the right status.
 *
 */
#include "guest.h"

#include <pthread.h>
#include <sys/resource.h>

static volatile long *counters;

static void *count(void *arg)
{
	volatile long *c = arg;
	struct stat st;

	for (;;) {
		stat("/tmp", &st);
		++*c;
	}
	return NULL;
}

static int counter(void *arg)
{
	pthread_t t;

	for (long i = 1; i < (long)arg; i++)
		pthread_create(&t, NULL, count, (void *)&counters[i]);
	count((void *)&counters[0]);
	return 0;
}

static int moved(int n, long ms)
{
	long before[8];
	int r = 0;

	for (int i = 0; i < n; i++)
		before[i] = counters[i];
	nap_ms(ms);
	for (int i = 0; i < n; i++)
		r += counters[i] != before[i];
	return r;
}

/* All of them, sooner or later. */
static const char *wait_moving(int n)
{
	for (int i = 0; i < 300; i++)
		if (moved(n, 10) == n)
			return "yes";
	return "no";
}

static void truly_stopped(int threads)
{
	pid_t pid;
	int status;

	memset((void *)counters, 0, 4096);
	pid = start_in_group(counter, (void *)(long)threads);
	wait_moving(threads);
	for (int i = 0; i < 3; i++) {
		kill(pid, i == 1 ? SIGTSTP : SIGSTOP);
		NEED(waitpid(pid, &status, WUNTRACED) == pid);
		show_wait("counter", status);
		printf("  state %c, moved while stopped %d\n", state_of(pid), moved(threads, 100));
		kill(pid, SIGCONT);
		NEED(waitpid(pid, &status, WCONTINUED) == pid);
		show_wait("counter", status);
		printf("  moved again %s\n", wait_moving(threads));
	}
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGTERM);
	printf("  TERM while stopped: state %c\n", state_of(pid));
	kill(pid, SIGCONT);
	finish("counter", pid);
}

static int stop_self(void *arg)
{
	struct stat st;

	printf("before\n");
	kill(getpid(), (long)arg);
	printf("after, stat %d\n", stat("/tmp", &st));
	return 3;
}

static void self_stop(int sig)
{
	pid_t pid = start_in_group(stop_self, (void *)(long)sig);
	int status;

	NEED(waitpid(pid, &status, WUNTRACED) == pid);
	show_wait("self", status);
	printf("state %c\n", state_of(pid));
	kill(pid, SIGCONT);
	finish("self", pid);
}

static void killed_while_stopped(void)
{
	pid_t pid = start(stop_self, (void *)(long)SIGSTOP);
	int status;

	NEED(waitpid(pid, &status, WUNTRACED) == pid);
	kill(pid, SIGKILL);
	finish("killed while stopped", pid);
}

static int loops(void *arg)
{
	struct stat st;

	for (long i = 0; i < (long)arg; i++)
		stat("/tmp", &st);
	return 44;
}

/* Stops and continues rain on children that come to their own end. */
static void many(int rounds)
{
	int good = 0, other = 0, status;

	for (int i = 0; i < rounds; i++) {
		pid_t pid = start(loops, (void *)(50L + i * 7 % 200));

		for (int j = 0; j < 10; j++) {
			kill(pid, j % 2 ? SIGCONT : SIGSTOP);
			if (i % 3 == 0)
				waitpid(pid, NULL, WUNTRACED | WCONTINUED | WNOHANG);
			if (kill(pid, 0) < 0)
				break;
		}
		kill(pid, SIGCONT);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (errno == ECHILD)
			errno = 0, good++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 44)
			good++;
		else
			other++;
	}
	printf("storm of stops: %d good, %d other\n", good, other);
}

static int stopped_group(void *arg)
{
	(void)arg;
	setpgid(0, 0);
	for (int i = 0; i < 4; i++)
		start(loops, (void *)100000000L);
	loops((void *)100000000L);
	return 0;
}

static void whole_group(void)
{
	pid_t pid = start(stopped_group, NULL);
	int status;

	nap_ms(50);
	kill(-pid, SIGSTOP);
	NEED(waitpid(pid, &status, WUNTRACED) == pid);
	show_wait("leader of a group", status);
	kill(-pid, SIGCONT);
	NEED(waitpid(pid, &status, WCONTINUED) == pid);
	kill(-pid, SIGKILL);
	finish("group", pid);
}

int main(void)
{
	counters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	truly_stopped(1);
	truly_stopped(4);
	self_stop(SIGSTOP);
	self_stop(SIGTSTP);
	self_stop(SIGTTIN);
	self_stop(SIGTTOU);
	killed_while_stopped();
	many(120);
	whole_group();
	return 0;
}
