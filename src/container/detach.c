/* SPDX-License-Identifier: MIT */
/*
 * Runs that nobody waits for: a session of their own, whose output goes through a pipe, or a
 * terminal, to a process beside it. That writes the log, and begins another when it is long.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/container.h"
#include "container/start.h"

enum { EXIT_OURS = 125 };

/* ---- who writes the log ---- */

struct keeper {
	const char *name; /* of the file */
	int in, log, lock; /* what it reads, writes, and holds until all of it is written */
	off_t size;
};

static int open_log(const char *name)
{
	return open(name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* What there is becomes the old one, in the place of the one before, by a rename. */
static void turn_over(struct keeper *k)
{
	char *old = talloc_asprintf(NULL, "%s.1", k->name);
	int fd = -1;

	if (old && rename(k->name, old) == 0)
		fd = open_log(k->name);
	talloc_free(old);
	if (fd < 0)
		return; /* it grows on */
	close(k->log);
	k->log = fd;
	k->size = 0;
}

static void keep(struct keeper *k, const char *bytes, size_t len)
{
	ssize_t n = 1;

	if (k->size > 0 && k->size + (off_t)len > CONTAINER_LOG_MAX)
		turn_over(k);
	k->size += (off_t)len;
	for (; len > 0 && n > 0; bytes += n, len -= (size_t)n)
		n = write(k->log, bytes, len);
}

/* Until nobody has the other side. Reads on where it cannot write: the command must not wait. */
static _Noreturn void be_keeper(struct keeper *k)
{
	char bytes[16384];
	ssize_t n;

	setsid();
	fd_close_others(0, (int[]){ k->in, k->log, k->lock }, 3);
	while ((n = read(k->in, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		keep(k, bytes, n < 0 ? 0 : (size_t)n);
	_exit(0);
}

static int start_keeper(const struct run *run, int in, struct fail *fail)
{
	struct keeper k = { .name = run->log, .in = in, .lock = run->lock_fd };
	struct stat st;
	pid_t pid;

	k.log = open_log(run->log);
	if (k.log < 0 || fstat(k.log, &st) < 0)
		return fail_errno(fail, errno, "%s", run->log);
	k.size = st.st_size;
	pid = fork();
	if (pid < 0)
		return fail_errno(fail, errno, "cannot fork");
	if (pid == 0)
		be_keeper(&k);
	close(k.log);
	close(in);
	return 0;
}

/* ---- the files ---- */

/* A new terminal, ours from now on, and its other side; -1 and why. */
static int open_terminal(int *ret_master, struct fail *fail)
{
	int slave = -1;

	*ret_master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*ret_master >= 0 && grantpt(*ret_master) == 0 && unlockpt(*ret_master) == 0)
		slave = open(ptsname(*ret_master), O_RDWR | O_CLOEXEC);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return fail_errno(fail, errno, "cannot make a terminal");
	return slave;
}

static int set_files(const struct run *run, struct fail *fail)
{
	int in, out, ends[2], r;

	if (run->terminal) {
		in = out = open_terminal(&ends[0], fail);
	} else {
		if (pipe2(ends, O_CLOEXEC) < 0)
			return fail_errno(fail, errno, "cannot make a pipe");
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
		out = ends[1];
	}
	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0)
		return -1;
	r = start_keeper(run, ends[0], fail);
	close(out);
	if (in != out)
		close(in);
	return r;
}

/* Until the log is whole its keeper has the lock: so long one waits who waits for the end. */
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
