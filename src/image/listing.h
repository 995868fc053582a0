/* SPDX-License-Identifier: MIT */
/*
 * What is where, without the data, as layers make it: a tree of names. Insides of pack.h's listing.
 */
#ifndef PR_IMAGE_LISTING_H
#define PR_IMAGE_LISTING_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "image/attributes.h"
#include "image/pack.h"

struct listing_node {
	UT_hash_handle hh;
	struct listing_node *parent, *children;
	char *name;
	char *link; /* of a symbolic link: its text */
	struct owner owner;
	struct timespec mtime;
	uint64_t size;	 /* of a file */
	uint64_t xattrs; /* of their names and values */
	unsigned layer;	 /* that made it */
};

struct listing {
	struct listing_node *root;
	unsigned layers;
};

uint64_t listing_hash_xattrs(const struct fresh *f);
/* By a name from the root, no link followed; NULL: there is none. */
const struct listing_node *listing_find(const struct listing *l, const char *path);
/* Is the tree's object what is listed? As docker compares: of directories neither size nor time. */
bool listing_is_same(const struct listing_node *n, const struct attributes *a, uint64_t size,
		     const char *link);
bool listing_is_same_time(const struct listing_node *n, const struct attributes *a);

#endif
