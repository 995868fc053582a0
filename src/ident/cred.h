/* SPDX-License-Identifier: MIT */
/*
 * Virtual credentials of one guest thread and the kernel's rules for changing them:
 * credentials(7), capabilities(7); kernel/sys.c, kernel/capability.c, security/commoncap.c. Pure:
 * knows no tracee and makes no system call.
 *
 * One user namespace is told of, the session's: every id but -1 is mapped in it. Functions return
 * 0 or -errno, in the kernel's order of checks; a refused change changes nothing.
 */
#ifndef PR_IDENT_CRED_H
#define PR_IDENT_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ids as in `struct cred` of the kernel; capability sets as one 64-bit mask each (bit = CAP_*). */
struct cred {
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	uint64_t inheritable, permitted, effective, bounding, ambient;
	unsigned securebits;
	bool no_new_privs;
	unsigned group_count;
	uint32_t *groups; /* sorted; child of the cred */
};

/*
 * The first program's: these ids in all four places and no supplementary group; every capability
 * for uid 0, else none. NULL on OOM.
 */
struct cred *cred_new(void *ctx, uint32_t uid, uint32_t gid);
/* What fork and clone make of it. NULL on OOM. */
struct cred *cred_copy(void *ctx, const struct cred *from);

/* ns_capable: is CAP_* in the effective set? */
bool cred_capable(const struct cred *c, unsigned cap);
/* in_group_p: fsgid or a supplementary group. */
bool cred_in_group(const struct cred *c, uint32_t gid);

#endif
