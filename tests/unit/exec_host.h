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
#include <sys/wait.h>
#include <talloc.h>
#include <time.h>
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
	*ret = (struct exec_file){ .dev = st.st_dev, .ino = st.st_ino };
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

static inline int host_keep(void *ctx, struct exec_file *f)
{
	(void)ctx;
	(void)f;
	return 0;
}

static inline int host_look(void *ctx, const struct exec_file *f, enum exec_part part)
{
	(void)ctx;
	(void)f;
	(void)part;
	return 0;
}

static inline void host_write_file(const char *name, const void *data, size_t size)
{
	FILE *f = fopen(name, "w");

	fwrite(data, 1, size, f);
	fclose(f);
	chmod(name, 0755);
}

/* SEED=n repeats what a run with that seed did. */
static inline void host_seed(void)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)atoi(given) : (unsigned)time(NULL);

	fprintf(stderr, "SEED=%u\n", seed);
	srand(seed);
}

/* More than a page of program headers is ENOEXEC to older kernels: there are fewer. */
static inline void host_few_segments(unsigned char *program)
{
	uint16_t *count = (uint16_t *)(program + (sizeof(long) == 8 ? 56 : 44));

	*count %= 73;
}

/* A real program with a few bytes of its headers changed, or cut short. */
static inline void host_broken_program(const char *name)
{
	static unsigned char buf[1 << 16];
	int changes = rand() % 4;
	FILE *f = fopen("/bin/true", "r");
	size_t size = fread(buf, 1, sizeof(buf), f);

	fclose(f);
	while (changes--) {
		size_t at = (size_t)rand() % (rand() % 2 ? 64 : 900);

		buf[at] = rand() % 2 ? (unsigned char)rand() : (unsigned char)(buf[at] + 1);
	}
	host_few_segments(buf);
	host_write_file(name, buf, rand() % 8 ? size : (size_t)rand() % 1200);
}

struct host_run {
	char out[65536];
	size_t size;
	int status;
	int error; /* of execve, positive; 0: the program has run */
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

/* The child has stopped itself; then it must come to its exec. */
static inline void host_write_plan(pid_t pid, const struct exec_plan *plan)
{
	struct __ptrace_syscall_info info;
	struct iovec local = { plan->loader_plan, plan->loader_plan_size }, remote;
	int status;

	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXEC);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	waitpid(pid, &status, 0);
	if (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
		if (WIFSTOPPED(status))
			ptrace(PTRACE_DETACH, pid, NULL, WSTOPSIG(status));
		return;
	}
	ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	remote.iov_base = (void *)((unsigned long)info.instruction_pointer - LOADER_ENTRY + LOADER_PLAN);
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
	int fds[2], error[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || pipe2(error, O_CLOEXEC) < 0)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		if (plan) {
			ptrace(PTRACE_TRACEME, 0, NULL, NULL);
			raise(SIGSTOP);
		}
		if (prepare)
			prepare();
		if (plan) {
			execve(plan->kernel_path, host_argv(plan, argv), envp);
		} else {
			execve(name, argv, envp);
		}
		ret->error = errno;
		write(error[1], &ret->error, sizeof(ret->error));
		_exit(1);
	}
	close(fds[1]);
	close(error[1]);
	if (plan)
		host_write_plan(pid, plan);
	if (read(error[0], &ret->error, sizeof(ret->error)) != sizeof(ret->error))
		ret->error = 0;
	close(error[0]);
	host_collect(fds[0], pid, ret);
}

#endif
