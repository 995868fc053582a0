/* SPDX-License-Identifier: MIT */
/* A disk that is about to be full is found before it is, while others still can write. */
#ifndef PR_IMAGE_SPACE_H
#define PR_IMAGE_SPACE_H

#include <stdint.h>

#define SPACE_SHORT "less than 64 MiB would be left on the disk"

/* All zeros at first. */
struct space {
	uint64_t unchecked; /* bytes since the host was asked for what is free */
};

/* So many bytes are written to fd next, which is a few: 0, or -ENOSPC, which SPACE_SHORT says. */
int space_check(struct space *s, int fd, uint64_t size);

#endif
