/* SPDX-License-Identifier: MIT */
/*
 * What the loader must know of aarch64: the call instruction, the numbers of the calls it makes,
 * and the kernel's habits in laying out a program. Freestanding.
 */
#ifndef PR_ARCH_AARCH64_LOADER_H
#define PR_ARCH_AARCH64_LOADER_H

#include <stdint.h>

#define MACHINE_ELF	  183
#define MACHINE_BITS	  64
#define MACHINE_HAS_AGENT 0
#define MACHINE_GUARDED	  0x10 /* PROT_BTI */

/*
 * ELF_ET_DYN_BASE: two thirds of the address space, which has 36 to 48 bits as the kernel was
 * built; the stack is at its end. And how far mmap_base is randomized, unless vm.mmap_rnd_bits says
 * more.
 */
extern unsigned long machine_dyn_base __attribute__((visibility("hidden")));
#define MACHINE_DYN_BASE  machine_dyn_base
#define MACHINE_RND_BITS  18
#define MACHINE_BRK_RANGE 0x40000000UL
/* Is everything executable in a program that does not speak of its stack? */
#define MACHINE_OLD_STACK_EXEC 0

enum machine_call {
	NR_OPENAT = 56,
	NR_CLOSE = 57,
	NR_PREAD = 67,
	NR_PWRITE = 68,
	NR_PERSONALITY = 92,
	NR_PRCTL = 167,
	NR_BRK = 214,
	NR_MUNMAP = 215,
	NR_MMAP = 222,
	NR_MPROTECT = 226,
};

static inline long machine_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
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
