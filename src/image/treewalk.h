/* SPDX-License-Identifier: MIT */
/*
 * Everything in a tree, as its guest is told of it: a directory before what is in it, names in the
 * order of their bytes. Changes nothing but modes that keep us out, and those only for as long as
 * it looks at what they are of. No recursion.
 */
#ifndef PR_IMAGE_TREEWALK_H
#define PR_IMAGE_TREEWALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "ident/store.h"
#include "image/attributes.h"
#include "image/children.h"

struct treewalk_item {
	const char *path; /* from the root, "" the root */
	int dir;	  /* open on where `name` is; of the root: on itself, and "." */
	const char *name;
	const struct statx *st; /* the host's */
	struct attributes a;
	const char *link; /* of a symbolic link: its text */
	void *scratch;	  /* goes with the item */
};

struct treewalk_ops {
	/* 0: what is in it comes next, if anything is; 1: not that; or -errno. */
	int (*item)(void *ctx, const struct treewalk_item *item);
	/* What a directory has that was not passed over. 0 or -errno. May be NULL. */
	int (*listed)(void *ctx, const char *path, const struct children *c);
	void *ctx;
};

struct treewalk_request {
	const char *rootfs;
	enum store_keeper keeper;
	const char *const *without; /* names from the root, or NULL */
};

/* 0, or -errno with `fail` set: it names the file, unless an op of the caller's has. */
int treewalk(const struct treewalk_request *request, const struct treewalk_ops *ops,
	     struct fail *fail);

#endif
