/* SPDX-License-Identifier: MIT */
/* ptrace(2) of aarch64: registers are had as sets alone. */
#ifndef PR_ARCH_AARCH64_DEBUG_H
#define PR_ARCH_AARCH64_DEBUG_H

#include <sys/ptrace.h>

#define ARCH_LOW_MAP 0
#define ARCH_DEBUG_REQUESTS
#define ARCH_IS_BASE_QUESTION(code) ((void)(code), 0)
#define ARCH_IS_BLOCK_STEP(nr)	    ((void)(nr), 0)
#define ARCH_IS_RESUMPTION(nr)	    ((nr) == PTRACE_SYSEMU || (nr) == PTRACE_SYSEMU_SINGLESTEP)

#endif
