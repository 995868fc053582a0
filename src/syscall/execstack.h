/* SPDX-License-Identifier: MIT */
/* The stack that the kernel builds for a new program: argc, argv, envp, auxv. */
#ifndef PR_SYSCALL_EXECSTACK_H
#define PR_SYSCALL_EXECSTACK_H

#include <stdint.h>

struct tracee;

/*
 * In the exec stop of a program that the kernel loaded itself: the string behind AT_EXECFN becomes
 * `filename`, which is no longer than what stands there, and the others what t->mm->told says, if
 * anything; AT_PLATFORM only where that, too, fits into the kernel's. 0 or -errno.
 */
int execstack_correct(struct tracee *t, uint64_t sp, unsigned word_bytes, const char *filename);

#endif
