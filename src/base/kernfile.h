/* SPDX-License-Identifier: MIT */
/* A value out of a small text file of the kernel's: /proc/sys/..., /proc/<pid>/status. */
#ifndef PR_BASE_KERNFILE_H
#define PR_BASE_KERNFILE_H

#include <stdbool.h>

/*
 * scanf(3) of the file's lines up to the first on which something is found ("Pid: %d"). False: on
 * none, or there is no such file; what was to be filled in is then as it was.
 */
bool kernfile_scan(const char *name, const char *format, ...)
	__attribute__((format(scanf, 2, 3)));

#endif
