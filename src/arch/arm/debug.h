/* SPDX-License-Identifier: MIT */
/* ptrace(2) of arm: arch/arm/kernel/ptrace.c. No thread can be stepped there. */
#ifndef PR_ARCH_ARM_DEBUG_H
#define PR_ARCH_ARM_DEBUG_H

#include <sys/ptrace.h>

/* What others have for it, and the C library has no names for here. Nobody can ask for these. */
#define PTRACE_SYSEMU		 0x10031
#define PTRACE_SYSEMU_SINGLESTEP 0x10032

#define ARCH_LOW_MAP 0

/* Rows: the request, what is at `data`, its size (struct pt_regs, user_fp, user_vfp). */
#define ARCH_DEBUG_REQUESTS                                   \
	{ PTRACE_GETREGS, DATA_OUT, 18 * 4, 0 },              \
	{ PTRACE_SETREGS, DATA_IN, 18 * 4, 0 },               \
	{ PTRACE_GETFPREGS, DATA_OUT, 116, 0 },               \
	{ PTRACE_SETFPREGS, DATA_IN, 116, 0 },                \
	{ 22 /* PTRACE_GET_THREAD_AREA */, DATA_OUT, 4, 0 },  \
	{ 23 /* PTRACE_SET_SYSCALL */, DATA_VALUE, 0, 0 },    \
	{ 27 /* PTRACE_GETVFPREGS */, DATA_OUT, 260, 0 },     \
	{ 28 /* PTRACE_SETVFPREGS */, DATA_IN, 260, 0 },

#define ARCH_IS_BASE_QUESTION(code) ((void)(code), 0)
#define ARCH_IS_BLOCK_STEP(nr)	    ((void)(nr), 0)
#define ARCH_IS_RESUMPTION(nr)	    ((void)(nr), 0)

#endif
