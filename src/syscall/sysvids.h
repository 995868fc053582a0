/* SPDX-License-Identifier: MIT */
/* Whose System V objects are, in sessions with an identity. */
#ifndef PR_SYSCALL_SYSVIDS_H
#define PR_SYSCALL_SYSVIDS_H

#include <stdio.h>

#include "path/procname.h"

struct session;

/* PROC_SYSV_*: the kernel's text with the ids that the guest is told. 0 or -errno. */
int sysvids_write(struct session *s, enum proc_what kind, FILE *in, FILE *out);

#endif
