/* SPDX-License-Identifier: MIT */
/*
 * Where the file of a side store may lie, the best place first: beside the rootfs; below
 * $XDG_DATA_HOME; below ~/.local/share, ~ by passwd(5), then by $HOME, so that sessions with
 * another environment find it; in /var/tmp.
 */
#ifndef PR_IDENT_STORE_PLACE_H
#define PR_IDENT_STORE_PLACE_H

#include <stdint.h>
#include <sys/stat.h>

enum { PLACES_MAX = 5 };

struct place_list {
	char *name[PLACES_MAX]; /* absolute, the best first */
	unsigned count;
};

/*
 * The names for this rootfs, children of ctx; kind: "owners", or what else is kept of a rootfs.
 * 0 or -ENOMEM.
 */
int place_find(void *ctx, const char *kind, const char *rootfs, const struct statx *root,
	       struct place_list *ret);

/*
 * From now on this process is root of a user namespace of that user's, whose places are meant.
 */
void place_for_user(uint32_t uid);

/*
 * Before a file is made at place i: makes the directories it is to lie in, where they are ours to
 * make, and clears away what rootfs left that are gone.
 */
void place_prepare(const struct place_list *p, unsigned i, uint64_t ino);

#endif
