/* SPDX-License-Identifier: MIT */
/*
 * Programs, their interpreters and the links on the way to them are looked up again with each short
 * command of a script. What such a walk has found is remembered for as long as an agent would
 * believe it (tracee/agent.h), in sessions with agents and for programs that see what they see.
 */
#ifndef PR_SYSCALL_EXECWALK_H
#define PR_SYSCALL_EXECWALK_H

#include "path/canon.h"

struct tracee;

/* path_walk_name of a name from the thread's cwd; an absolute one may be known already. */
int execwalk_name(struct tracee *t, const char *name, int dirfd, enum canon_last last);

#endif
