/* SPDX-License-Identifier: MIT */
/*
 * Objects on no mount: pipes, sockets, memfds, anonymous inodes. They live no longer than their
 * descriptors, so their owners are kept with the session and not in the store. Whose they are is
 * known only where the guest has said so (fchown): else they are his who asks, for he has them
 * from his own or from one who gave them away.
 */
#ifndef PR_SYSCALL_NAMELESS_H
#define PR_SYSCALL_NAMELESS_H

#include <stdbool.h>
#include <sys/stat.h>

struct identity;
struct owner;
struct session;

/* Which file systems have no mount; once per session. */
void nameless_learn(struct identity *id);

/* Is it one of ours? What another user of the host has made is told of as any file. */
bool nameless_is(const struct session *s, const struct statx *st);
/* What the guest that the session walks for is told. */
void nameless_get(struct session *s, const struct statx *st, struct owner *ret);
/* Makes it so; `fd` may be O_PATH. 0 or -errno. */
int nameless_set(struct session *s, const struct statx *st, int fd, const struct owner *owner);

#endif
