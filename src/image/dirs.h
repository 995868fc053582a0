/* SPDX-License-Identifier: MIT */
/*
 * The directories on the way to where something is made or read: a stack, from the root of the
 * tree to the one that was asked for last, real directories all of them, most of them open. Names
 * are looked up one component at a time, links by hand: they lead to where they lead in the tree,
 * whose root they cannot leave.
 *
 * Whoever makes or removes anything in a directory says so, and its time is put back when it is
 * left. So there need be no list of directories at the end.
 */
#ifndef PR_IMAGE_DIRS_H
#define PR_IMAGE_DIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

struct dirs;

struct dir {
	char *name; /* in its parent; "" of the root */
	int fd;	    /* -1: closed meanwhile, as so many are open */
	uint64_t ino;
	struct timespec mtime; /* to be put back, or given */
	bool has_mtime;
	bool changed; /* and so its time must be set */
	bool has_devices; /* now holds files that stand for devices */
	uint32_t mode, restore; /* the host's; with S_IFDIR, to be put back */
	void *want; /* the owner's: a child of dirs, given to leave */
};

struct dirs_ops {
	/*
	 * Missing directories on the way are made by it: 0 or -errno. NULL: they are not made.
	 */
	int (*make)(void *ctx, const struct dir *parent, const char *name);
	/* Entered for the first time, or again. NULL: nothing to do. */
	void (*enter)(void *ctx, const struct dir *parent, const struct dir *d);
	/* About to be closed: d->fd is open. 0 or -errno. NULL: nothing to do. */
	int (*leave)(void *ctx, struct dir *d);
	void *ctx;
};

enum {
	DIRS_PATH_MAX = 65536, /* bytes of a name, with what links put in their place */
	DIRS_LINKS_MAX = 40,
};

/* A child of ctx; closes all when freed, without leaving any. NULL with -errno in *ret_error. */
struct dirs *dirs_open(void *ctx, const char *root, const struct dirs_ops *ops, int *ret_error);

/*
 * The directory that `path` (from the root, slashes between the names, "" the root) leads to, open
 * until the next call. -ENOENT (only if not `make`), -ENOTDIR, -ELOOP, -ENAMETOOLONG...
 */
int dirs_walk(struct dirs *s, const char *path, bool make, struct dir **ret);
/* The directory `name` in `parent`, which dirs_walk has just given, no link: goes into it. */
int dirs_enter(struct dirs *s, struct dir *parent, const char *name, struct dir **ret);
/* Is it the one that was entered from `parent`? Then what hangs there is left. */
int dirs_forget(struct dirs *s, const struct dir *parent, const char *name);
struct dir *dirs_root(struct dirs *s);
/* Leaves all but the root, or all: then they are closed. 0 or -errno: the first failure. */
int dirs_leave(struct dirs *s, bool root);
/* The name from the root of where `d` is, a child of ctx; for messages. NULL: no memory. */
char *dirs_name(void *ctx, const struct dirs *s, const struct dir *d);

#endif
