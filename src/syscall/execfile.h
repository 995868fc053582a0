/* SPDX-License-Identifier: MIT */
/*
 * The files of one exec: found for the plan (exec/plan.h, exec_ops) in the guest's view, and those
 * of the session's that must be made for it. Entry stop only.
 */
#ifndef PR_SYSCALL_EXECFILE_H
#define PR_SYSCALL_EXECFILE_H

#include <stdbool.h>

#include "path/canon.h"

struct exec_file;
struct tracee;

struct exec_source {
	struct tracee *t;
	int dirfd;
	enum canon_last last;
	void *job; /* owns the names; what is made is removed with it */
	bool made; /* something was */
};

/* exec_ops; ctx is the exec_source. */
int execfile_open(void *ctx, const char *name, struct exec_file *ret);
int execfile_open_host(void *ctx, const char *host, struct exec_file *ret);
void execfile_close(void *ctx, struct exec_file *f);
int execfile_keep(void *ctx, struct exec_file *f);

/* The file behind a descriptor of the guest's. 0, or -EBADF, -EACCES... */
int execfile_open_fd(struct exec_source *from, int fd, struct exec_file *ret);

/* A link to `target` whose last component is `base`. */
int execfile_link(struct exec_source *from, const char *target, const char *base, const char **ret);

#endif
