/* SPDX-License-Identifier: MIT */
/* ptrace(2) of x86: arch/x86/kernel/ptrace.c. */
#ifndef PR_ARCH_X86_64_DEBUG_H
#define PR_ARCH_X86_64_DEBUG_H

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#define ARCH_LOW_MAP MAP_32BIT

/* Rows: the request, what is at `data`, its size in each ABI (user_fxsr_struct has 512 bytes). */
#define ARCH_DEBUG_REQUESTS                                                          \
	{ PTRACE_GETREGS, DATA_OUT, sizeof(struct user_regs_struct), 17 * 4 },       \
	{ PTRACE_SETREGS, DATA_IN, sizeof(struct user_regs_struct), 17 * 4 },        \
	{ PTRACE_GETFPREGS, DATA_OUT, sizeof(struct user_fpregs_struct), 27 * 4 },   \
	{ PTRACE_SETFPREGS, DATA_IN, sizeof(struct user_fpregs_struct), 27 * 4 },    \
	{ PTRACE_GETFPXREGS, DATA_OUT, 512, 0 },                                     \
	{ PTRACE_SETFPXREGS, DATA_IN, 512, 0 },                                      \
	{ 25 /* PTRACE_GET_THREAD_AREA */, DATA_OUT, 16, 0 },                        \
	{ 26 /* PTRACE_SET_THREAD_AREA */, DATA_IN, 16, 0 },                         \
	{ 30 /* PTRACE_ARCH_PRCTL */, DATA_BASE, 0, 0 },

/* ARCH_GET_FS, ARCH_GET_GS */
#define ARCH_IS_BASE_QUESTION(code) ((code) == 0x1003 || (code) == 0x1004)

#define ARCH_IS_BLOCK_STEP(nr) ((nr) == PTRACE_SINGLEBLOCK)
#define ARCH_IS_RESUMPTION(nr)                                                       \
	((nr) == PTRACE_SYSEMU || (nr) == PTRACE_SYSEMU_SINGLESTEP || (nr) == PTRACE_SINGLEBLOCK)

#endif
