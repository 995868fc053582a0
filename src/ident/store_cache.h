/* SPDX-License-Identifier: MIT */
/*
 * Records that were read from objects, for as long as the object's ctime says that nobody has
 * changed it. What was changed a moment ago is not kept: another change within the clock's tick
 * would have the same ctime.
 */
#ifndef PR_IDENT_STORE_CACHE_H
#define PR_IDENT_STORE_CACHE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "ident/owner.h"

struct store_cache;

/* NULL on OOM. */
struct store_cache *cache_new(void *ctx);
bool cache_find(const struct store_cache *c, const struct statx *st, struct owner *ret);
void cache_put(struct store_cache *c, const struct statx *st, const struct owner *owner);
/* This object is about to be changed by us. */
void cache_drop(struct store_cache *c, const struct statx *st);

#endif
