/* SPDX-License-Identifier: MIT */
/*
 * All registers in one request, which 64-bit kernels know of 32-bit tracers as well. In a stop at a
 * call r12 reads as 0 or 1 and what is written to it is lost, as x7 on aarch64.
 */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "arch/regs.h"

#define SET_SYSCALL 23 /* PTRACE_SET_SYSCALL */

enum { GENERAL_BYTES = offsetof(struct regset, call) };
enum { THUMB = 0x20 };

static int request(int what, pid_t tid, void *data)
{
	struct iovec iov = { data, GENERAL_BYTES };

	return ptrace(what, tid, NT_PRSTATUS, &iov) < 0 ? -errno : 0;
}

/*
 * Where the kernel does not tell, as in the stop of a call that makes a thread, it is where the
 * call instruction took it from.
 */
static int read_call(pid_t tid, struct regset *regs)
{
	struct __ptrace_syscall_info info;

	regs->call = regs->x[7];
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) < 0)
		return -errno;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_SECCOMP)
		regs->call = (unsigned long)info.entry.nr;
	return 0;
}

static int write_call(pid_t tid, unsigned long value)
{
	return ptrace(SET_SYSCALL, tid, 0, value) < 0 ? -errno : 0;
}

int regset_read(pid_t tid, struct regset *ret)
{
	int r = request(PTRACE_GETREGSET, tid, ret);

	return r < 0 ? r : read_call(tid, ret);
}

int regset_write(pid_t tid, const struct regset *from)
{
	int r = request(PTRACE_SETREGSET, tid, (void *)from);

	return r < 0 ? r : write_call(tid, from->call);
}

int regset_peek(pid_t tid, size_t offset, uint64_t *ret)
{
	struct regset regs = { 0 };
	int r = request(PTRACE_GETREGSET, tid, &regs);

	if (r == 0 && offset == offsetof(struct regset, call))
		r = read_call(tid, &regs);
	*ret = arch_reg(&regs, offset);
	return r;
}

int regset_change(pid_t tid, const struct reg_changes *c)
{
	struct regset regs;
	unsigned calls = 0;
	int r = 0;

	for (unsigned i = 0; i < c->count && r == 0; i++)
		if (c->at[i].offset == offsetof(struct regset, call)) {
			r = write_call(tid, c->at[i].value);
			calls++;
		}
	if (r < 0 || calls == c->count)
		return r;
	r = request(PTRACE_GETREGSET, tid, &regs);
	if (r < 0)
		return r;
	arch_regs_apply(&regs, c);
	return request(PTRACE_SETREGSET, tid, &regs);
}

bool regset_is_wide(const struct regset *regs)
{
	(void)regs;
	return false;
}

unsigned regset_call_bytes(const struct regset *regs)
{
	return regs->pstate & THUMB ? 2 : ARCH_CALL_BYTES;
}
