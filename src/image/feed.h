/* SPDX-License-Identifier: MIT */
/*
 * The decoded bytes of a source: the filters of libarchive, run by a thread that is always some
 * blocks ahead. What is not compressed, and is looked at by nobody, is read as it is, without one.
 */
#ifndef PR_IMAGE_FEED_H
#define PR_IMAGE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fail.h"
#include "image/archive.h"

struct feed;

/* A child of ctx; freeing it ends the thread, whatever is left. NULL with `fail` set. */
struct feed *feed_open(void *ctx, const struct source *src, uint32_t ratio, struct fail *fail);
/* The next bytes, valid until the next call: how many, 0 at the end, or -errno: feed_failure. */
ssize_t feed_next(struct feed *f, const void **ret);
/* What was wrong, in words. */
const char *feed_failure(struct feed *f);
bool feed_is_plain(const struct feed *f);
/* Of the source's own bytes, those that were read. */
uint64_t feed_taken(struct feed *f);

#endif
