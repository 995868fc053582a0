/* SPDX-License-Identifier: MIT */
/* One call each, on this process itself. */
#include "engine/features.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "syscall/exec.h"

int feature_seccomp(void)
{
	const uint32_t action = SECCOMP_RET_TRACE;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 ? -errno : 0;
}

int feature_process_vm(void)
{
	char from = 1, to = 0;
	struct iovec a = { &to, 1 }, b = { &from, 1 };

	if (process_vm_readv(getpid(), &a, 1, &b, 1, 0) < 0)
		return -errno;
	return to == from ? 0 : -EIO;
}

int feature_execve_check(void)
{
	char *const none[] = { NULL };

	return syscall(SYS_execveat, AT_FDCWD, "/proc/self/exe", none, none, EXEC_CHECK_ONLY) < 0
		       ? -errno
		       : 0;
}
