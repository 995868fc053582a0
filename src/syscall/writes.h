/* SPDX-License-Identifier: MIT */
/*
 * What a write takes away: set-id bits, by whom it matters, and file capabilities. The kernel does
 * it at the write (file_remove_privs); for what is only remembered it is done when a file is
 * opened for writing, or cut. So a file that is opened so, and never written to, loses them too.
 */
#ifndef PR_SYSCALL_WRITES_H
#define PR_SYSCALL_WRITES_H

#include <stdbool.h>

struct call;
struct object;
struct owner;
struct session;

/* Has session->walk led to a regular file of the host's that has a record? No system call. */
bool writes_is_recorded(const struct session *s);
/* It is about to be written to; `owner` is what the guest is told of it. */
void writes_begin(struct call *c, struct object *o, const struct owner *owner);

#endif
