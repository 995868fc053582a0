/* SPDX-License-Identifier: MIT */
/*
 * exec_ops on this very host (guest names are host names), and the smallest tracer that runs a
 * plan: stop at exec, write the loader's plan, let go.
 */
#ifndef TESTS_UNIT_EXEC_HOST_H
#define TESTS_UNIT_EXEC_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "exec/plan.h"

static inline int host_open(void *ctx, const char *name, struct exec_file *ret)
{
	char *real = realpath(name, NULL);
	struct stat st;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !real)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || access(name, X_OK) < 0) {
		close(fd);
		free(real);
		return -EACCES;
	}
	ret->guest = ret->host = talloc_strdup(ctx, real);
	ret->read = exec_file_read_fd;
	ret->fd = fd;
	free(real);
	return 0;
}

static inline void host_close(void *ctx, struct exec_file *f)
{
	(void)ctx;
	close(f->fd);
}

struct host_run {
	char out[65536];
	size_t size;
	int status;
};

/* Reads what the child writes, until it ends. */
static inline void host_collect(int fd, pid_t pid, struct host_run *ret)
{
	ssize_t n;

	ret->size = 0;
	while ((n = read(fd, ret->out + ret->size, sizeof(ret->out) - 1 - ret->size)) > 0)
		ret->size += (size_t)n;
	ret->out[ret->size] = '\0';
	close(fd);
	waitpid(pid, &ret->status, 0);
}

static inline void host_write_plan(pid_t pid, const struct exec_plan *plan)
{
	struct user_regs_struct regs;
	struct iovec local = { plan->loader_plan, plan->loader_plan_size }, remote;
	int status;

	waitpid(pid, &status, 0);
	if (!WIFSTOPPED(status))
		return;
	ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	remote.iov_base = (void *)(regs.rip - LOADER_ENTRY + LOADER_PLAN);
	remote.iov_len = local.iov_len;
	if (plan->loader_plan && process_vm_writev(pid, &local, 1, &remote, 1, 0) < 0)
		perror("process_vm_writev");
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

static inline char **host_argv(const struct exec_plan *plan, char **argv)
{
	size_t n = 0, skip = plan->word_count ? 1 : 0;
	char **all;

	while (argv[n])
		n++;
	all = talloc_array((void *)plan, char *, plan->word_count + n + 1);
	for (size_t i = 0; i < plan->word_count; i++)
		all[i] = (char *)plan->words[i];
	for (size_t i = skip; i <= n; i++)
		all[plan->word_count + i - skip] = argv[i];
	return all;
}

/* `prepare` is called in the child before exec. A NULL plan: execve(name), natively. */
static inline void host_run(const struct exec_plan *plan, const char *name, char **argv,
			    char **envp, void (*prepare)(void), struct host_run *ret)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		if (prepare)
			prepare();
		if (plan) {
			ptrace(PTRACE_TRACEME, 0, NULL, NULL);
			execve(plan->kernel_path, host_argv(plan, argv), envp);
		} else {
			execve(name, argv, envp);
		}
		_exit(100 + errno);
	}
	close(fds[1]);
	if (plan)
		host_write_plan(pid, plan);
	host_collect(fds[0], pid, ret);
}

#endif
