/* SPDX-License-Identifier: MIT */
/*
 * Credentials in control messages: SCM_CREDENTIALS, unix(7), in sessions with an identity. What a
 * guest says of itself goes out as the host's ids, since the host would refuse others; who receives
 * it is told the ids of the guest that the message names.
 *
 * These are of the moment of receiving: the ids of the sender as it is then, or was at its end, or
 * what it last claimed to be.
 */
#ifndef PR_SYSCALL_SCM_H
#define PR_SYSCALL_SCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;

/*
 * The control messages that the guest sends, at addr. 1: a copy is staged at *ret_at, to be given
 * in their place; 0: they are right as they are; or -errno for the guest.
 */
int scm_to_host(struct call *c, uint64_t addr, uint64_t len, size_t *ret_at);

/* May credentials come in there, so that the exit stop is wanted? */
bool scm_expected(const struct call *c, uint64_t addr, uint64_t len);
/* In the exit stop: those that came are told as the guest's. */
void scm_to_guest(struct call *c, uint64_t addr, uint64_t len);

#endif
