/* SPDX-License-Identifier: MIT */
/*
 * New namespaces for guests. A mount namespace is a view of one's own, a UTS namespace names of
 * one's own; both are ours, and the kernel hears of neither. All others change what a path, a pid
 * or an address means to it: refused, as to a process without privileges.
 */
#ifndef PR_SYSCALL_NAMESPACES_H
#define PR_SYSCALL_NAMESPACES_H

#include <stdint.h>

struct tracee;

/*
 * unshare(2), clone(2) with these flags: 0, or -EPERM. *ret are the flags for the kernel, which are
 * others where namespaces are ours.
 */
int namespaces_ask(const struct tracee *t, uint64_t flags, uint64_t *ret);

#endif
