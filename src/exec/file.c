/* SPDX-License-Identifier: MIT */
/*
 * Reading the bytes of a file that is to be executed, from a descriptor or from memory.
 */
#include "exec/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

ssize_t exec_file_read_fd(const struct exec_file *f, void *buf, size_t size, uint64_t offset)
{
	size_t done = 0;
	ssize_t n;

	if (f->data && offset < f->size && size <= f->size - offset)
		return exec_file_read_data(f, buf, size, offset);
	while (done < size) {
		n = pread(f->fd, (char *)buf + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t exec_file_read_data(const struct exec_file *f, void *buf, size_t size, uint64_t offset)
{
	if (offset > INT64_MAX)
		return -EINVAL;
	if (offset >= f->size)
		return 0;
	if (size > f->size - offset)
		size = f->size - offset;
	memcpy(buf, (const char *)f->data + offset, size);
	return (ssize_t)size;
}

int exec_file_read_all(const struct exec_file *f, void *buf, size_t size, uint64_t offset)
{
	ssize_t n = f->read(f, buf, size, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}
