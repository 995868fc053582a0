/* SPDX-License-Identifier: MIT */
/*
 * How far long work has come: told by whoever does it, shown (or not) by whoever asked for it.
 */
#ifndef PR_BASE_PROGRESS_H
#define PR_BASE_PROGRESS_H

#include <stdint.h>

struct progress {
	/* May be called often; `total` is 0 where nobody knows it. */
	void (*tell)(struct progress *p, uint64_t done, uint64_t total);
};

/* `p` may be NULL: nobody asked. */
static inline void progress_tell(struct progress *p, uint64_t done, uint64_t total)
{
	if (p)
		p->tell(p, done, total);
}

#endif
