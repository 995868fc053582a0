// SPDX-License-Identifier: MIT
/*
 * Data of files. Holes stay holes; a disk that is about to be full is found before it is.
 */
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/unpack_impl.h"

int unpack_check_space(struct unpack *u, int fd, size_t size)
{
	int r = space_check(&u->space, fd, size);

	return r < 0 ? unpack_fail(u, r, SPACE_SHORT) : 0;
}

static int write_at(int fd, const char *bytes, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int put_block(struct unpack *u, int fd, const void *bytes, size_t size, uint64_t offset)
{
	int r = unpack_check_space(u, fd, size);

	if (r < 0)
		return r;
	r = write_at(fd, bytes, size, offset);
	u->counts.bytes += size;
	return r < 0 ? unpack_fail(u, r, NULL) : 0;
}

/* The file's end, where a hole is. */
static int set_size(struct unpack *u, int fd, uint64_t size)
{
	if (ftruncate(fd, (off_t)size) == 0)
		return 0;
	return unpack_fail(u, -errno, NULL);
}

/* The reader's failure, and the entry that it is about. */
static int unread(struct unpack *u, int r)
{
	struct fail why = *u->fail;

	return unpack_fail(u, r, why.text);
}

int unpack_data(struct unpack *u, int fd)
{
	uint64_t size = (uint64_t)archive_entry_size(u->entry), offset, end = 0;
	const void *bytes;
	size_t n;
	int r = 0;

	if (size == 0)
		return 0;
	while ((r = tarball_data(u->tar, &bytes, &n, &offset, u->fail)) > 0) {
		if (n == 0)
			continue;
		r = put_block(u, fd, bytes, n, offset);
		if (r < 0)
			return r;
		end = offset + n;
	}
	if (r < 0)
		return unread(u, r);
	return end < size ? set_size(u, fd, size) : 0;
}

/* ---- copies ---------------------------------------------------------------------------------- */

int unpack_copy(struct unpack *u, int from_fd, const char *from, int to_fd, const char *to)
{
	int in = openat(from_fd, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out, r;
	struct stat st;

	if (in < 0)
		return -errno;
	r = fstat(in, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EMLINK;
	out = r < 0 ? -1 : openat(to_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				  fresh_mode(u->store, &u->attributes.fresh, S_IFREG));
	if (r == 0)
		r = out < 0 ? -errno : unpack_copy_data(u, in, out, (uint64_t)st.st_size);
	if (r == 0)
		r = fresh_set(u->store, out, &u->attributes.fresh, S_IFREG, &u->counts.lost);
	if (r == 0 && futimens(out, (struct timespec[]){ st.st_atim, st.st_mtim }) < 0)
		r = -errno;
	if (out >= 0)
		close(out);
	close(in);
	return r;
}
