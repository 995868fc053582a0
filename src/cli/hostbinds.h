/* SPDX-License-Identifier: MIT */
/* The binds of -R and -S: what most programs expect of the host they run on. */
#ifndef PR_CLI_HOSTBINDS_H
#define PR_CLI_HOSTBINDS_H

#include <stdbool.h>
#include <stddef.h>

struct bind_request;

enum hostbinds {
	HOSTBINDS_USERS, /* -R: the host's users and groups too */
	HOSTBINDS_ROOT,	 /* -S: none of the files that a package manager writes to */
};

/*
 * The i-th bind of `-R rootfs` or `-S rootfs`, all of them optional; ret->host is NULL where this
 * caller has none. False behind the last. Strings may be children of ctx.
 */
bool hostbinds_get(void *ctx, enum hostbinds which, size_t i, const char *rootfs,
		   struct bind_request *ret);

#endif
