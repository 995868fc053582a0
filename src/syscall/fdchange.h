/* SPDX-License-Identifier: MIT */
/* Changes of a file through a descriptor, by the mount that it was opened through. */
#ifndef PR_SYSCALL_FDCHANGE_H
#define PR_SYSCALL_FDCHANGE_H

#include <stdbool.h>
#include <sys/types.h>

struct call;

/* Was the descriptor opened with O_PATH? The kernel has EBADF for changes through it. */
bool fdchange_is_by_path(pid_t tid, int fd);

/*
 * -EROFS where what descriptor `fd` of the caller (AT_FDCWD: its cwd) is open on lies in a :ro
 * bind and nowhere else in the view; 0 otherwise, bad descriptors included.
 */
int fdchange_check(struct call *c, int fd);

/*
 * The same for a path argument that means its descriptor (path_means_descriptor), behind what the
 * kernel finds wrong before it asks the mount.
 */
int fdchange_check_arg(struct call *c, unsigned i, int fd);

/* All of it for a call whose first argument is the descriptor. 0 or -errno. */
int fdchange_serve(struct call *c);

#endif
