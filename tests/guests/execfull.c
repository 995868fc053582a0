// SPDX-License-Identifier: MIT
/*
 * exec by a process that has no descriptor left: what it gives up in exec counts as free, and where that
 * is nothing a program that needs none runs all the same.
 * arch: 64 32 dyn
 */
#include "guest.h"

#include <sys/resource.h>

static void limit(int n)
{
	struct rlimit l;

	NEED(getrlimit(RLIMIT_NOFILE, &l) == 0);
	l.rlim_cur = n;
	NEED(setrlimit(RLIMIT_NOFILE, &l) == 0);
}

static void fill(int flags)
{
	while (open("/", O_PATH | flags) >= 0)
		;
	NEED(errno == EMFILE);
}

static const char *self;

static int run(void)
{
	char *const argv[] = { "child", "child", NULL };

	execve(self, argv, environ);
	printf("no exec: %s\n", err_name(errno));
	return 3;
}

static int with_closing(void *arg)
{
	(void)arg;
	limit(20);
	fill(O_CLOEXEC);
	return run();
}

static int with_two_closing(void *arg)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	(void)arg;
	limit(20);
	NEED(fcntl(fd, F_DUPFD_CLOEXEC, 10) == 10 && close(fd) == 0);
	fill(0);
	return run();
}

static int with_low_free(void *arg)
{
	(void)arg;
	limit(20);
	fill(0);
	close(5);
	return run();
}

static int with_none(void *arg)
{
	(void)arg;
	limit(20);
	fill(0);
	return run();
}

static int with_limit_below(void *arg)
{
	(void)arg;
	limit(3);
	return run();
}

int main(int argc, char **argv)
{
	struct stat st;
	int n = 0;

	if (argc > 1 && strcmp(argv[1], "child") == 0) {
		for (int i = 0; i < 32; i++)
			n += fstat(i, &st) == 0;
		printf("running, %d open\n", n);
		return 0;
	}
	self = argv[0];
	finish("closing on exec", start(with_closing, NULL));
	finish("one that closes", start(with_two_closing, NULL));
	finish("one free", start(with_low_free, NULL));
	finish("none", start(with_none, NULL));
	finish("a limit below all", start(with_limit_below, NULL));
	return 0;
}
