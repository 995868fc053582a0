/* SPDX-License-Identifier: MIT */
/*
 * What the calls with one address and the calls with message headers share: one AF_UNIX address
 * translated, in either direction.
 */
#ifndef PR_SYSCALL_SOCKETS_H
#define PR_SYSCALL_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syscall/unixaddr.h"
#include "syscall/unixnames.h"

struct call;
struct session;

/*
 * The address that the guest gives the kernel, at addr. 1: *ret is to be given in its place, and
 * session->path holds the guest's name; 0: it is right as it is, or the kernel shall find the error
 * in it; -errno for the guest. Entry stop only.
 */
int sock_to_host(struct call *c, uint64_t addr, uint64_t len, enum unixname_use use,
		 struct unixaddr *ret);

/* The address that the kernel gives out. 1: *ret is to be given in its place; 0: it is as it is. */
int sock_to_guest(struct session *s, const void *bytes, size_t len, struct unixaddr *ret);

/*
 * An address that the kernel is to write: where the guest wants it. With too little room for the
 * host's name the kernel is given room of ours.
 */
struct sock_out {
	uint64_t addr; /* the guest's; 0: none wanted */
	uint32_t room;
};

/* Does the guest's own room hold whatever the kernel may write? */
bool sock_out_has_room(const struct sock_out *out);

/*
 * In the exit stop: the kernel wrote an address of `full` bytes at `from` (as much of it as there
 * was room for). Puts what the guest is to see where it wants it. The length it is to be told, or
 * -EFAULT.
 */
int64_t sock_out_finish(struct call *c, const struct sock_out *out, uint64_t from, uint32_t full);

#endif
