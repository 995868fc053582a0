// SPDX-License-Identifier: MIT
/*
 * A table in which each object has one place, by its inode number; the last one read has it.
 */
#include "ident/store_cache.h"

#include <stdint.h>
#include <talloc.h>
#include <time.h>

/* Clocks of file servers may go differently: a change is long past after so many seconds. */
enum { PLACES = 1024, SETTLED_SECONDS = 2 };

struct place {
	uint64_t ino;
	int64_t ctime_sec;
	uint32_t ctime_nsec, dev_major, dev_minor;
	bool used;
	struct owner owner;
};

struct store_cache {
	struct place places[PLACES];
};

struct store_cache *cache_new(void *ctx)
{
	return talloc_zero(ctx, struct store_cache);
}

static struct place *place_of(const struct store_cache *c, const struct statx *st)
{
	return (struct place *)&c->places[st->stx_ino % PLACES];
}

bool cache_find(const struct store_cache *c, const struct statx *st, struct owner *ret)
{
	const struct place *p = place_of(c, st);

	if (!p->used || p->ino != st->stx_ino || p->ctime_sec != st->stx_ctime.tv_sec ||
	    p->ctime_nsec != st->stx_ctime.tv_nsec || p->dev_major != st->stx_dev_major ||
	    p->dev_minor != st->stx_dev_minor)
		return false;
	*ret = p->owner;
	return true;
}

void cache_put(struct store_cache *c, const struct statx *st, const struct owner *owner)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0 ||
	    now.tv_sec - st->stx_ctime.tv_sec < SETTLED_SECONDS)
		return;
	*place_of(c, st) = (struct place){
		.ino = st->stx_ino, .ctime_sec = st->stx_ctime.tv_sec,
		.ctime_nsec = st->stx_ctime.tv_nsec, .dev_major = st->stx_dev_major,
		.dev_minor = st->stx_dev_minor, .used = true, .owner = *owner,
	};
}

void cache_drop(struct store_cache *c, const struct statx *st)
{
	place_of(c, st)->used = false;
}
