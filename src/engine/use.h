/* SPDX-License-Identifier: MIT */
/*
 * Which trees are in use. Each session has a read lock (F_OFD_SETLK) on the rootfs directory
 * itself, on a byte that no guest's lock is likely to mean: nothing is made for it, it goes with
 * the session however that ends, and a guest's own locks are not in its way. Directories' locks
 * are the host's own on NFS, too: no server is waited for, and other hosts' sessions are not seen.
 */
#ifndef PR_ENGINE_USE_H
#define PR_ENGINE_USE_H

#include "base/fail.h"

/*
 * This process uses the tree from now on. 0, or -1: it is half converted. Of "/", of what cannot be
 * opened, and where there are no locks, nothing is known.
 */
int use_begin(const char *rootfs, struct fail *fail);
/* The descriptor that holds the lock, or -1: to be spared by who closes all others. */
int use_fd(void);
/* As use_fd: the caller's own (session_config.held_fd), which is to last as long as the session. */
void use_hold(int fd);
int use_held(void);
/* Is that directory used by any session? -errno: nobody can say. */
int use_is_used(int dir_fd);

#endif
