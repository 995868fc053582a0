/* SPDX-License-Identifier: MIT */
/*
 * What the loader must know of i386: the call instruction, the numbers of the calls it makes, and
 * the kernel's habits in laying out a program. Freestanding.
 */
#ifndef PR_ARCH_I386_LOADER_H
#define PR_ARCH_I386_LOADER_H

#include "arch/loader.h"

#include <stdint.h>

#define MACHINE_ELF  3
#define MACHINE_BITS 32
#define MACHINE_HAS_AGENT 0

/* COMPAT_ELF_ET_DYN_BASE of a 64-bit kernel, and how far mmap_base is randomized. */
#define MACHINE_DYN_BASE  0x56555000UL
#define MACHINE_RND_BITS  8
#define MACHINE_BRK_RANGE 0x2000000UL
/* Is everything executable in a program that does not speak of its stack? */
#define MACHINE_OLD_STACK_EXEC 1

enum machine_call {
	NR_CLOSE = 6,
	NR_BRK = 45,
	NR_MUNMAP = 91,
	NR_MPROTECT = 125,
	NR_PERSONALITY = 136,
	NR_PRCTL = 172,
	NR_PREAD = 180,
	NR_MMAP2 = 192,
	NR_OPENAT = 295,
};

/* In loader_entry.S: the sixth argument goes into ebp, which C cannot name. */
long machine_call(long nr, long a, long b, long c, long d, long e, long f);

static inline long machine_mmap(unsigned long addr, unsigned long size, int prot, int flags, int fd,
				uint64_t offset)
{
	return machine_call(NR_MMAP2, (long)addr, (long)size, prot, flags, fd,
			    (long)(offset >> 12));
}

static inline long machine_pread(int fd, void *buf, unsigned long size, uint64_t offset)
{
	return machine_call(NR_PREAD, fd, (long)buf, (long)size, (long)(uint32_t)offset,
			    (long)(offset >> 32), 0);
}

/* A SIGSEGV that cannot be blocked or ignored, as the kernel's own. */
static inline _Noreturn void machine_die(void)
{
	for (;;)
		__asm__ volatile("hlt");
}

/*
 * Writes the stubs, and behind them room for the last jump (loader_entry.S): the page is made
 * executable when that is written, too. Returns 0 or -errno.
 */
int machine_area_init(unsigned long area);

#endif
