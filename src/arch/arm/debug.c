// SPDX-License-Identifier: MIT
/* All guests have the tracer's own ABI. */
#include "arch/debug.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int64_t arch_debug(bool narrow, unsigned request, pid_t tid, uint64_t addr, uint64_t data)
{
	long r = syscall(SYS_ptrace, (long)request, tid, (long)addr, (long)data);

	(void)narrow;
	return r < 0 ? -errno : r;
}

/* There are no steps. */
void arch_debug_stepped(pid_t tid)
{
	(void)tid;
}
