/* SPDX-License-Identifier: MIT */
/*
 * Errors that the kernel cannot find itself, because only we know the guest's view, but that must
 * come in its order: after the checks it makes of a call's other arguments (EFAULT, EINVAL).
 */
#ifndef PR_SYSCALL_REFUSE_H
#define PR_SYSCALL_REFUSE_H

struct call;

/*
 * The call fails with `error` (-errno) where the kernel looks up path argument i, unless it finds
 * something wrong before. Of several refusals in one call the first holds: paths are refused in the
 * order of the kernel's lookups. 0, or `error` where it must be answered at once.
 */
int refuse_path(struct call *c, unsigned i, int error);

#endif
