/* SPDX-License-Identifier: MIT */
/* What seccomp(2) and prctl(2) have in common. For handlers: 0, or -errno for the guest. */
#ifndef PR_SYSCALL_SECCOMP_H
#define PR_SYSCALL_SECCOMP_H

#include <stdint.h>

struct call;

int seccomp_set_filter(struct call *c, uint64_t flags, uint64_t prog);
int seccomp_set_strict(struct call *c);

#endif
