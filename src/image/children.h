/* SPDX-License-Identifier: MIT */
/* What is in a directory. */
#ifndef PR_IMAGE_CHILDREN_H
#define PR_IMAGE_CHILDREN_H

#include <stddef.h>

struct children {
	char **names; /* in the order of their bytes, without the dots; a child of ctx */
	size_t count;
};

/* Of the directory that fd is open on for reading, whose offset stays. 0 or -errno. */
int children_read(void *ctx, int fd, struct children *ret);

#endif
