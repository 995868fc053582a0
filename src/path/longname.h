/* SPDX-License-Identifier: MIT */
/*
 * The name of a directory that is deeper than PATH_MAX, which the kernel does not tell
 * (readlink(2) of a /proc link stops at a page).
 */
#ifndef PR_PATH_LONGNAME_H
#define PR_PATH_LONGNAME_H

#include "base/pathbuf.h"

/*
 * Climbs from the open directory (O_PATH will do) until the kernel can name an ancestor. 0, or
 * -ENAMETOOLONG where even *ret is too small, -ENOENT for a deleted directory, -EACCES and others
 * where a directory on the way cannot be listed.
 */
int longname_of(int dir_fd, struct pathbuf *ret);

/*
 * The same for what a link of /proc leads to; of a file what d_path(9) says, -ENAMETOOLONG where it
 * may not be read or is none.
 */
int longname_of_link(const char *link, struct pathbuf *ret);

/* What the link says, where that is short enough for the kernel, else the same. */
int longname_read(const char *link, struct pathbuf *ret);

/*
 * The name of the nearest directory, this or one above it, that the kernel can name: nothing is
 * listed for that. 0 or -errno.
 */
int longname_above(const char *dir, struct pathbuf *ret);

/*
 * What a link of /proc says of what it leads to; where that is deeper than PATH_MAX the name of a
 * directory above it or the first part of its own, with which it tells where it lies. 0 or -errno;
 * -ENAMETOOLONG also of what is neither a directory nor a file that may be read.
 */
int longname_around(const char *link, struct pathbuf *ret);

#endif
