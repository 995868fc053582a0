/* SPDX-License-Identifier: MIT */
/*
 * What a guest is told of an object, taken out of one form in which a tree keeps it, records or
 * inodes, and put into the other. Both ways can be done again, from wherever a killed one stopped,
 * as long as the truth is known.
 *
 * In either form "own" is 0:0: of real root, or of the root of a user namespace that has the
 * user's subordinate ids.
 */
#ifndef PR_IDENT_TRUTH_H
#define PR_IDENT_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ident/owner.h"

struct store;
struct store_object;

/* How a tree keeps its owners: the marker on the rootfs. */
enum store_mark {
	MARK_NONE,    /* nobody has claimed it */
	MARK_RECORDS,
	MARK_REAL,    /* on the inodes */
	MARK_MAPPED,  /* the same, by a user namespace */
	MARK_CONVERTING,
};

/* Of a store that was opened with STORE_BY_CONVERSION, which leaves the tree as it is. */
enum store_mark store_mark(const struct store *s);
/* 0 or -errno: only the rootfs directory itself will do. */
int store_set_mark(struct store *s, enum store_mark mark);
/* From now on it reads and writes the tree as one that is kept so. */
void store_tell_as(struct store *s, enum store_mark mark);

struct truth_xattr {
	char *name;
	void *value;
	size_t size;
	bool is_kept; /* it stays recorded in a tree of ids */
};

struct truth {
	struct owner owner;
	struct truth_xattr *xattrs;
	unsigned xattr_count;
	bool is_kept; /* a file that stays recorded: it stands for a device, or has such xattrs */
};

/*
 * As store_tell_as said: what the object is, children of ctx. *ret_changes: has the other form
 * anything to write, or to wipe? 0, -ENOMEM, or -errno of an xattr that cannot be read.
 */
int truth_read(void *ctx, struct store *s, const struct store_object *o, struct truth *ret,
	       bool *ret_changes);

bool truth_is_device(const struct truth *t);
/* Each 0 or -errno. The object is of the type that it is to have. */
int truth_to_inode(struct store *s, const struct store_object *o, const struct truth *t);
int truth_to_record(struct store *s, const struct store_object *o, const struct truth *t);
/* Nothing is remembered of the object any more, on it or beside it. */
int truth_wipe(struct store *s, const struct store_object *o);
/* This directory holds a file that stands for a device. */
int truth_note_device(struct store *s, int dir);

#endif
