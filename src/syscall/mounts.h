/* SPDX-License-Identifier: MIT */
/* What the calls about mounts and roots have in common. */
#ifndef PR_SYSCALL_MOUNTS_H
#define PR_SYSCALL_MOUNTS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "path/canon.h"

struct call;
struct tracee;

/* Has the guest this CAP_*? Never without an identity: the host's own rights are not asked. */
bool mounts_capable(const struct tracee *t, unsigned cap);

/*
 * user_path_at: reads and walks path argument i; session->walk holds where it leads. 0 and the
 * object's stat, or -errno.
 */
int mounts_look_up(struct call *c, unsigned i, enum canon_last last, struct stat *ret);

#endif
