/* SPDX-License-Identifier: MIT */
/*
 * pasta goes into the background when the network stands, slirp4netns stays where it is and writes
 * a byte. Both end by SIGTERM.
 */
#include "engine/userns/net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_INSTALLED = 127 };

static _Noreturn void exec_quietly(const char *const *argv)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(NOT_INSTALLED);
}

/* 0, or -errno as the exit status tells it. */
static int result_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_INSTALLED)
		return -ENOENT;
	return status == 0 ? 0 : -EIO;
}

static int run_pasta(const char *target)
{
	const char *const argv[] = { "pasta", "-q", "--config-net", target, NULL };
	pid_t pid = fork();

	if (pid == 0)
		exec_quietly(argv);
	return pid < 0 ? -errno : result_of(pid);
}

static int run_slirp(const char *target)
{
	char ready[32], byte;
	const char *const argv[] = { "slirp4netns", "--configure",
				     "--mtu=65520", "--disable-host-loopback",
				     ready,	    target,
				     "tap0",	    NULL };
	int p[2], write_end;
	pid_t pid;
	ssize_t n;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		write_end = fcntl(p[1], F_DUPFD, 3);
		snprintf(ready, sizeof(ready), "--ready-fd=%d", write_end);
		exec_quietly(argv);
	}
	close(p[1]);
	n = pid < 0 ? 0 : read(p[0], &byte, 1);
	close(p[0]);
	if (n == 1 || pid < 0)
		return pid < 0 ? -errno : 0;
	kill(pid, SIGKILL);
	return result_of(pid) == -ENOENT ? -ENOENT : -EIO;
}

int net_connect(pid_t target)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", target);
	r = run_pasta(text);
	return r == -ENOENT ? run_slirp(text) : r;
}
