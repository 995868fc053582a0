/* SPDX-License-Identifier: MIT */
/* Read-only and noexec mounts where mount_setattr(2) (Linux 5.12) is missing. */
#ifndef PR_ENGINE_USERNS_REMOUNT_H
#define PR_ENGINE_USERNS_REMOUNT_H

/* The mount that fd is the root of, and all below it; MOUNT_ATTR_RDONLY, _NOEXEC. 0 or -errno. */
int remount_all(int fd, unsigned long attr);

#endif
