/* SPDX-License-Identifier: MIT */
/*
 * Where the kernel keeps a system call in a stopped thread's registers, as data: one struct
 * abi_regs per ABI; and the ptrace requests that read and write them. Offsets are bytes into the
 * machine's struct regset (arch/<machine>/regset.h).
 *
 * Invariant: every register here is one `unsigned long` of the tracer. A guest of a narrower ABI
 * uses its low half; arch_reg_set stores the value as given.
 */
#ifndef PR_ARCH_REGS_H
#define PR_ARCH_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#if defined(__x86_64__)
#include "arch/x86_64/regset.h"
#elif defined(__aarch64__)
#include "arch/aarch64/regset.h"
#elif defined(__arm__)
#include "arch/arm/regset.h"
#else
#error "no registers for this machine: add arch/<machine>/regset.h"
#endif

struct abi_regs {
	size_t arg[6];
	size_t nr;     /* the number asked for; -1 written here skips the call */
	size_t nr_in;  /* where the call instruction takes it from */
	size_t result; /* after the call; on x86 the number before it, elsewhere an argument */
	size_t ip;
	size_t sp;
};

/* One per ABI of the machine; abis[] in syscall/table.c points at them. */
extern const struct abi_regs regs_x86_64;
extern const struct abi_regs regs_i386;
extern const struct abi_regs regs_aarch64;
extern const struct abi_regs regs_arm;

/* Registers that are to change, and nothing else. */
struct reg_changes {
	unsigned count;
	struct {
		size_t offset;
		unsigned long value;
	} at[10];
};

static inline void reg_change(struct reg_changes *c, size_t offset, unsigned long value)
{
	c->at[c->count].offset = offset;
	c->at[c->count++].value = value;
}

/* `regs` is a struct regset, `offset` one of the above. */
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

static inline void arch_regs_apply(struct regset *regs, const struct reg_changes *c)
{
	for (unsigned i = 0; i < c->count; i++)
		arch_reg_set(regs, c->at[i].offset, c->at[i].value);
}

/*
 * The machine's own, of a stopped tracee: 0 or -errno. What is cheapest is done: changes one by one
 * where the kernel can, peek one register alone.
 */
int regset_read(pid_t tid, struct regset *ret);
int regset_write(pid_t tid, const struct regset *from);
int regset_peek(pid_t tid, size_t offset, uint64_t *ret);
int regset_change(pid_t tid, const struct reg_changes *c);

/*
 * Is this thread's code 64 bits wide? It may use the calls of the 32-bit ABI all the same (x86), so
 * the call's ABI does not tell.
 */
bool regset_is_wide(const struct regset *regs);

/* How long the call instruction is in the code that the thread stands in. */
unsigned regset_call_bytes(const struct regset *regs);

/*
 * The address that the kernel takes for `addr` in a call of this stopped thread: without a tag that
 * the thread may give it; one that nobody has, where a tag makes it one.
 */
#ifdef ARCH_TAGS_ADDRESSES
uint64_t regset_address(pid_t tid, uint64_t addr);
#else
static inline uint64_t regset_address(pid_t tid, uint64_t addr)
{
	(void)tid;
	return addr;
}
#endif

#endif
