/* SPDX-License-Identifier: MIT */
/*
 * All registers in one request. In a stop at a call x7 (of a 32-bit thread r12) reads as 0 or 1 and
 * what is written to it is lost: the kernel keeps the thread's own (arch/arm64/kernel/ptrace.c,
 * report_syscall), so it is neither looked at nor changed there.
 */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "arch/regs.h"

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

#ifndef NT_ARM_TAGGED_ADDR_CTRL
#define NT_ARM_TAGGED_ADDR_CTRL 0x409
#endif
#ifndef PR_TAGGED_ADDR_ENABLE
#define PR_TAGGED_ADDR_ENABLE 1
#endif

enum { GENERAL_BYTES = offsetof(struct regset, call) };
enum { THUMB = 0x20 }; /* in pstate as in cpsr */

/* What NT_PRSTATUS is of a 32-bit thread. */
struct narrow {
	uint32_t x[15], pc, cpsr, orig;
};

/* The bytes that there are, or -errno. */
static int request(int what, pid_t tid, long set, void *data, size_t size)
{
	struct iovec iov = { data, size };

	return ptrace(what, tid, set, &iov) < 0 ? -errno : (int)iov.iov_len;
}

static void widen(const struct narrow *from, struct regset *ret)
{
	*ret = (struct regset){ .pc = from->pc, .pstate = from->cpsr, .orig = from->orig,
				.narrow = 1 };
	for (unsigned i = 0; i < 15; i++)
		ret->x[i] = from->x[i];
}

static int read_general(pid_t tid, struct regset *ret)
{
	struct narrow narrow;
	int n = request(PTRACE_GETREGSET, tid, NT_PRSTATUS, ret, GENERAL_BYTES);

	ret->orig = ret->narrow = 0;
	if (n == sizeof(narrow)) {
		memcpy(&narrow, ret, sizeof(narrow));
		widen(&narrow, ret);
	}
	return n < 0 ? n : 0;
}

static int write_narrow(pid_t tid, const struct regset *from)
{
	struct narrow to = { .pc = (uint32_t)from->pc, .cpsr = (uint32_t)from->pstate,
			     .orig = (uint32_t)from->orig };

	for (unsigned i = 0; i < 15; i++)
		to.x[i] = (uint32_t)from->x[i];
	return request(PTRACE_SETREGSET, tid, NT_PRSTATUS, &to, sizeof(to));
}

static int write_general(pid_t tid, const struct regset *from)
{
	int n;

	if (from->narrow)
		n = write_narrow(tid, from);
	else
		n = request(PTRACE_SETREGSET, tid, NT_PRSTATUS, (void *)from, GENERAL_BYTES);
	return n < 0 ? n : 0;
}

static int write_call(pid_t tid, unsigned long value)
{
	int nr = (int)value;
	int r = request(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &nr, sizeof(nr));

	return r < 0 ? r : 0;
}

static int read_call(pid_t tid, unsigned long *ret)
{
	int nr, r = request(PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &nr, sizeof(nr));

	*ret = r < 0 ? 0 : (unsigned long)nr;
	return r < 0 ? r : 0;
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

/*
 * access_ok, arch/arm64/include/asm/uaccess.h: tags are for threads with PR_TAGGED_ADDR_ENABLE,
 * which exec ends. Bit 55 alone says whose half of the address space it is: the kernel's is not to
 * be had.
 */
uint64_t regset_address(pid_t tid, uint64_t addr)
{
	const uint64_t tag = 0xffULL << 56, kernel = 1ULL << 55;
	long control = 0;

	if (!(addr & tag))
		return addr;
	if (request(PTRACE_GETREGSET, tid, NT_ARM_TAGGED_ADDR_CTRL, &control, sizeof(control)) < 0)
		control = 0;
	return control & PR_TAGGED_ADDR_ENABLE ? addr & ~tag : addr | kernel;
}

bool regset_is_wide(const struct regset *regs)
{
	return !regs->narrow;
}

unsigned regset_call_bytes(const struct regset *regs)
{
	return regs->narrow && (regs->pstate & THUMB) ? 2 : ARCH_CALL_BYTES;
}
