/* SPDX-License-Identifier: MIT */
/*
 * Pages of files mapped into memory that someone else may truncate: touching one then is no SIGBUS
 * that ends the process, but finds zeros.
 */
#ifndef PR_IDENT_STORE_GUARD_H
#define PR_IDENT_STORE_GUARD_H

#include <stddef.h>

/* Something in static or long-living memory, one for each mapping. */
struct guard {
	void *page;
	size_t bytes;
	volatile int lost; /* zeros took its place */
	struct guard *next;
};

/* Takes over SIGBUS with the first one. */
void guard_add(struct guard *g);
void guard_remove(struct guard *g);

#endif
