// SPDX-License-Identifier: MIT
/*
 * killat N CMD...
 *
 * Runs CMD and kills it, with its children in user namespaces of their own, when N system calls have
 * returned that may change files. Says which was the last, and exits with 0; with 1 if CMD ended
 * before; 99: the tracer is at fault. Other children go unwatched: set-id helpers are none if traced.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	long number;
	const char *name;
} changing[] = {
#define CALL(name) { SYS_##name, #name }
	CALL(fchmod), CALL(fchmodat), CALL(fchown), CALL(fchownat), CALL(setxattr), CALL(fsetxattr),
	CALL(removexattr), CALL(fremovexattr), CALL(mknodat), CALL(linkat), CALL(unlinkat),
	CALL(renameat2), CALL(utimensat), CALL(pwrite64), CALL(write),
	CALL(ftruncate), CALL(fdatasync), CALL(openat),
#ifdef SYS_renameat
	CALL(renameat),
#endif
#ifdef SYS_chmod
	CALL(chmod), CALL(chown), CALL(lchown), CALL(mknod), CALL(link), CALL(unlink), CALL(rename),
#endif
};

/* A process of ours: what it is calling, NULL for what changes nothing. */
static struct watched {
	pid_t pid; /* 0: a free place, at the end */
	const char *call;
	int is_begun, is_gone; /* ended, or let go: no signal may go to this number */
} watched[8];

static struct watched *find(pid_t pid)
{
	for (unsigned i = 0; i < sizeof(watched) / sizeof(*watched); i++)
		if (watched[i].pid == pid || watched[i].pid == 0) {
			watched[i].pid = pid;
			return &watched[i];
		}
	exit(99);
}

/* Of a call that changes something. */
static const char *name_of(const struct __ptrace_syscall_info *info)
{
	long number = (long)info->entry.nr;

	if (number == SYS_openat && !(info->entry.args[2] & O_CREAT))
		return NULL;
	for (unsigned i = 0; i < sizeof(changing) / sizeof(*changing); i++)
		if (changing[i].number == number)
			return changing[i].name;
	return NULL;
}

/* Has it just returned from one that counts? */
static int has_changed(pid_t pid, const char **ret)
{
	struct watched *w = find(pid);
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return 0;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		w->call = name_of(&info);
	*ret = w->call;
	return info.op == PTRACE_SYSCALL_INFO_EXIT && w->call && !info.exit.is_error;
}

static int is_elsewhere(pid_t pid)
{
	struct stat ours, its;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/ns/user", (int)pid);
	return stat("/proc/self/ns/user", &ours) == 0 && stat(name, &its) == 0 &&
	       ours.st_ino != its.st_ino;
}

static void kill_all(void)
{
	for (unsigned i = 0; i < sizeof(watched) / sizeof(*watched); i++)
		if (watched[i].pid > 0 && !watched[i].is_gone)
			kill(watched[i].pid, SIGKILL);
	while (wait(NULL) > 0)
		;
}

/* The signal that it is to get; -1: it is not ours any more. */
static int pass_on(pid_t pid, int status, pid_t first)
{
	int sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80) || status >> 16)
		return 0;
	if (sig != SIGSTOP || pid == first || find(pid)->is_begun)
		return sig;
	find(pid)->is_begun = 1;
	if (is_elsewhere(pid))
		return 0;
	find(pid)->is_gone = 1;
	ptrace(PTRACE_DETACH, pid, 0, 0);
	return -1;
}

static int watch(pid_t first, long count)
{
	const char *call = "";
	int status, sig;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			if (pid == first)
				return 1;
			find(pid)->is_gone = 1;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && has_changed(pid, &call) && --count <= 0)
			break;
		sig = pass_on(pid, status, first);
		if (sig >= 0)
			ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	if (pid <= 0)
		return 99;
	kill_all();
	fprintf(stderr, "killed behind %s\n", call);
	return 0;
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 3)
		return 99;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		_exit(99);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 99;
	find(pid)->call = NULL;
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
		       PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	return watch(pid, atol(argv[1]));
}
