/* SPDX-License-Identifier: MIT */
/*
 * From a tree to an archive: PAX tar, the owners, modes, devices, links, holes, xattrs, access
 * lists and capabilities that the guest is told of, by number, times to the nanosecond, names in
 * the order of their bytes; nothing of what we keep on files or beside them. Unpacked again it is
 * the same tree. The tree is only read (but modes that keep us out are widened, as the guest's
 * root would not be). Sockets are left out, as by every tar.
 *
 * With a listing of what the tree was made from: a layer, of what has changed since, with
 * whiteouts for what is gone.
 */
#ifndef PR_IMAGE_PACK_H
#define PR_IMAGE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fail.h"
#include "ident/store.h"
#include "image/archive.h"

struct listing;
struct progress;

/* Where the archive goes, uncompressed. */
struct sink {
	int (*write)(void *ctx, const void *bytes, size_t size); /* all of it: 0 or -errno */
	void *ctx;
};

/* Borrows fd, and *fd. */
struct sink sink_of_fd(const int *fd);

struct pack_options {
	enum store_keeper keeper;
	const struct listing *base; /* NULL: the whole tree */
	/* Names from the root ("dev/pts"), ending with NULL, or NULL: what is in them is left
	   out, and is in no layer a change. */
	const char *const *without;
	/* Of an image: holes are written as zeros, as the OCI image specification (layer.md) asks
	   for (podman cannot save what it has loaded with them), and a name that would be read as
	   a whiteout is an error. */
	bool is_layer;
	struct progress *progress; /* in bytes of files; the total is not known */
};

/* 0, or -errno with `fail` set, which names the file. */
int pack_tree(const char *rootfs, const struct pack_options *options, const struct sink *sink,
	      struct fail *fail);

/* ---- listings: what is where, without the data ---------------------------------------------- */

/* An empty one, a child of ctx; NULL: no memory. */
struct listing *listing_new(void *ctx);
/* What this layer, put over what is listed, makes of it. 0 or -errno as unpack_layer. */
int listing_add_layer(struct listing *l, const struct source *src, struct fail *fail);

enum listing_change { LISTING_ADDED, LISTING_CHANGED, LISTING_GONE };
/*
 * Calls `tell` for each difference between the tree and the listing, in the order of names (from
 * the root, without a slash in front): directories only for what has changed in themselves.
 */
int listing_compare(const char *rootfs, const struct pack_options *options,
		    void (*tell)(void *ctx, enum listing_change change, const char *name),
		    void *ctx, struct fail *fail);

#endif
