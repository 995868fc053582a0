/* SPDX-License-Identifier: MIT */
/*
 * Registers one by one: PTRACE_POKEUSER costs a third of PTRACE_SETREGS.
 */
#include <errno.h>
#include <sys/ptrace.h>

#include "arch/regs.h"

enum { USER_CS = 0x33 }; /* __USER_CS of 64-bit code */

int regset_read(pid_t tid, struct regset *ret)
{
	return ptrace(PTRACE_GETREGS, tid, 0, &ret->user) < 0 ? -errno : 0;
}

int regset_write(pid_t tid, const struct regset *from)
{
	return ptrace(PTRACE_SETREGS, tid, 0, &from->user) < 0 ? -errno : 0;
}

int regset_peek(pid_t tid, size_t offset, uint64_t *ret)
{
	errno = 0;
	*ret = (uint64_t)ptrace(PTRACE_PEEKUSER, tid, offset, 0);
	return -errno;
}

int regset_change(pid_t tid, const struct reg_changes *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (ptrace(PTRACE_POKEUSER, tid, c->at[i].offset, c->at[i].value) < 0)
			return -errno;
	return 0;
}

bool regset_is_wide(const struct regset *regs)
{
	return regs->user.cs == USER_CS;
}

unsigned regset_call_bytes(const struct regset *regs)
{
	(void)regs;
	return ARCH_CALL_BYTES;
}
