/* SPDX-License-Identifier: MIT */
/*
 * A tar archive, read from its begin to its end: whatever filter it went through (gzip of several
 * members, xz, zstd with frames to skip, bzip2, lz4, none), in any of tar's formats. libarchive is
 * the parser, and nothing but that: no file is ever opened here. Compressed bytes are decoded in a
 * thread of their own.
 *
 * All that comes out is somebody else's: names may be anything.
 */
#ifndef PR_IMAGE_ARCHIVE_H
#define PR_IMAGE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fail.h"

struct archive_entry;
struct progress;
struct tarball;

/*
 * Where the bytes come from, as they are, compressed or not. Both functions are called by a thread
 * of the reader's, one call at a time, and not after tarball_close. All of it is read, what stands
 * behind the archive's end too, so that who counts or hashes bytes here has seen them all.
 */
struct source {
	/* Up to `size` bytes (> 0): how many, 0 at the end, or -errno. */
	ssize_t (*read)(void *ctx, void *buf, size_t size);
	/* NULL, or sees the decoded bytes: what an image's diff id is made of. */
	void (*seen)(void *ctx, const void *bytes, size_t size);
	void *ctx;
	uint64_t size; /* of what read gives, for the progress told; 0: not known */
	uint64_t before, total; /* where it is one of several: of those in front, and of all */
	struct progress *progress; /* NULL: nobody asked; told by the caller's own thread */
};

/* Reads a descriptor from where it stands, whose size is known if it is a file's. Borrows it, and
   *fd, for as long as it is read. */
struct source source_of_fd(const int *fd);

enum {
	/* Archives that grow more than that, beyond the first GiB, are refused. */
	TARBALL_RATIO = 250,
	TARBALL_ANY_RATIO = UINT32_MAX,
};

/*
 * Opens it, a child of ctx, closed when freed; *src is copied. `ratio` 0: TARBALL_RATIO. An empty
 * source is an archive without entries. NULL with `fail` set, which names no file: who called
 * knows it.
 */
struct tarball *tarball_open(void *ctx, const struct source *src, uint32_t ratio,
			     struct fail *fail);

/*
 * The next entry's header, valid until the next call. 1; 0: at the end, and all of the source was
 * read; -errno with `fail` set: -EBADMSG (broken or cut off), -EFBIG (ratio), the source's own.
 * Ask for names by archive_entry_pathname, _hardlink and _symlink: they are the bytes that the
 * archive has, as long as nobody has called setlocale(3).
 */
int tarball_next(struct tarball *t, struct archive_entry **ret, struct fail *fail);

/*
 * The present entry's data, as far as it is no hole: the bytes that stand at *ret_offset of the
 * file, valid until the next call. 1, 0 at its end, or as tarball_next. What is not asked for is
 * passed over.
 */
int tarball_data(struct tarball *t, const void **ret_bytes, size_t *ret_size, uint64_t *ret_offset,
		 struct fail *fail);

/*
 * Where in the decoded stream the present entry's data begin, asked behind tarball_next: of an
 * archive without filters that is the place in the file.
 */
uint64_t tarball_position(const struct tarball *t);
/* Has it no filters? */
int tarball_is_plain(const struct tarball *t);

#endif
