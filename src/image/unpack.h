/* SPDX-License-Identifier: MIT */
/*
 * From archives to a tree: layers of an image, one over the other, or one rootfs archive; or from
 * another tree.
 *
 * Each entry is made by (directory's descriptor, name), never by a path; a link on the way leads
 * to where it leads in the guest, whose root the tree is; nothing is followed, overwritten or
 * opened but directories. So nothing outside the tree can be touched, whatever the archive says.
 * Nobody else may change the tree meanwhile: it is to be made where nobody looks yet, and moved to
 * its place when unpack_finish has said that it is whole.
 *
 * The truth of owners, modes, devices and xattrs goes onto the inodes where they take it, else
 * into the owner store (ident/store.h), part of which lies *beside* the tree (".pr-owners-INODE"
 * in its parent directory): so rename the directory that holds the tree, or both.
 */
#ifndef PR_IMAGE_UNPACK_H
#define PR_IMAGE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "ident/store.h"
#include "image/archive.h"

struct unpack;

enum unpack_kind {
	UNPACK_LAYER,  /* of an image: names that begin with ".wh." take away */
	UNPACK_ROOTFS, /* any tar: such names are names */
};

enum { UNPACK_FIND_STRIP = -1 };

struct unpack_options {
	enum store_keeper keeper; /* who keeps the owners; by records is 0 */
	/*
	 * UNPACK_ROOTFS: so many directories in front of each name are taken away, and what has no
	 * more is left out. UNPACK_FIND_STRIP: found out when all is unpacked, by where bin, etc,
	 * usr and the like are.
	 */
	int strip;
	uint32_t ratio; /* as tarball_open has it */
	bool sync;	/* unpack_finish waits until all is on disk */
};

/* What was done, for who tells about it. */
struct unpack_counts {
	uint64_t entries;
	uint64_t bytes; /* of files' data written */
	uint64_t lost;	/* xattrs and list entries that this file system or the archive's text
			   did not allow to keep */
};

/*
 * `rootfs`: an existing directory; one that is empty becomes root's, 0755. NULL with `fail` set. A
 * child of ctx, which closes what it has open when freed. `umask` is the process's: it is 0 between
 * here and there.
 */
struct unpack *unpack_begin(void *ctx, const char *rootfs, const struct unpack_options *options,
			    struct fail *fail);

/*
 * Puts the archive over what is there. 0, or -errno with `fail` set, which names the entry
 * (quoted): -EBADMSG and -EFBIG as tarball_next, -EINVAL (a name or link that no archive may have),
 * -ENOSPC, others of the host. After a failure the tree is good for nothing but rmtree.
 */
int unpack_layer(struct unpack *u, const struct source *src, enum unpack_kind kind,
		 struct fail *fail);

/*
 * Puts another tree over what is there, as its guests see it: all that an archive of it would
 * bring, and sockets. Files share their data with the other's where the file system can
 * (ioctl_ficlonerange(2)), else they are copied. As unpack_layer.
 */
int unpack_tree(struct unpack *u, const char *from, struct progress *progress, struct fail *fail);
/* Can this directory's file system do that? Tried with two files in it, which go again. */
bool unpack_can_share(int dir);

/* The last directories get their times and modes. 0 or -errno with `fail` set. */
int unpack_finish(struct unpack *u, struct fail *fail);

const struct unpack_counts *unpack_counts(const struct unpack *u);

#endif
