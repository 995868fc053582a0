/* SPDX-License-Identifier: MIT */
/*
 * The names that the present layer has made, by directory's inode and name: 8 bytes each. A
 * whiteout takes away only what lower layers have made, wherever it stands in its layer.
 */
#ifndef PR_IMAGE_NAMESET_H
#define PR_IMAGE_NAMESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nameset {
	uint64_t *slots; /* a child of ctx; 0: free */
	size_t room, count;
	uint64_t key;
};

/* An empty one; what it holds will be ctx's. */
void nameset_init(struct nameset *s);
/* 0 or -ENOMEM */
int nameset_add(void *ctx, struct nameset *s, uint64_t dir_ino, const char *name);
bool nameset_has(const struct nameset *s, uint64_t dir_ino, const char *name);
void nameset_clear(struct nameset *s);

#endif
