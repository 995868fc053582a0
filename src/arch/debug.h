/* SPDX-License-Identifier: MIT */
/* What of ptrace(2) is each machine's own, for guests that trace guests. */
#ifndef PR_ARCH_DEBUG_H
#define PR_ARCH_DEBUG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__x86_64__)
#include "arch/x86_64/debug.h"
#elif defined(__aarch64__)
#include "arch/aarch64/debug.h"
#elif defined(__arm__)
#include "arch/arm/debug.h"
#else
#error "add arch/<machine>/debug.h"
#endif

/*
 * The call itself, raw: what is read goes to `data`. `narrow`: as the 32-bit ABI has it; memory of
 * ours that it names lies below 4 GiB. The result or -errno.
 */
int64_t arch_debug(bool narrow, unsigned request, pid_t tid, uint64_t addr, uint64_t data);
/* The thread has made its last step: no trap of that is left in its registers. */
void arch_debug_stepped(pid_t tid);

#endif
