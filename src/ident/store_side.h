/* SPDX-License-Identifier: MIT */
/*
 * The side store: what is remembered of objects that cannot carry it themselves. Found by inode
 * and birth time, never by device (it changes across boots) nor ctime (rename and link change it).
 *
 * What stands here goes before what the object carries.
 */
#ifndef PR_IDENT_STORE_SIDE_H
#define PR_IDENT_STORE_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <uthash.h>

#include "ident/owner.h"

struct side;

struct side_key {
	uint64_t ino;
	uint64_t btime; /* nanoseconds; 0: the file system has none */
};

struct side_xattr {
	struct side_xattr *next;
	char *name;
	void *value; /* NULL: known not to be there, whatever the object carries */
	size_t size;
};

struct side_entry {
	struct side_key key;
	UT_hash_handle hh;
	bool has_owner;
	struct owner owner;
	struct side_xattr *xattrs;
};

struct side_key side_key_of(const struct statx *st);

/* NULL on OOM. */
struct side *side_open(void *ctx);

/* What is remembered, or NULL. Valid until the next change. */
struct side_entry *side_find(struct side *s, struct side_key key);

/* Changes: 0 or -errno, and nothing is changed then. */
int side_put_owner(struct side *s, struct side_key key, const struct owner *owner);
int side_drop_owner(struct side *s, struct side_key key);
/* value NULL: known not to be there. */
int side_put_xattr(struct side *s, struct side_key key, const char *name, const void *value,
		   size_t size);
int side_drop_xattr(struct side *s, struct side_key key, const char *name);
/* Forgets all of it. */
int side_drop(struct side *s, struct side_key key);

#endif
