// SPDX-License-Identifier: MIT
/*
 * Threads: thousands created one after another, hundreds at once, many blocked in one open, the
 * leader gone first, exit_group racing with path calls; each gives right answers to the end.
 *
 * arch: 64 32 dyn dyn32
 * timeout: 90
 */
#include "guest.h"

#include <pthread.h>
#include <sched.h>

static const char *const fifo = "/tmp/fifo";
static volatile int good;

static void *one_call(void *arg)
{
	if (access("/tmp/f", R_OK) == 0)
		__atomic_add_fetch(&good, 1, __ATOMIC_RELAXED);
	return arg;
}

static void in_turn(int n)
{
	pthread_t t;

	good = 0;
	for (int i = 0; i < n; i++) {
		NEED(pthread_create(&t, NULL, one_call, NULL) == 0);
		pthread_join(t, NULL);
	}
	printf("one after another: %d of %d\n", good, n);
}

static void *opens_fifo(void *arg)
{
	int fd = open(fifo, O_RDONLY);

	if (fd >= 0)
		__atomic_add_fetch(&good, 1, __ATOMIC_RELAXED);
	return arg;
}

static pthread_t *start_many(int n, void *(*fn)(void *))
{
	pthread_t *t = calloc(n, sizeof(*t));
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < n; i++)
		NEED(pthread_create(&t[i], &small, fn, NULL) == 0);
	return t;
}

static void join_all(pthread_t *t, int n)
{
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	free(t);
}

static void blocked_in_open(int n)
{
	pthread_t *t;
	int fd;

	good = 0;
	t = start_many(n, opens_fifo);
	nap_ms(100);
	fd = open(fifo, O_WRONLY);
	join_all(t, n);
	printf("blocked in open: %d of %d\n", good, n);
	close(fd);
	for (fd = 3; fd < n + 10; fd++)
		close(fd);
}

static pthread_barrier_t everybody;

static void *meets(void *arg)
{
	pthread_barrier_wait(&everybody);
	return one_call(arg);
}

static void at_once(int n)
{
	pthread_t *t;

	good = 0;
	pthread_barrier_init(&everybody, NULL, n);
	t = start_many(n, meets);
	join_all(t, n);
	printf("at once: %d of %d\n", good, n);
}

static void *forever(void *arg)
{
	for (;;)
		access("/tmp/f", R_OK);
	return arg;
}

static void exit_races(int n)
{
	int right = 0, status;

	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			start_many(4, forever);
			if (i % 2)
				sched_yield();
			_exit(77);
		}
		right += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 77;
	}
	printf("exit_group races: %d of %d\n", right, n);
}

static void *exits_last(void *arg)
{
	nap_ms(30);
	_exit(access("/tmp/f", R_OK) == 0 ? 31 : 32);
	return arg;
}

static void leader_first(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, exits_last, NULL);
		syscall(SYS_exit, 1);
	}
	wait_state(pid, "Z");
	printf("leader gone: waitpid %d\n", waitpid(pid, &status, WNOHANG));
	waitpid(pid, &status, 0);
	show_wait("leader first", status);
}

static void *makes_child(void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(access("/tmp/f", R_OK) == 0 ? 8 : 9);
	if (waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 8)
		__atomic_add_fetch(&good, 1, __ATOMIC_RELAXED);
	return arg;
}

static void children_of_threads(int n)
{
	pthread_t *t;

	good = 0;
	t = start_many(n, makes_child);
	join_all(t, n);
	printf("children of threads: %d of %d\n", good, n);
}

/* Signals reach the thread they are sent to, blocked in a call or not. */
static void on_cancel(int sig)
{
	(void)sig;
	__atomic_add_fetch(&good, 1, __ATOMIC_RELAXED);
}

static void *waits_in_open(void *arg)
{
	if (open(fifo, O_RDONLY) < 0 && errno == EINTR)
		__atomic_add_fetch(&good, 1000, __ATOMIC_RELAXED);
	return arg;
}

static void interrupted(int n)
{
	struct sigaction act = { .sa_handler = on_cancel };
	pthread_t *t;

	sigaction(SIGUSR1, &act, NULL);
	good = 0;
	t = start_many(n, waits_in_open);
	nap_ms(100);
	for (int i = 0; i < n; i++)
		pthread_kill(t[i], SIGUSR1);
	join_all(t, n);
	printf("interrupted in open: %d handled, %d EINTR\n", good % 1000, good / 1000);
}

static void *names_itself(void *arg)
{
	pthread_setname_np(pthread_self(), "worker");
	show_file("/proc/thread-self/comm");
	show_file("/proc/self/comm");
	return arg;
}

int main(void)
{
	pthread_t *t;

	make_file("/tmp/f", "f");
	NEED(mkfifo(fifo, 0600) == 0);
	in_turn(10000);
	blocked_in_open(64);
	at_once(400);
	exit_races(100);
	leader_first();
	children_of_threads(40);
	interrupted(32);
	t = start_many(1, names_itself);
	join_all(t, 1);
	show_status("/proc/self/status", "Threads:");
	return 0;
}
