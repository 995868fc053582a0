/* SPDX-License-Identifier: MIT */
/*
 * Files of /proc whose text holds host names or shows the tracer: the guest is given a file of the
 * session with the text as it would be without us.
 */
#ifndef PR_SYSCALL_PROCFILE_H
#define PR_SYSCALL_PROCFILE_H

#include <stdint.h>

struct call;

/*
 * After the walk of an open's path, with the open's flags: where session->walk.host names such a
 * file, writes the guest's version and points walk.host at it (and asks for the exit stop, to
 * remove it). 0 (also where it is no such file) or -errno for the guest.
 */
int procfile_open(struct call *c, uint64_t flags);

#endif
