/* SPDX-License-Identifier: MIT */
/*
 * pr convert: from records to ids on the inodes and back.
 *
 * What changes is written down first, whole: the truth of each object that is not the same in both
 * forms (list.c, a file beside the rootfs). Then the tree is marked, each object is given the one
 * form or the other from that list, and marked as what it is then. From a kill at any point the
 * list leads on, or back: either is the same work in another form.
 */
#ifndef PR_ENGINE_CONVERT_CONVERT_H
#define PR_ENGINE_CONVERT_CONVERT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/fail.h"
#include "ident/store.h"
#include "ident/truth.h"

struct convert_request;

/* ---- list.c --------------------------------------------------------------------------------- */

/* An object by one of its names. Of a hard link each name is an entry. */
struct entry {
	char *name; /* from the rootfs; "." */
	uint64_t ino;
	struct truth truth;
	struct timespec dir_mtime; /* of a device: what replacing it will change in its directory */
};

struct list {
	char *file, *trial; /* its name; one beside it for what is tried out */
	int fd;	    /* locked against another conversion */
	enum store_mark from, ids; /* what the tree was; how ids are marked in it */
	bool is_whole; /* the file has all entries */
	struct entry *entries;
	size_t count;
};

/*
 * Finds or makes the file, and reads what a killed conversion left. 0, -EWOULDBLOCK: somebody is
 * converting the tree; -errno. What it allocates is ctx's.
 */
int list_open(void *ctx, const char *rootfs, struct list *ret);
/* A copy, with a name of its own. */
int list_add(void *ctx, struct list *l, const struct entry *e);
/* `from` and `ids`, no entries. 0 or -errno, as the next; both are on disk when they return. */
int list_begin(struct list *l);
/* The entries, behind that. */
int list_write(struct list *l);
/* The conversion is over, or never began. */
void list_close(struct list *l);

/* ---- place.c -------------------------------------------------------------------------------- */

struct conversion;

/* Where an entry is: its directory, open, and the last component. */
struct place {
	int dir;
	const char *base;
};

/* 0 or -errno; ret->dir is then to be closed. */
int open_place(const struct conversion *c, const char *name, struct place *ret);
/* What is there, *st is its own. 0 or -errno; ret->fd is then to be closed. */
int open_object(int dir, const char *base, struct store_object *ret, struct statx *st);

/* ---- scan.c, apply.c, tell.c ---------------------------------------------------------------- */

struct id_ranges {
	struct {
		uint32_t first, count;
	} ranges[340]; /* user_namespaces(7): as many as there may be */
	unsigned count;
};

struct problem {
	char *name, *text;
};

struct conversion {
	const struct convert_request *request;
	const char *rootfs; /* canonical */
	void *ctx;	    /* of what is found */
	bool is_mapped;	    /* we are root of a user namespace for it */
	struct store *store;
	int root; /* open on the rootfs, for reading */
	struct list list;
	struct problem *problems;
	unsigned problem_count;
	struct id_ranges uids, gids;
	uint32_t overflow_uid, overflow_gid; /* what ids without a number here look like */
	int trial;	 /* a file without a name, to try things on; -1 */
	int makes_nodes; /* can we make devices? -1: not tried yet */
};

/* Fills the list and the problems; changes nothing. 0 or -errno. */
int scan_tree(struct conversion *c);
/* Gives every object of the list this form. 0, or -errno and *ret_name where it stopped. */
int apply_all(struct conversion *c, enum store_mark form, const char **ret_name);
/* A name in the directory of a device that is being replaced; nothing else may have it. */
#define CONVERT_TEMPORARY ".pr-converting"

int tell_problem(struct conversion *c, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void tell_problems(const struct conversion *c);
void tell_list(const struct conversion *c);
/* At a terminal, when it takes longer than a second; done == total: clears the line. */
void tell_progress(const char *what, size_t done, size_t total);

#endif
