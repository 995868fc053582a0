/* SPDX-License-Identifier: MIT */
/*
 * The listener of our filter. A process tree has room for one seccomp listener: while ours is open
 * the kernel answers EBUSY to a guest that wants its own, which could decide over calls past us
 * (SECCOMP_USER_NOTIF_FLAG_CONTINUE outranks RET_TRACE; seccomp_unotify(2)). Nothing is ever sent
 * to it.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/ptrace/start.h"

int listener_take(pid_t pid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), taken;

	if (pidfd < 0)
		return -1;
	taken = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return taken;
}
