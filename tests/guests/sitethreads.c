// SPDX-License-Identifier: MIT
/*
 * Many threads in one call site, from the first call ever made there: the program is started anew for
 * each trial, so that the place is met for the first time by 64 threads at once. Threads that end, are
 * created, or wait in a call of that same place meanwhile; exit in the middle of it.
 *
 * arch: 64 32 dyn
 * timeout: 120
 */
#include "sites.h"

#include <pthread.h>
#include <sched.h>

enum { THREADS = 64, TRIALS = 6, CALLS = 20, BLOCKED = 100 };

static const char *const fifo = "/tmp/fifo";
static volatile int go, wrong, good, done;

static pthread_t create(void *(*fn)(void *), void *arg)
{
	pthread_attr_t small;
	pthread_t t;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	need((errno = pthread_create(&t, &small, fn, arg)) == 0, "pthread_create");
	pthread_attr_destroy(&small);
	return t;
}

static void add(volatile int *sum, int n)
{
	__atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

/* Every second one starts with the C library, the others with our own places. */
static void *caller(void *arg)
{
	while (!go)
		sched_yield();
	for (int i = 0; i < CALLS; i++)
		add(&wrong, ((long)arg + i) % 2 ? libc_round() : site_round());
	return NULL;
}

/* One place and nothing but: a busy loop of calls that take no path. */
static void *getcwd_caller(void *arg)
{
	char buf[64];

	while (!go)
		sched_yield();
	for (int i = 0; i < CALLS * 5; i++)
		add(&wrong, site_getcwd(buf, sizeof(buf)) != sizeof(SITES_DIR));
	return arg;
}

static void first_calls(void *(*fn)(void *))
{
	pthread_t t[THREADS];

	for (long i = 0; i < THREADS; i++)
		t[i] = create(fn, (void *)i);
	go = 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

static void trials(void)
{
	int status, right = 0;

	for (int i = 0; i < TRIALS; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execl("/bin/sitethreads", "sitethreads", i % 2 ? "rounds" : "getcwd", NULL);
			_exit(98);
		}
		NEED(waitpid(pid, &status, 0) == pid);
		if (status != 0)
			show_wait("trial", status);
		right += status == 0;
	}
	printf("first calls: %d of %d\n", right, TRIALS);
}

static void *until_done(void *arg)
{
	while (!done)
		add(&wrong, site_round());
	return arg;
}

static void *few_calls(void *arg)
{
	add(&wrong, site_access("link", R_OK) != 0);
	add(&good, site_stat("file") == S_IFREG);
	return arg;
}

/* Threads die right after a call, others go on in the same places. */
static void births_and_deaths(void)
{
	pthread_t steady[4], t[8];

	for (int i = 0; i < 4; i++)
		steady[i] = create(until_done, NULL);
	for (int i = 0; i < 40; i++) {
		for (int j = 0; j < 8; j++)
			t[j] = create(few_calls, NULL);
		for (int j = 0; j < 8; j++)
			pthread_join(t[j], NULL);
	}
	done = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(steady[i], NULL);
	printf("births and deaths: %d good, %d wrong\n", good, wrong);
}

static void *opener(void *arg)
{
	int fd = site_openat(AT_FDCWD, (long)arg % 2 ? fifo : "../fifo", O_RDONLY | O_CLOEXEC, 0);

	add(&good, fd >= 0);
	return (void *)(long)fd;
}

static void *waiter(void *arg)
{
	int fd = open(fifo, O_RDONLY | O_CLOEXEC);

	(void)arg;
	add(&good, fd >= 0);
	return (void *)(long)fd;
}

/* A hundred threads sleep in a place; it goes on to serve all others. */
static void blocked(void *(*fn)(void *))
{
	pthread_t t[BLOCKED];
	void *fd;
	int end;

	good = wrong = 0;
	for (long i = 0; i < BLOCKED; i++)
		t[i] = create(fn, (void *)i);
	nap_ms(100);
	wrong = rounds(20);
	printf("while %d wait: %d wrong, %d opened\n", BLOCKED, wrong, good);
	end = open(fifo, O_WRONLY);
	wrong = rounds(20);
	for (int i = 0; i < BLOCKED; i++) {
		pthread_join(t[i], &fd);
		close((long)fd);
	}
	close(end);
	printf("afterwards: %d wrong, %d opened\n", wrong, good);
}

static void exits(void)
{
	int right = 0, status;

	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			done = 0;
			for (int j = 0; j < 4; j++)
				create(until_done, NULL);
			for (int j = 0; j < i % 8; j++)
				wrong += site_round();
			_exit(wrong ? 1 : 77);
		}
		right += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 77;
	}
	printf("exits: %d of 20\n", right);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		first_calls(strcmp(argv[1], "rounds") == 0 ? caller : getcwd_caller);
		return wrong != 0;
	}
	sites_make();
	NEED(mkfifo(fifo, 0600) == 0);
	trials();
	births_and_deaths();
	blocked(opener);
	blocked(waiter);
	wrong = 0;
	exits();
	printf("%d descriptors\n", open_descriptors());
	return 0;
}
