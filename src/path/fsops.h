/* SPDX-License-Identifier: MIT */
/*
 * The walk's eyes: all that canon.h asks of a file system, by host names. Who walks brings them:
 * path/hostfs.h looks at the host as it is, syscall/guestfs.h as a guest is to see it.
 */
#ifndef PR_PATH_FSOPS_H
#define PR_PATH_FSOPS_H

#include <stdbool.h>

#include "base/pathbuf.h"

/* What stands at a host name, the last component not followed. */
enum fs_kind {
	FS_DIR,
	FS_LINK,
	FS_OTHER,
};

enum { FS_MAGIC = -4095 }; /* read_link: a link that only the kernel can follow */

struct fs_ops {
	/* enum fs_kind, or -errno of lstat(2). */
	int (*kind)(void *ctx, struct hpath p);
	/*
	 * The text of the link as the *guest* must read it, its length, or -errno. Links of procfs
	 * that speak of the reader (self, thread-self) or of host names (exe, cwd, root, fd/N) are
	 * answered in guest terms here, by the canonical guest name, and only while that still
	 * leads to the object; FS_MAGIC where no guest name exists (pipe:[1], deleted files).
	 * FS_MAGIC makes the kernel follow the link: never for a process that is no guest.
	 */
	int (*read_link)(void *ctx, struct hpath p, char *buf, size_t size);
	/*
	 * The real name of an existing directory, links followed by the kernel (for ".." from a
	 * directory that has no guest name). 0 or -errno; -ESTALE for a deleted directory (*ret is
	 * the name that it had), -ENAMETOOLONG where that is beyond any buffer or cannot be found:
	 * these two have no name to go on with.
	 */
	int (*real)(void *ctx, struct hpath p, struct pathbuf *ret);
	/*
	 * Optional fast path: 1 = every component of p exists and none is a link, the last one only
	 * asked if `follow` (openat2 with RESOLVE_NO_SYMLINKS); -ENOENT, -ENOTDIR = the kernel met
	 * this error before any link; 0 = not so or not known. Not asked under "/proc".
	 */
	int (*is_plain)(void *ctx, struct hpath p, bool follow);
	/*
	 * Optional: may the directory p, or what a magic link p leads to, be searched? Asked before
	 * anything is looked up in it. -EACCES ends the walk and is the caller's to answer: the
	 * kernel judges by other ids, and would not find it.
	 */
	int (*may_search)(void *ctx, struct hpath p);
	/* Optional: told every turn of the walk, for --explain. */
	void (*step)(void *ctx, const char *what, const char *guest, const char *host);
};

#endif
