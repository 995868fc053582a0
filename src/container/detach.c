/* SPDX-License-Identifier: MIT */
/*
 * Runs that nobody waits for: a session of their own, without a terminal (or with one whose other
 * side is written to the log, which a process beside the session does).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/start.h"

enum { EXIT_OURS = 125 };

static int open_log(const struct run *run, struct fail *fail)
{
	int fd = open(run->log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? fail_errno(fail, errno, "%s", run->log) : fd;
}

/* From the terminal's other side to the log, until nobody has the terminal any more. */
static _Noreturn void keep_log(int master, int log)
{
	char bytes[4096];
	ssize_t n;

	fd_close_others(0, (int[]){ master, log }, 2);
	while ((n = read(master, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		fd_write(log, bytes, n < 0 ? 0 : (size_t)n);
	_exit(0);
}

/* A new terminal, ours from now on; -1 and why. */
static int open_terminal(int log, struct fail *fail)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	pid_t pid;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return fail_errno(fail, errno, "cannot make a terminal");
	slave = open(ptsname(master), O_RDWR | O_CLOEXEC);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return fail_errno(fail, errno, "cannot make a terminal");
	pid = fork();
	if (pid < 0)
		return fail_errno(fail, errno, "cannot fork");
	if (pid == 0)
		keep_log(master, log);
	close(master);
	return slave;
}

static int set_files(const struct run *run, struct fail *fail)
{
	int log = open_log(run, fail), in, out = log;

	if (log < 0)
		return log;
	if (run->terminal)
		in = out = open_terminal(log, fail);
	else
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0)
		return -1;
	return 0;
}

static _Noreturn void be_detached(struct run *run, struct fail *fail)
{
	int status = EXIT_OURS;

	setsid();
	signal(SIGHUP, SIG_DFL);
	if (set_files(run, fail) == 0)
		status = run_session(run, fail);
	_exit(status);
}

/* What the pipe says until it ends. */
static bool has_begun(int fd)
{
	bool begun = false;
	char byte;
	ssize_t n;

	while ((n = read(fd, &byte, 1)) > 0 || (n < 0 && errno == EINTR))
		begun = n > 0 ? byte == STARTED_TRIES : begun;
	return begun;
}

static int wait_for_failure(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_OURS;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_detached(struct run *run, struct fail *fail)
{
	struct fail *theirs = mmap(NULL, sizeof(*theirs), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int started[2], status = 0;
	pid_t pid;

	if (theirs == MAP_FAILED || pipe2(started, O_CLOEXEC) < 0)
		return fail_errno(fail, errno, "cannot start container %s", run->name), EXIT_OURS;
	run->config.started_fd = started[1];
	pid = fork();
	if (pid < 0)
		return fail_errno(fail, errno, "cannot fork"), EXIT_OURS;
	if (pid == 0) {
		close(started[0]);
		be_detached(run, theirs);
	}
	close(started[1]);
	close(run->lock_fd);
	if (!has_begun(started[0])) {
		status = wait_for_failure(pid);
		*fail = *theirs;
	}
	close(started[0]);
	munmap(theirs, sizeof(*theirs));
	return status;
}
