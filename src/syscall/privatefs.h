/* SPDX-License-Identifier: MIT */
/*
 * What guests mount that is nobody else's (tmpfs): each is a directory in the session's own. It
 * goes when no view has it mounted any more and nobody uses it, or with the session.
 */
#ifndef PR_SYSCALL_PRIVATEFS_H
#define PR_SYSCALL_PRIVATEFS_H

#include "ident/owner.h"

struct session;

/* A fresh one; *ret is its host name, the session's. `owner` is its root's. 0 or -errno. */
int privatefs_make(struct session *s, const struct owner *owner, const char **ret);

/* Something was unmounted: looks for those that nobody has any more. */
void privatefs_sweep(struct session *s);
/* The session ends, and its directory with all of them. */
void privatefs_forget_all(struct session *s);

#endif
