/* SPDX-License-Identifier: MIT */
/*
 * For guests that begin as root and change what they see, by chroot, mounts and namespaces: every
 * step is a child's, which leaves the next one as it was, and some are refused for a capability.
 */
#ifndef VIEWS_H
#define VIEWS_H

#include "guest.h"

#include <linux/capability.h>

/* In a child at "/", so that the next step finds no root, no cwd and no descriptor of ours. */
static void apart(const char *what, void (*fn)(void))
{
	pid_t pid;

	printf("-- %s\n", what);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		NEED(chdir("/") == 0);
		fn();
		fflush(stdout);
		_exit(0);
	}
	finish(what, pid);
}

/* Out of the effective set, or into it again. */
static void set_capability(unsigned cap, bool on)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	unsigned bit = 1u << cap % 32;

	NEED(syscall(SYS_capget, &head, data) == 0);
	data[cap / 32].effective &= ~bit;
	data[cap / 32].effective |= on ? bit : 0;
	NEED(syscall(SYS_capset, &head, data) == 0);
}

static void show_cwd(void)
{
	char buf[PATH_MAX] = "";
	long r = syscall(SYS_getcwd, buf, sizeof(buf));

	printf("  cwd %s\n", r > 0 ? buf : err_name(errno));
}

#endif
