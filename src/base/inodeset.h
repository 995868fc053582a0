/* SPDX-License-Identifier: MIT */
/*
 * A set of inode numbers that may hold more than was put in, and never less (Bloom, 1970). Nothing
 * can be taken out. One may add while others ask. Needs no libc.
 */
#ifndef PR_BASE_INODESET_H
#define PR_BASE_INODESET_H

#include <stdbool.h>
#include <stdint.h>

enum { INODESET_BITS = 32768 };

struct inodeset {
	uint64_t words[INODESET_BITS / 64];
};

static inline unsigned inodeset_bit(uint64_t ino)
{
	return (unsigned)(ino * 0x9e3779b97f4a7c15u >> 32) % INODESET_BITS;
}

static inline void inodeset_add(struct inodeset *s, uint64_t ino)
{
	unsigned bit = inodeset_bit(ino);

	__atomic_fetch_or(&s->words[bit / 64], 1ULL << bit % 64, __ATOMIC_RELEASE);
}

static inline bool inodeset_may_hold(const struct inodeset *s, uint64_t ino)
{
	unsigned bit = inodeset_bit(ino);

	return __atomic_load_n(&s->words[bit / 64], __ATOMIC_ACQUIRE) >> bit % 64 & 1;
}

#endif
