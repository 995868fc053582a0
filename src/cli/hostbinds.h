/* SPDX-License-Identifier: MIT */
/* The binds of -R: what most programs expect of the host they run on. */
#ifndef PR_CLI_HOSTBINDS_H
#define PR_CLI_HOSTBINDS_H

#include <stdbool.h>
#include <stddef.h>

struct bind_request;

/*
 * The i-th bind of `-R rootfs`, all of them optional; ret->host is NULL where this caller has none.
 * False behind the last. Strings may be children of ctx.
 */
bool hostbinds_get(void *ctx, size_t i, const char *rootfs, struct bind_request *ret);

#endif
