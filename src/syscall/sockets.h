/* SPDX-License-Identifier: MIT */
/*
 * What the calls with one address and the calls with message headers share: one AF_UNIX address
 * translated, in either direction.
 */
#ifndef PR_SYSCALL_SOCKETS_H
#define PR_SYSCALL_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "syscall/unixaddr.h"
#include "syscall/unixnames.h"

struct call;
struct session;

enum sock_outcome {
	SOCK_LEFT,	 /* right as it is, or the kernel shall find the error in it */
	SOCK_TRANSLATED, /* *ret is to be given in its place */
	SOCK_PORT,	 /* the same, and no name is in it */
	SOCK_TOO_LONG,	 /* no address leads to session->walk.host (bind only) */
};

/*
 * The address that the guest gives the kernel, at addr: enum sock_outcome, or -errno for the guest.
 * Unless it is left, session->path holds the guest's name of it. Entry stop only.
 */
int sock_to_host(struct call *c, uint64_t addr, uint64_t len, enum unixname_use use,
		 struct unixaddr *ret);

/* The address that the kernel gives out. 1: *ret is to be given in its place; 0: it is as it is. */
int sock_to_guest(struct session *s, const void *bytes, size_t len, struct unixaddr *ret);

/* Where the guest wants an address that the kernel is to write, and how much of it. */
struct sock_out {
	uint64_t addr; /* 0: not wanted */
	uint32_t room;
};

/*
 * In the exit stop: the kernel wrote an address of `full` bytes at `from`, room of ours or the
 * guest's own (then as much of it as there was room for). Puts what the guest is to see where it
 * wants it. The length it is to be told, or -EFAULT.
 */
int64_t sock_out_finish(struct call *c, const struct sock_out *out, uint64_t from, uint32_t full);

#endif
