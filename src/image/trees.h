/* SPDX-License-Identifier: MIT */
/*
 * Images unpacked once, trees/HEX/rootfs, for containers to be cloned from: only where the file
 * system lets files share their data (FICLONE), so that each container has all of its image, and
 * what it writes is its own. HEX is the chain id of the layers, so that images of the same layers
 * have the same tree.
 *
 * Locks are bytes of the file trees/lock (F_OFD_SETLKW), one for each chain id: who copies a tree
 * reads, who makes or removes it writes.
 */
#ifndef PR_IMAGE_TREES_H
#define PR_IMAGE_TREES_H

#include "base/fail.h"
#include "image/images.h"
#include "image/state.h"

struct progress;

/* The image's layers, unpacked where `rootfs` is an empty directory. 0 or -errno. */
int image_unpack(void *ctx, const struct image *image, const char *rootfs,
		 struct progress *progress, struct fail *fail);

/*
 * The image's tree, made now if there is none: 1, and *ret is the host's name of its rootfs, which
 * nobody removes before `ctx` is freed; 0: this file system cannot share; or -errno. What is made
 * comes into `w`, and goes with it.
 */
int trees_open(void *ctx, struct work *w, const struct image *image, struct progress *progress,
	       const char **ret, struct fail *fail);

/* Removes those that none of the images has, and nobody copies, of a STATE_EXCLUSIVE state. */
int trees_sweep(struct state *s, const struct images *images, struct fail *fail);

#endif
