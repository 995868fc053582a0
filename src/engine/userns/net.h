/* SPDX-License-Identifier: MIT */
/* --net=pasta: a program of the host's connects the guest's network to it, without privileges. */
#ifndef PR_ENGINE_USERNS_NET_H
#define PR_ENGINE_USERNS_NET_H

#include <sys/types.h>

/*
 * Connects the network namespace of that process, with pasta(1), else slirp4netns(1), and returns
 * when it stands: 0, or -errno, -ENOENT where neither is installed. The caller must be a subreaper,
 * whose child the program then is.
 */
int net_connect(pid_t target);

#endif
