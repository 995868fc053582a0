/* SPDX-License-Identifier: MIT */
/*
 * User and group ids as an ABI passes them. Calls of 32-bit ABIs that are older than Linux 2.4
 * (getuid, chown; beside them getuid32, chown32) have 16 bits for an id: kernel/uid16.c.
 */
#ifndef PR_SYSCALL_IDS_H
#define PR_SYSCALL_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct call;

/* Has this call ids of 16 bits? */
bool ids_are_short(const struct call *c);
/* Argument i as an id; -1 is -1 in both widths. */
uint32_t ids_arg(const struct call *c, unsigned i);
/* An id as the call tells it: where it does not fit, the overflow id. */
uint32_t ids_told(const struct call *c, uint32_t id);
/* How many bytes of memory it tells it in. */
unsigned ids_bytes(const struct call *c);

#endif
