/* SPDX-License-Identifier: MIT */
/*
 * What an archive says of a file but its data and name: libarchive's entry to struct fresh, and
 * back. Pure.
 */
#ifndef PR_IMAGE_ATTRIBUTES_H
#define PR_IMAGE_ATTRIBUTES_H

#include <stdint.h>
#include <time.h>

#include "ident/fresh.h"

struct archive_entry;

struct attributes {
	struct fresh fresh;
	struct timespec mtime;
	uint64_t lost; /* entries of access lists for somebody without a number, and the like */
};

/*
 * Lists and xattrs are children of ctx, or borrowed from the entry; what fresh_drops_xattr names is
 * left out. Of the type only S_IFMT's bits are looked at. 0; -ENOMEM; -EINVAL: ids beyond 2^32-2.
 */
int attributes_read(void *ctx, struct archive_entry *e, struct attributes *ret);
/* Owner, mode, device number, time and xattrs. */
void attributes_write(struct archive_entry *e, const struct attributes *a);
/* A copy that borrows nothing, a child of ctx; NULL: no memory. */
struct attributes *attributes_copy(void *ctx, const struct attributes *a);

#endif
