/* SPDX-License-Identifier: MIT */
/* What a processor is told while it waits for another to let go of a lock. */
#ifndef PR_ARCH_SPIN_H
#define PR_ARCH_SPIN_H

static inline void arch_spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield");
#endif
}

#endif
