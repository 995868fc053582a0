// SPDX-License-Identifier: MIT
/* The 32-bit ABI's ptrace is a call of its own, which 64-bit code makes by int $0x80. */
#include "arch/debug.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

enum { NR_PTRACE_I386 = 26, TRAP_FLAG = 0x100 };

static int64_t narrow_ptrace(unsigned request, pid_t tid, uint32_t addr, uint32_t data)
{
	int64_t r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "0"((uint64_t)NR_PTRACE_I386), "b"((uint64_t)request),
			   "c"((uint64_t)(unsigned)tid), "d"((uint64_t)addr), "S"((uint64_t)data)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int32_t)r;
}

int64_t arch_debug(bool narrow, unsigned request, pid_t tid, uint64_t addr, uint64_t data)
{
	long r;

	if (narrow)
		return narrow_ptrace(request, tid, (uint32_t)addr, (uint32_t)data);
	r = syscall(SYS_ptrace, (long)request, tid, addr, data);
	return r < 0 ? -errno : r;
}

/* Behind a step over popf the kernel takes the trap flag for the program's own. */
void arch_debug_stepped(pid_t tid)
{
	const size_t flags = offsetof(struct user_regs_struct, eflags);
	long value = ptrace(PTRACE_PEEKUSER, tid, flags, 0);

	if (value & TRAP_FLAG)
		ptrace(PTRACE_POKEUSER, tid, flags, value & ~(long)TRAP_FLAG);
}
