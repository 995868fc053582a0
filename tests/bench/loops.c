// SPDX-License-Identifier: MIT
/*
 * loops WHAT COUNT: one kind of work COUNT times; prints nanoseconds each. Its paths lie below the
 * Debian guest's /usr, five components deep.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const path = "/usr/lib/x86_64-linux-gnu/perl-base/strict.pm";

static void stats(long n)
{
	struct stat st;

	while (n--)
		if (stat(path, &st) < 0)
			exit(1);
}

static void opens(long n)
{
	while (n--) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			exit(1);
		close(fd);
	}
}

static void misses(long n)
{
	while (n--)
		if (access("/usr/lib/x86_64-linux-gnu/perl-base/no-such-file", F_OK) == 0)
			exit(1);
}

static void untrapped(long n)
{
	while (n--)
		getppid();
}

static void relay(int fd, long n, int first)
{
	char byte = 'x';
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	while (n--) {
		if (first && sendmsg(fd, &m, 0) != 1)
			exit(1);
		if (recvmsg(fd, &m, 0) != 1)
			exit(1);
		if (!first && sendmsg(fd, &m, 0) != 1)
			exit(1);
	}
}

static void pingpong(long n)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		relay(pair[1], n, 0);
		_exit(0);
	}
	relay(pair[0], n, 1);
	waitpid(pid, NULL, 0);
}

static void *nothing(void *arg)
{
	return arg;
}

static void threads(long n)
{
	pthread_t t;

	while (n--)
		if (pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL))
			exit(1);
}

static void forks(long n)
{
	while (n--) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void cpu(long n)
{
	volatile double x = 1;

	while (n--)
		for (int i = 0; i < 1000; i++)
			x = x * 1.0000001 + 0.1;
}

static const struct {
	const char *name;
	void (*fn)(long n);
} all[] = {
	{ "stat", stats }, { "open", opens }, { "miss", misses }, { "untrapped", untrapped },
	{ "pingpong", pingpong }, { "threads", threads }, { "fork", forks }, { "cpu", cpu },
};

int main(int argc, char **argv)
{
	struct timespec a, b;
	long n = argc > 2 ? atol(argv[2]) : 0;

	for (size_t i = 0; n > 0 && i < sizeof(all) / sizeof(*all); i++) {
		if (strcmp(argv[1], all[i].name) != 0)
			continue;
		all[i].fn(n / 20 + 1); /* warm */
		clock_gettime(CLOCK_MONOTONIC, &a);
		all[i].fn(n);
		clock_gettime(CLOCK_MONOTONIC, &b);
		printf("%.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / n);
		return 0;
	}
	fprintf(stderr, "usage: loops stat|open|miss|untrapped|pingpong|threads|fork|cpu COUNT\n");
	return 2;
}
