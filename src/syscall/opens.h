/* SPDX-License-Identifier: MIT */
/* open(2) and its kin in sessions with an identity. */
#ifndef PR_SYSCALL_OPENS_H
#define PR_SYSCALL_OPENS_H

#include <stdint.h>

struct call;

/* What the kernel is to be given in place of the guest's. */
struct opening {
	uint64_t flags, mode;
};

/*
 * Host devices, NULL at the end, to which a remembered node of theirs leads even where no /dev is
 * bound: they hold nothing of anybody's. For who confines guests to what they may open.
 */
extern const char *const opens_memory_devices[];

/*
 * After the walk of an open's path argument i (without CANON_ERROR) and all checks: makes a file
 * that must be recorded, leads the open of a remembered device to the host's. 0 or -errno;
 * session->walk and *o may be changed.
 */
int opens_settle(struct call *c, unsigned i, struct opening *o);

#endif
