/* SPDX-License-Identifier: MIT */
/* Is there a number for one more descriptor below RLIMIT_NOFILE? Asked before the kernel does. */
#ifndef PR_SYSCALL_FDSLOTS_H
#define PR_SYSCALL_FDSLOTS_H

#include <stdbool.h>

struct tracee;

enum fdslots_when {
	FDSLOTS_NOW,
	FDSLOTS_AFTER_EXEC, /* what closes on exec is closed */
};

/* In the thread's table; true where it cannot be found out. */
bool fdslots_left(const struct tracee *t, enum fdslots_when when);

/* Does an exec close this one? */
bool fdslots_closes(const struct tracee *t, int fd);

#endif
