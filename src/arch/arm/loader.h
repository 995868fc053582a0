/* SPDX-License-Identifier: MIT */
/*
 * What the loader must know of 32-bit arm, on a kernel of 32 bits or of 64: the call instruction,
 * the numbers of the calls it makes, and the kernel's habits in laying out a program. Freestanding.
 */
#ifndef PR_ARCH_ARM_LOADER_H
#define PR_ARCH_ARM_LOADER_H

#include <stdint.h>

#define MACHINE_ELF	  40
#define MACHINE_BITS	  32
#define MACHINE_HAS_AGENT 0

/* ELF_ET_DYN_BASE, and how far mmap_base is randomized. */
#define MACHINE_DYN_BASE  0x400000UL
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
	NR_OPENAT = 322,
};

static inline long machine_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r7 __asm__("r7") = nr;
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;
	register long r4 __asm__("r4") = e;
	register long r5 __asm__("r5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(r0)
			 : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5)
			 : "memory", "cc");
	return r0;
}

static inline long machine_mmap(unsigned long addr, unsigned long size, int prot, int flags, int fd,
				uint64_t offset)
{
	return machine_call(NR_MMAP2, (long)addr, (long)size, prot, flags, fd,
			    (long)(offset >> 12));
}

/* 64 bits begin in an even register. */
static inline long machine_pread(int fd, void *buf, unsigned long size, uint64_t offset)
{
	return machine_call(NR_PREAD, fd, (long)buf, (long)size, 0, (long)(uint32_t)offset,
			    (long)(offset >> 32));
}

/* A SIGSEGV that cannot be blocked or ignored, as the kernel's own: that address is never ours. */
static inline _Noreturn void machine_die(void)
{
	for (;;)
		*(volatile char *)-4096L;
}

/* There are no stubs. */
static inline int machine_area_init(unsigned long area)
{
	(void)area;
	return 0;
}

#endif
