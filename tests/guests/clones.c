// SPDX-License-Identifier: MIT
/*
 * clone and clone3 with their flags: CLONE_PARENT, FILES, FS, VM, UNTRACED, PIDFD, the TID pointers, no
 * exit signal; unshare; bad combinations. Every child makes path calls, in the guest's world.
 *
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <linux/sched.h>
#include <sched.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int shared;

static int child(void *arg)
{
	struct stat st;

	(void)arg;
	shared = 1;
	close(3);
	if (stat("/mnt/data/file", &st) != 0 || chdir("/mnt/data") != 0)
		return 1;
	if (stat("file", &st) != 0 || access("/etc/hostname", F_OK) == 0)
		return 2;
	return 4;
}

static void one(const char *what, unsigned long flags)
{
	char buf[64];
	int pid, fd;

	NEED(chdir("/") == 0);
	close(3);
	fd = open("/mnt/data/file", O_RDONLY);
	NEED(fd == 3);
	shared = 0;
	pid = clone(child, stack + sizeof(stack), flags, NULL);
	printf("%s\n", what);
	if (pid < 0) {
		SHOW(-1);
		return;
	}
	finish("  child", pid);
	printf("  memory %s, file %s, cwd %s\n", shared ? "shared" : "own",
	       fcntl(3, F_GETFD) < 0 ? "shared" : "own", getcwd(buf, sizeof(buf)));
}

/* For children without an exit signal, which plain waitpid does not see. */
static void unsignalled(unsigned long flags)
{
	int status, pid = clone(child, stack + sizeof(stack), flags, NULL);

	SHOW(waitpid(pid, &status, 0));
	SHOW(waitpid(pid, &status, __WALL) == pid);
	show_wait("no exit signal", status);
}

static long clone_3(struct clone_args *a, size_t size)
{
	return syscall(SYS_clone3, a, size);
}

static void clone3s(void)
{
	int pidfd = -1, ptid = 0, status;
	struct clone_args a = { .flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .exit_signal = SIGCHLD,
				.pidfd = (uintptr_t)&pidfd, .parent_tid = (uintptr_t)&ptid };
	long pid = clone_3(&a, sizeof(a));
	siginfo_t info;

	if (pid == 0)
		_exit(child(NULL));
	SHOW(waitid(P_PIDFD, pidfd, &info, WEXITED));
	printf("clone3: code %d status %d, tid %s\n", info.si_code, info.si_status, ptid == pid ? "told" : "wrong");
	close(pidfd);
	a = (struct clone_args){ .exit_signal = SIGUSR2 };
	signal(SIGUSR2, SIG_IGN);
	pid = clone_3(&a, 64);
	if (pid == 0)
		_exit(child(NULL));
	SHOW(waitpid(pid, &status, 0));
	SHOW(waitpid(pid, &status, __WCLONE) == pid);
	show_wait("clone3", status);
	a = (struct clone_args){ .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
	pid = clone_3(&a, sizeof(a));
	if (pid == 0)
		_exit(child(NULL));
	finish("clone3 untraced", pid);
	a = (struct clone_args){ .flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD };
	pid = clone_3(&a, sizeof(a));
	if (pid == 0) {
		struct sigaction act;

		sigaction(SIGUSR2, NULL, &act);
		_exit(act.sa_handler == SIG_IGN ? 1 : 0);
	}
	finish("clone3 clear handlers", pid);
	a = (struct clone_args){ .flags = 0xff, .exit_signal = SIGCHLD };
	SHOW(clone_3(&a, sizeof(a)));
	SHOW(clone_3(&a, 8));
	SHOW(clone_3(NULL, sizeof(a)));
	a = (struct clone_args){ .exit_signal = 99 };
	SHOW(clone_3(&a, sizeof(a)));
	a = (struct clone_args){ .flags = CLONE_INTO_CGROUP, .cgroup = 99, .exit_signal = SIGCHLD };
	SHOW(clone_3(&a, sizeof(a)));
}

static void bad_flags(void)
{
	SHOW(clone(child, stack + sizeof(stack), CLONE_THREAD | SIGCHLD, NULL));
	SHOW(clone(child, stack + sizeof(stack), CLONE_SIGHAND | SIGCHLD, NULL));
	SHOW(clone(child, stack + sizeof(stack), CLONE_FS | CLONE_NEWNS | SIGCHLD, NULL));
	SHOW(clone(child, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, NULL));
	SHOW(clone(child, stack + sizeof(stack), CLONE_NEWNS | SIGCHLD, NULL));
	SHOW(unshare(CLONE_NEWNS));
	SHOW(unshare(CLONE_FILES));
	SHOW(unshare(CLONE_FS));
	SHOW(unshare(0x1));
	SHOW(setns(0, 0));
}

static int grandchild_reports(void *arg)
{
	int fd = *(int *)arg;

	/* Our parent is our maker's parent. */
	write(fd, (int[]){ getppid() }, sizeof(int));
	return 0;
}

static int makes_sibling(void *arg)
{
	static char other[65536] __attribute__((aligned(16)));

	return clone(grandchild_reports, other + sizeof(other), CLONE_PARENT | SIGCHLD, arg) > 0 ? 0 : 1;
}

static void siblings(void)
{
	int p[2], ppid = 0, n = 0;
	pid_t pid;

	NEED(pipe(p) == 0);
	pid = start(makes_sibling, &p[1]);
	finish("maker", pid);
	NEED(read(p[0], &ppid, sizeof(ppid)) == sizeof(ppid));
	printf("CLONE_PARENT: parent %s\n", ppid == getpid() ? "is the maker's" : "is another");
	while (wait(NULL) > 0)
		n++;
	printf("  %d sibling to wait for\n", n);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	one("plain", SIGCHLD);
	one("files", CLONE_FILES | SIGCHLD);
	one("fs", CLONE_FS | SIGCHLD);
	one("vm, vfork", CLONE_VM | CLONE_VFORK | SIGCHLD);
	one("vm, vfork, fs, files", CLONE_VM | CLONE_VFORK | CLONE_FS | CLONE_FILES | SIGCHLD);
	one("untraced", CLONE_UNTRACED | SIGCHLD);
	one("untraced, vfork", CLONE_UNTRACED | CLONE_VM | CLONE_VFORK | SIGCHLD);
	one("ptrace", CLONE_PTRACE | SIGCHLD);
	one("io", CLONE_IO | SIGCHLD);
	unsignalled(0);
	unsignalled(CLONE_UNTRACED);
	clone3s();
	bad_flags();
	siblings();
	return 0;
}
