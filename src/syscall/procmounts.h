/* SPDX-License-Identifier: MIT */
/*
 * The view told as mounts: proc_pid_mounts(5), proc_pid_mountinfo(5), proc_pid_mountstats(5). The
 * root and every bind of the user's is a mount, with type, source and options of the host's mount
 * that holds its source; the host's mounts below a source are seen through it.
 */
#ifndef PR_SYSCALL_PROCMOUNTS_H
#define PR_SYSCALL_PROCMOUNTS_H

#include <stdio.h>

struct view;

enum mounts_form {
	MOUNTS_PLAIN, /* /proc/<pid>/mounts */
	MOUNTS_INFO,
	MOUNTS_STATS,
};

/*
 * From the host's mountinfo: what a guest sees whose root that is (NULL: "/"), which is what lies
 * below it. 0 or -errno.
 */
int procmounts_write(const struct view *v, const char *root, FILE *mountinfo, enum mounts_form form,
		     FILE *out);

#endif
