/* SPDX-License-Identifier: MIT */
/*
 * What detached runs have printed: log.1, if there is one, and log, which becomes log.1 when it is
 * long (detach.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/container.h"
#include "container/place.h"

enum { FOLLOW_MS = 100, TRIES = 100 };

static int open_log(const struct place *p, const char *name)
{
	int fd = openat(p->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool is_same(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* Both, of one moment; -ENOENT in the place of one that there is not. */
static void open_both(const struct place *p, int ret[2])
{
	for (int i = 0; i < TRIES; i++) {
		ret[1] = open_log(p, "log");
		ret[0] = open_log(p, "log.1");
		if (ret[0] < 0 || ret[1] < 0 || !is_same(ret[0], ret[1]))
			return;
		fd_cleanup(&ret[0]);
		fd_cleanup(&ret[1]);
	}
}

static int print_rest(int fd, FILE *out)
{
	char bytes[16384];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (fwrite(bytes, 1, (size_t)n, out) != (size_t)n)
			return -EPIPE;
	return fflush(out) != 0 ? -EPIPE : n < 0 ? -errno : 0;
}

/*
 * Sets it to where its last *lines lines begin; *lines is how many more are wanted of what comes
 * before it. `last`: there is nothing behind it, and its last
 * line need not have its end. 0 or -errno.
 */
static int seek_lines(int fd, long *lines, bool last)
{
	off_t at = lseek(fd, 0, SEEK_END);
	char bytes[4096];

	while (at > 0 && *lines >= 0) {
		off_t from = at > (off_t)sizeof(bytes) ? at - (off_t)sizeof(bytes) : 0;
		ssize_t n = pread(fd, bytes, (size_t)(at - from), from);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		for (; n > 0; n--, last = false)
			if (bytes[n - 1] == '\n' && !last && --*lines <= 0)
				return lseek(fd, from + n, SEEK_SET) < 0 ? -errno : 0;
		at = from;
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int seek_tail(const int logs[2], long tail)
{
	int r = 0;

	for (int i = 1; i >= 0 && r == 0 && tail >= 0; i--) {
		if (logs[i] >= 0 && tail > 0)
			r = seek_lines(logs[i], &tail, i == 1 || logs[1] < 0);
		else if (logs[i] >= 0)
			r = lseek(logs[i], 0, SEEK_END) < 0 ? -errno : 0;
	}
	return r;
}

/* Another one has its name now: the rest of this, then that. */
static int go_on(const struct place *p, int *fd, FILE *out)
{
	int next = open_log(p, "log"), r = 0;

	if (next >= 0 && (*fd < 0 || !is_same(next, *fd))) {
		r = *fd < 0 ? 0 : print_rest(*fd, out);
		fd_cleanup(fd);
		*fd = next;
		return r;
	}
	fd_cleanup(&next);
	return 0;
}

static int print_log(const struct place *p, bool follow, long tail, FILE *out)
{
	const struct timespec pause = { 0, FOLLOW_MS * 1000000 };
	int logs[2] = { -1, -1 }, r;
	bool running;

	open_both(p, logs);
	r = seek_tail(logs, tail);
	if (r == 0 && logs[0] >= 0)
		r = print_rest(logs[0], out);
	do {
		running = follow && place_is_taken(p); /* asked before the last look */
		if (r == 0 && logs[1] >= 0)
			r = print_rest(logs[1], out);
		if (r == 0 && follow)
			r = go_on(p, &logs[1], out);
		if (running && r == 0)
			nanosleep(&pause, NULL);
	} while (running && r == 0);
	if (r == 0 && follow && logs[1] >= 0)
		r = print_rest(logs[1], out);
	fd_cleanup(&logs[0]);
	fd_cleanup(&logs[1]);
	return r;
}

int container_logs(struct state *s, const char *name, bool follow, long tail, FILE *out,
		   struct fail *fail)
{
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	r = print_log(p, follow, tail, out);
	talloc_free(p);
	if (r == 0 || r == -EPIPE)
		return r;
	return fail_errno(fail, -r, "container %s: log", name);
}
