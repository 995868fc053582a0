// SPDX-License-Identifier: MIT
/* The 32-bit ABI's ptrace is a call that no 64-bit code can make: its debuggers get EIO. */
#include "arch/debug.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int64_t arch_debug(bool narrow, unsigned request, pid_t tid, uint64_t addr, uint64_t data)
{
	long r;

	if (narrow)
		return -EIO;
	r = syscall(SYS_ptrace, (long)request, tid, addr, data);
	return r < 0 ? -errno : r;
}

/* The kernel's own flag, and gone with the next request. */
void arch_debug_stepped(pid_t tid)
{
	(void)tid;
}
