/* SPDX-License-Identifier: MIT */
/* One call each, on this process itself. */
#include "engine/features.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ipc.h>
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

/* Android's filter of apps raises SIGSYS instead, with the call's number as its result. */
static volatile sig_atomic_t trapped;

static void on_trap(int sig)
{
	(void)sig;
	trapped = 1;
}

int feature_sysvipc(void)
{
	struct sigaction before, trap = { .sa_handler = on_trap };
	long r;
	int error;

	trapped = 0;
	sigaction(SIGSYS, &trap, &before);
	r = syscall(SYS_semget, IPC_PRIVATE, 0, 0);
	error = errno;
	sigaction(SIGSYS, &before, NULL);
	return trapped || (r < 0 && error == ENOSYS) ? -ENOSYS : 0;
}

int feature_execve_check(void)
{
	char *const none[] = { NULL };

	return syscall(SYS_execveat, AT_FDCWD, "/proc/self/exe", none, none, EXEC_CHECK_ONLY) < 0
		       ? -errno
		       : 0;
}
