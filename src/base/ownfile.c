/* SPDX-License-Identifier: MIT */
/*
 * CAP_DAC_READ_SEARCH in a user namespace reaches the files whose owner and group are mapped into
 * it; an unprivileged user may map himself. A child does it: a namespace is for life.
 *
 * Invariant: the child shares our descriptors and nothing else. What it opens takes the place of
 * an O_PATH descriptor of ours, so it is the same file even if the name changes hands meanwhile.
 */
#include "base/ownfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_text(const char *name, const char *text, size_t n)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	ssize_t done = fd < 0 ? -1 : write(fd, text, n);

	if (fd >= 0)
		close(fd);
	return done == (ssize_t)n ? 0 : -1;
}

static int map_id(const char *name, unsigned id)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%u %u 1", id, id);

	return write_text(name, text, (size_t)n);
}

/* Our files in /proc are root's while nobody may look at our memory: so they are for a moment. */
static int map_own_ids(uid_t uid, gid_t gid)
{
	int r;

	prctl(PR_SET_DUMPABLE, 1);
	r = map_id("/proc/self/uid_map", uid);
	if (r == 0)
		r = write_text("/proc/self/setgroups", "deny", 4);
	if (r == 0)
		r = map_id("/proc/self/gid_map", gid);
	prctl(PR_SET_DUMPABLE, 0);
	return r;
}

static int reopen(int path_fd)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", path_fd);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || dup3(fd, path_fd, O_CLOEXEC) < 0)
		return errno;
	close(fd);
	return 0;
}

/* Without an exit signal, so that nobody hears of the child but who waits for it. */
static int replace_by_readable(int path_fd)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int status, r;
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | CLONE_NEWUSER, 0, 0, 0, 0);

	if (child == 0)
		_exit(map_own_ids(uid, gid) < 0 ? EACCES : reopen(path_fd));
	if (child < 0)
		return -EACCES;
	do
		r = waitpid(child, &status, __WALL);
	while (r < 0 && errno == EINTR);
	return r == child && WIFEXITED(status) ? -WEXITSTATUS(status) : -EACCES;
}

int ownfile_open(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = replace_by_readable(fd);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}
