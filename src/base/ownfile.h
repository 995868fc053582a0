/* SPDX-License-Identifier: MIT */
/* Reading a file of one's own whose mode forbids it, without touching the mode. */
#ifndef PR_BASE_OWNFILE_H
#define PR_BASE_OWNFILE_H

/*
 * Opens `path` for reading by the right that an owner has over it in a user namespace of his own.
 * The descriptor, close-on-exec, or -errno: -EACCES also where there are no such namespaces, or
 * the file's owner or group is somebody else.
 *
 * Costs a fork. No other process or thread may wait for any child of the caller's meanwhile.
 */
int ownfile_open(const char *path);

#endif
