/* SPDX-License-Identifier: MIT */
/*
 * Mount points of binds over nothing: empty directories and files that are made for sessions and go
 * with the last of them. A journal beside the rootfs names them before they are made; what a killed
 * session left is swept by the next. Only what is empty, and ours by its inode, is ever removed.
 */
#ifndef PR_ENGINE_USERNS_POINTS_H
#define PR_ENGINE_USERNS_POINTS_H

#include <stdbool.h>

#include "base/fail.h"

/* As the journal has them. */
enum point_kind { POINT_DIR = 'd', POINT_FILE = 'f', POINT_LINK = 'l' };

enum { POINTS_HELD = 256 };

struct points {
	char *name;	       /* the journal; NULL: there is none */
	int fd;		       /* open on it: the session's share, while any process has it; -1 */
	int held[POINTS_HELD]; /* open on what was made, the deepest first */
	unsigned held_count;
};

/* Finds the rootfs' journal; makes one only where it is needed. name is a child of ctx. 0 or -1. */
int points_open(void *ctx, const char *rootfs, bool needed, struct points *ret, struct fail *fail);

/* Alone from here to points_settle: removes what nobody uses any more, and joins. 0 or -errno. */
int points_begin(struct points *p);
/*
 * The last component of `host` in the directory, unless there is something; text: a link's. 0 or
 * -errno.
 */
int points_make(struct points *p, int dir, const char *host, enum point_kind kind,
		const char *text);
void points_settle(struct points *p);

/* Keeps hold of what is noted, in case a guest renames a directory that it is in. */
void points_hold(struct points *p);

/* The session is over: if it was the last, what was made and the journal go. */
void points_end(struct points *p);

#endif
