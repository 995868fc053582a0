/* SPDX-License-Identifier: MIT */
/*
 * --sandbox: changes of metadata (mode, owner, times, xattrs, attributes) made by the tracer
 * itself. Landlock does not govern them, and a name given to the kernel by way of guest memory
 * can be changed by another thread before the kernel reads it.
 */
#ifndef PR_SYSCALL_PROXY_H
#define PR_SYSCALL_PROXY_H

#include <stdbool.h>

#include "path/canon.h"

struct call;

/*
 * Is this call made by us? Not where we are root: a guest may have given up rights that we have.
 */
bool proxy_serves(const struct call *c);

/*
 * Entry stop: makes the change at path argument i, not NULL, and answers the call. 0, or -errno for
 * the guest.
 */
int proxy_change(struct call *c, unsigned i, int dirfd, enum canon_last last);

#endif
