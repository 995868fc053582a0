/* SPDX-License-Identifier: MIT */
/*
 * What the loader must know of x86_64: the call instruction, the numbers of the calls it makes,
 * and the kernel's habits in laying out a program. Freestanding.
 */
#ifndef PR_ARCH_X86_64_LOADER_H
#define PR_ARCH_X86_64_LOADER_H

#include <stdint.h>

#define MACHINE_ELF  62
#define MACHINE_BITS 64
#define MACHINE_HAS_AGENT 1 /* src/agent is part of the image */

/* ELF_ET_DYN_BASE: two thirds of the address space, and how far mmap_base is randomized. */
#define MACHINE_DYN_BASE  0x555555554aaaUL
#define MACHINE_RND_BITS  28
#define MACHINE_BRK_RANGE 0x40000000UL
/* Is everything executable in a program that does not speak of its stack? */
#define MACHINE_OLD_STACK_EXEC 0

enum machine_call {
	NR_PREAD = 17,
	NR_PWRITE = 18,
	NR_CLOSE = 3,
	NR_MMAP = 9,
	NR_MPROTECT = 10,
	NR_MUNMAP = 11,
	NR_BRK = 12,
	NR_PERSONALITY = 135,
	NR_PRCTL = 157,
	NR_OPENAT = 257,
};

static inline long machine_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long machine_mmap(unsigned long addr, unsigned long size, int prot, int flags, int fd,
				uint64_t offset)
{
	return machine_call(NR_MMAP, (long)addr, (long)size, prot, flags, fd, (long)offset);
}

static inline long machine_pread(int fd, void *buf, unsigned long size, uint64_t offset)
{
	return machine_call(NR_PREAD, fd, (long)buf, (long)size, (long)offset, 0, 0);
}

/* A SIGSEGV that cannot be blocked or ignored, as the kernel's own. */
static inline _Noreturn void machine_die(void)
{
	for (;;)
		__asm__ volatile("hlt");
}

/* The stubs are part of the image. */
static inline int machine_area_init(unsigned long area)
{
	(void)area;
	return 0;
}

#endif
