/* SPDX-License-Identifier: MIT */
/* File descriptors. close_range(2) where the kernel has it (5.9), one by one where not. */
#include "base/fd.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

static void close_span(int first, int last)
{
	if (first > last)
		return;
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (last == INT_MAX)
		last = (int)sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

/* The smallest descriptor to keep that is >= from; INT_MAX if none. */
static int next_kept(int from, const int *keep, size_t count)
{
	int next = INT_MAX;

	for (size_t i = 0; i < count; i++)
		if (keep[i] >= from && keep[i] < next)
			next = keep[i];
	return next;
}

void fd_close_others(int first, const int *keep, size_t count)
{
	for (;;) {
		int kept = next_kept(first, keep, count);

		close_span(first, kept == INT_MAX ? INT_MAX : kept - 1);
		if (kept == INT_MAX)
			return;
		first = kept + 1;
	}
}

void fd_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int fd_write(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int fd_copy(int from, int to)
{
	char buf[65536];
	off_t at = 0;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = pread(from, buf, sizeof(buf), at)) != 0) {
		if (n < 0)
			return -errno;
		at += n;
		r = fd_write(to, buf, (size_t)n);
	}
	return r;
}
