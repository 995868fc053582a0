// SPDX-License-Identifier: MIT
/* Files, as the journal of the side store needs them. */
#include "ident/store_file.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

enum { NAP_FIRST_US = 50, NAP_LONGEST_US = 2000, COPY_BYTES = 1 << 20 };

/*
 * Who waits asks at times of its own. A waiter that is woken when a busy session lets go finds,
 * time and again, that this one has taken the lock anew before it ran.
 */
int file_lock(int fd)
{
	long nap = NAP_FIRST_US;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		const struct timespec t = { .tv_nsec = nap * 1000 };

		if (errno == ENOLCK || errno == EOPNOTSUPP)
			return 0; /* a file system that knows no locks: better than nothing */
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		nanosleep(&t, NULL);
		nap = nap * 2 < NAP_LONGEST_US ? nap * 2 : NAP_LONGEST_US;
	}
	return 0;
}

int file_write(int fd, const void *bytes, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, bytes, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes = (const char *)bytes + n;
		len -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

int file_copy(int from, int to)
{
	off_t at = 0;
	ssize_t n;

	do
		n = sendfile(to, from, &at, COPY_BYTES);
	while (n > 0);
	return n < 0 ? -errno : 0;
}
