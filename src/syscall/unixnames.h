/* SPDX-License-Identifier: MIT */
/*
 * What a session knows of names of unix sockets: short aliases for host names that no address can
 * hold, and what the guest called a socket that it bound, for getsockname(2) gives those bytes
 * back.
 *
 * An alias is a link in the session's directory, so the socket itself stays where it belongs.
 * Aliases are kept for the life of the session; names are forgotten, the oldest first.
 */
#ifndef PR_SYSCALL_UNIXNAMES_H
#define PR_SYSCALL_UNIXNAMES_H

#include "base/pathbuf.h"

struct session;
struct unixaddr;

enum unixname_use {
	UNIXNAME_BIND,	  /* the last component is made: links are not followed there */
	UNIXNAME_CONNECT, /* it is followed */
};

/* The address by which the kernel finds this host name. 0 or -errno. */
int unixnames_shorten(struct session *s, const char *host, enum unixname_use use,
		      struct unixaddr *ret);

/* The host name behind the name in an address of ours; -ENOENT where it is not one. */
int unixnames_lengthen(const struct session *s, const char *name, struct pathbuf *ret);

/* A socket bound to the kernel's `name` was called `guest`; NULL: nothing special. */
void unixnames_remember(struct session *s, const char *name, const char *guest);
/* What it was called, or NULL. */
const char *unixnames_recall(const struct session *s, const char *name);

#endif
