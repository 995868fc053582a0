// SPDX-License-Identifier: MIT
/* See the header. A file system that tells nothing has room: it will say when it has none. */
#include "image/space.h"

#include <errno.h>
#include <sys/statvfs.h>

enum {
	CHECK_BYTES = 64 << 20,	  /* so many are written between two looks at what is free */
	RESERVE_BYTES = 64 << 20, /* of the disk, left to others */
};

int space_check(struct space *s, int fd, uint64_t size)
{
	struct statvfs v;

	s->unchecked += size;
	if (s->unchecked < CHECK_BYTES)
		return 0;
	s->unchecked = 0;
	if (fstatvfs(fd, &v) < 0 || (uint64_t)v.f_bavail * v.f_frsize >= RESERVE_BYTES)
		return 0;
	return -ENOSPC;
}
