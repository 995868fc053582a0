/* SPDX-License-Identifier: MIT */
/*
 * Builds the view of a session: the rootfs and the binds as asked for -> canonical names on both
 * sides. Looks at the host; writes only in the session's own directory, never in the rootfs.
 */
#ifndef PR_PATH_MOUNTPOINT_H
#define PR_PATH_MOUNTPOINT_H

#include "path/bindspec.h"
#include "path/view.h"

struct fs_ops;

struct mount_config {
	const char *rootfs; /* as written */
	const struct bind_request *binds;
	size_t bind_count;
	bool read_only;		 /* "/" itself, whatever is there; not what lies in it */
	const char *cwd;	 /* guest name that relative destinations start at; NULL: "/" */
	/*
	 * Private; "skel" is made in it where parents are missing. NULL: nothing is made, and the
	 * entry alone is BIND_UNLISTED.
	 */
	const char *session_dir;
	const struct fs_ops *ops; /* the host: hostfs_ops */
	void *ops_ctx;
};

/*
 * As mounts would be, but:
 *  - the order of the requests does not matter where one destination lies in another: the deeper
 *    one shows; of equal destinations the later one holds, "/" included;
 *  - a destination's last link is followed, unless it asked not to be or leads to what differs from
 *    process to process (/dev/fd -> /proc/self/fd);
 *  - a file may lie on a directory and a directory on a file, as in PRoot: the guest sees the
 *    source;
 *  - a destination need not exist. What is missing above it becomes a BIND_SKELETON entry, so that
 *    the guest finds the way there; a file of the guest in the way is an error.
 * A source below /proc/self keeps that name, and so means each guest process itself; a link
 * among its descriptors stays a link. Any other is frozen to where it leads now.
 *
 * *ret is a child of ctx, with its strings. 0, or -1 and *f says which bind, why, what to do.
 */
int mountpoint_build(void *ctx, const struct mount_config *c, struct view **ret, struct fail *f);

#endif
