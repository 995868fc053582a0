/* SPDX-License-Identifier: MIT */
/*
 * What the loader must know of this kernel and a guest cannot ask it: read once by the tracer.
 * What cannot be found out is taken to be as most kernels have it.
 */
#include "exec/plan.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_MM_MAP_SIZE
#define PR_SET_MM_MAP_SIZE 15
#endif

static char randomize_va_space(void)
{
	int fd = open("/proc/sys/kernel/randomize_va_space", O_RDONLY | O_CLOEXEC);
	char level = '2';

	if (fd < 0)
		return level;
	if (read(fd, &level, 1) != 1)
		level = '2';
	close(fd);
	return level;
}

void exec_host_probe(struct exec_host *host)
{
	char level = randomize_va_space();
	unsigned size;

	host->plan_flags = 0;
	if (level >= '1')
		host->plan_flags |= PLAN_RANDOMIZE;
	if (level >= '2')
		host->plan_flags |= PLAN_RANDOMIZE_BRK;
	if (prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) == 0)
		host->plan_flags |= PLAN_SET_MM;
}
