/* SPDX-License-Identifier: MIT */
/*
 * All registers in one request. In a stop at a call x7 reads as 0 or 1 and what is written to it is
 * lost: the kernel keeps the thread's own (arch/arm64/kernel/ptrace.c, report_syscall), so it is
 * neither looked at nor changed there.
 */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "arch/regs.h"

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

enum { GENERAL_BYTES = offsetof(struct regset, call) };

static int request(int what, pid_t tid, long set, void *data, size_t size)
{
	struct iovec iov = { data, size };

	return ptrace(what, tid, set, &iov) < 0 ? -errno : 0;
}

static int read_general(pid_t tid, struct regset *ret)
{
	return request(PTRACE_GETREGSET, tid, NT_PRSTATUS, ret, GENERAL_BYTES);
}

static int write_general(pid_t tid, const struct regset *from)
{
	return request(PTRACE_SETREGSET, tid, NT_PRSTATUS, (void *)from, GENERAL_BYTES);
}

static int write_call(pid_t tid, unsigned long value)
{
	int nr = (int)value;

	return request(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &nr, sizeof(nr));
}

static int read_call(pid_t tid, unsigned long *ret)
{
	int nr, r = request(PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &nr, sizeof(nr));

	*ret = r < 0 ? 0 : (unsigned long)nr;
	return r;
}

int regset_read(pid_t tid, struct regset *ret)
{
	int r = read_general(tid, ret);

	return r < 0 ? r : read_call(tid, &ret->call);
}

int regset_write(pid_t tid, const struct regset *from)
{
	int r = write_general(tid, from);

	return r < 0 ? r : write_call(tid, from->call);
}

int regset_peek(pid_t tid, size_t offset, uint64_t *ret)
{
	struct regset regs = { 0 };
	int r = offset == offsetof(struct regset, call) ? read_call(tid, &regs.call) :
							  read_general(tid, &regs);

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
	r = read_general(tid, &regs);
	if (r < 0)
		return r;
	arch_regs_apply(&regs, c);
	return write_general(tid, &regs);
}

bool regset_is_wide(const struct regset *regs)
{
	(void)regs;
	return true;
}
