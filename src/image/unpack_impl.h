/* SPDX-License-Identifier: MIT */
/* What the files of the unpacker share, unpack.h's insides. */
#ifndef PR_IMAGE_UNPACK_IMPL_H
#define PR_IMAGE_UNPACK_IMPL_H

#include "image/attributes.h"
#include "image/dirs.h"
#include "image/entryname.h"
#include "image/nameset.h"
#include "image/space.h"
#include "image/unpack.h"

struct treewalk_item;

/* A hard link whose other name has not come yet. */
struct waiting_link {
	char *name, *target;
};

struct unpack {
	struct unpack_options options;
	struct unpack_counts counts;
	char *rootfs;
	struct store *store;
	struct dirs *dirs;
	char *refused; /* the first directory that could not be given what it was to get */
	uint32_t umask; /* the process's, before and after */
	bool ignores_case;    /* the file system does; then */
	struct nameset known; /* names that were made, in any layer */
	/* the present layer */
	bool is_layer;	/* whiteouts mean something */
	bool has_lower; /* something was there before it */
	struct nameset made;
	struct waiting_link *links;
	size_t link_count, link_bytes;
	bool cannot_share; /* data with what is copied */
	struct space space;
	/* the present entry */
	struct tarball *tar;
	struct archive_entry *entry; /* of tar */
	const struct treewalk_item *item; /* of another tree, in its place */
	const char *given; /* its name, for messages; NULL: none */
	const char *link;  /* of a symbolic link: its text */
	struct entryname name, target;
	struct attributes attributes;
	void *scratch;
	struct fail *fail;
};

/* "cannot do 'NAME'": the message for the present entry; returns err, which is -errno. */
int unpack_fail(struct unpack *u, int err, const char *why);
/* The same for any name. */
int unpack_fail_name(struct unpack *u, const char *name, int err, const char *why);

/* ---- unpack_entry.c: 0 or -errno with u->fail set ------------------------------------------- */

/* Makes the present entry. */
int unpack_entry(struct unpack *u);
/*
 * The same in two parts, for who has taken name and attributes from elsewhere: makes it, or one
 * more name of `target`.
 */
int unpack_make(struct unpack *u);
int unpack_make_hard_link(struct unpack *u, const char *target);
/* At the layer's end: links whose other name has come by now. */
int unpack_waiting_links(struct unpack *u);
/* This name is the present layer's: no whiteout is meant for it. */
int unpack_note(struct unpack *u, const struct dir *parent, const char *name);
extern const struct dirs_ops unpack_dirs_ops;

/* ---- unpack_file.c -------------------------------------------------------------------------- */

/* The entry's data into fd; with u->fail set. */
int unpack_data(struct unpack *u, int fd);
/* Before so much is written: with u->fail set. */
int unpack_check_space(struct unpack *u, int fd, size_t size);
/* A copy of the file `from` in from_fd, where no other name can be had. */
int unpack_copy(struct unpack *u, int from_fd, const char *from, int to_fd, const char *to);

/* ---- unpack_tree.c -------------------------------------------------------------------------- */

/* The data of u->item into fd; with u->fail set, or not. */
int unpack_item_data(struct unpack *u, int fd);
/* `size` bytes, holes left out. 0 or -errno. */
int unpack_copy_data(struct unpack *u, int from, int to, uint64_t size);

/* ---- unpack_remove.c ------------------------------------------------------------------------ */

/* Whatever is there of this name in `parent` (just walked to) goes. -errno. */
int unpack_remove(struct unpack *u, struct dir *parent, const char *name);
/* What the present whiteout, or opaque one, takes away. With u->fail set. */
int unpack_whiteout(struct unpack *u);
int unpack_opaque(struct unpack *u);

/* ---- unpack_strip.c ------------------------------------------------------------------------- */

/* If the root of the archive is no root but holds one, that takes its place. With u->fail set. */
int unpack_find_root(struct unpack *u);

#endif
