/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel keeps a system call in a stopped thread's registers, as data: one struct
 * abi_regs per ABI. Offsets are bytes into the struct user_regs_struct that a tracer of our own
 * width reads with PTRACE_GETREGS, and are good for PTRACE_POKEUSER as they are.
 *
 * Invariant: every register here is one `unsigned long` of the tracer. A guest of a narrower ABI
 * uses its low half; arch_reg_set stores the value as given.
 */
#ifndef PR_ARCH_REGS_H
#define PR_ARCH_REGS_H

#include <stddef.h>
#include <string.h>

struct abi_regs {
	size_t arg[6];
	size_t nr;     /* the number asked for; -1 written here skips the call */
	size_t result; /* after the call; on x86 the number before it */
	size_t ip;
	size_t sp;
};

/* One per ABI of the machine; abis[] in syscall/table.c points at them. */
extern const struct abi_regs regs_x86_64;
extern const struct abi_regs regs_i386;

/*
 * x86: the register that tells in which mode a thread's code runs, and its value for 64-bit code. A
 * 64-bit thread may use the calls of the 32-bit ABI, so the call's ABI does not tell.
 */
extern const size_t regs_mode;
extern const unsigned long regs_mode_wide;

/* `regs` is a struct user_regs_struct of <sys/user.h>, `offset` one of the above. */
static inline unsigned long arch_reg(const void *regs, size_t offset)
{
	unsigned long value;

	memcpy(&value, (const char *)regs + offset, sizeof(value));
	return value;
}

static inline void arch_reg_set(void *regs, size_t offset, unsigned long value)
{
	memcpy((char *)regs + offset, &value, sizeof(value));
}

#endif
