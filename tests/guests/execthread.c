// SPDX-License-Identifier: MIT
/*
 * exec while other threads run: from the leader and from another thread, the others busy with
 * path calls or blocked; the pid stays, one thread is left, the parent sees one process.
 *
 * arch: 64 32 dyn
 */
#include "guest.h"

#include <pthread.h>
#include <sched.h>

static char pid_text[16];
static char *const env[] = { "EXECTHREAD_SHOW=1", NULL };
static volatile int ready;

static int shown(char **argv)
{
	printf("  %s: pid %s, tid %s\n", argv[0], atoi(argv[1]) == getpid() ? "kept" : "changed",
	       syscall(SYS_gettid) == getpid() ? "is pid" : "is not pid");
	show_status("/proc/self/status", "Threads:");
	show_file("/proc/self/comm");
	return 5;
}

static void *busy(void *arg)
{
	struct stat st;

	for (__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);;)
		stat("/bin/execthread", &st);
	return arg;
}

static void *blocked(void *arg)
{
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	open("/tmp/fifo", O_RDONLY);
	return arg;
}

static void *execs(void *arg)
{
	execve("/bin/execthread", (char *[]){ arg, pid_text, NULL }, env);
	printf("exec: %s\n", err_name(errno));
	return NULL;
}

static void many(void *(*fn)(void *), int n)
{
	pthread_t t;

	for (int i = 0; i < n; i++)
		NEED(pthread_create(&t, NULL, fn, NULL) == 0);
	while (ready < n)
		sched_yield();
}

static void one(const char *what, void *(*others)(void *), int n, bool from_leader)
{
	pid_t pid = fork();
	pthread_t t;

	if (pid) {
		finish(what, pid);
		return;
	}
	ready = 0;
	snprintf(pid_text, sizeof(pid_text), "%d", getpid());
	if (others)
		many(others, n);
	if (from_leader)
		execs((char *)what);
	NEED(pthread_create(&t, NULL, execs, (char *)what) == 0);
	if (n & 1)
		syscall(SYS_exit, 0); /* the leader is gone before its place is taken */
	for (;;)
		pause();
}

/* Two threads exec at once: one of them wins. */
static void race(int rounds)
{
	int good = 0, status;

	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			pthread_t t[3];

			snprintf(pid_text, sizeof(pid_text), "%d", getpid());
			for (int j = 0; j < 3; j++)
				pthread_create(&t[j], NULL, execs, "-quiet");
			for (;;)
				pause();
		}
		waitpid(pid, &status, 0);
		good += WIFEXITED(status) && WEXITSTATUS(status) == 5;
	}
	printf("race: %d of %d\n", good, rounds);
}

/* A failing exec from a thread leaves all threads alone. */
static void *fails(void *arg)
{
	SHOW(execve("/missing", (char *[]){ "x", NULL }, env));
	SHOW(execve("/tmp", (char *[]){ "x", NULL }, env));
	return arg;
}

static void failing(void)
{
	pthread_t t, b;

	NEED(pthread_create(&b, NULL, blocked, NULL) == 0);
	NEED(pthread_create(&t, NULL, fails, NULL) == 0);
	pthread_join(t, NULL);
	show_status("/proc/self/status", "Threads:");
	SHOW(close(open("/tmp/fifo", O_WRONLY)));
	pthread_join(b, NULL);
}

int main(int argc, char **argv)
{
	if (getenv("EXECTHREAD_SHOW"))
		return argv[0][0] == '-' ? 5 : shown(argv);
	(void)argc;
	NEED(mkfifo("/tmp/fifo", 0600) == 0);
	one("leader alone", NULL, 0, true);
	one("thread alone", NULL, 0, false);
	one("leader, others busy", busy, 4, true);
	one("thread, others busy", busy, 4, false);
	one("thread, others busy, leader gone", busy, 3, false);
	one("leader, others blocked", blocked, 4, true);
	one("thread, others blocked", blocked, 4, false);
	one("thread, others blocked, leader gone", blocked, 3, false);
	race(40);
	failing();
	return 0;
}
