/* SPDX-License-Identifier: MIT */
/*
 * The walk's eyes on the real host: struct fs_ops over lstat, readlink and openat2. Knows nothing
 * of guests: every magic link of procfs is FS_MAGIC, and /proc/self is our own. Who has guests
 * answers for these first and asks here for the rest. Names longer than PATH_MAX work.
 */
#ifndef PR_PATH_HOSTFS_H
#define PR_PATH_HOSTFS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "path/fsops.h"

enum hostfs_openat2 {
	HOSTFS_OPENAT2,	   /* use it while the kernel has it */
	HOSTFS_NO_OPENAT2, /* as on a kernel before 5.6: no fast path */
};

/* The ctx of hostfs_ops. { 0 } is ready for use. */
struct hostfs {
	enum hostfs_openat2 openat2; /* becomes HOSTFS_NO_OPENAT2 where the kernel says so */
	/*
	 * Keep what the walk sees of the last thing it looks at: for who would have to look at the
	 * end of the walk once more.
	 */
	bool keeps;
	struct statx seen; /* HOSTFS_SEEN, a link not followed */
	struct pathbuf seen_name; /* "": nothing was kept */
};

#define HOSTFS_SEEN (STATX_BASIC_STATS | STATX_BTIME)

/* Is what was kept that of p (a directory's with "/" behind it, too)? */
bool hostfs_has_seen(const struct hostfs *h, struct hpath p);

extern const struct fs_ops hostfs_ops;

/*
 * Is that, the kernel's text of a link of /proc, the name of this object, and not that of a deleted
 * one? Where it may not be looked at, the kernel is believed.
 */
bool hostfs_is_named(const char *text, const struct stat *object);

/* Where a name of any length may be handed to an *at() call. */
struct hostfs_at {
	int fd;		  /* AT_FDCWD, or to be closed by the caller: hostfs_at_done */
	const char *rest; /* shorter than PATH_MAX; borrowed from the name */
};

/* 0, or -errno of a directory on the way. */
int hostfs_reach(struct hpath p, struct hostfs_at *ret);
void hostfs_at_done(struct hostfs_at *at);
/* lstat(2). */
int hostfs_stat(struct hpath p, struct stat *ret);

#endif
