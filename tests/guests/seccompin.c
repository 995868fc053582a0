// SPDX-License-Identifier: MIT
/*
 * The guest's own seccomp: ERRNO, TRAP, KILL, TRACE without a tracer, allow-lists, strict mode, a filter
 * on arguments, inheritance by children and exec; and what prctl and /proc say of it. Where pr has to do
 * without seccomp the guest has none either, and pr's answers would be judged by its filters.
 *
 * arch: 64 32 dyn
 * modes: seccomp
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(what) BPF_STMT(BPF_RET | BPF_K, what)
#define IF_NR(nr, what) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), RET(what)

static int install(struct sock_filter *f, int n, unsigned flags)
{
	struct sock_fprog prog = { n, f };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

#define INSTALL(...)                                                              \
	({                                                                        \
		struct sock_filter f_[] = { __VA_ARGS__ };                        \
		install(f_, sizeof(f_) / sizeof(*f_), 0);                         \
	})

static int path_calls(void)
{
	struct stat st;
	char buf[64];

	SHOW_FD(open("/mnt/data/file", O_RDONLY));
	SHOW(stat("/mnt/data/inner/../file", &st));
	SHOW(access("/missing", F_OK));
	SHOW(chdir("/mnt/data"));
	SHOW(syscall(SYS_getcwd, buf, sizeof(buf)));
	SHOW(mkdir("made", 0755));
	SHOW(rename("made", "/tmp/made"));
	SHOW(rmdir("made"));
	return 0;
}

static int with_errno(void *arg)
{
	(void)arg;
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(INSTALL(LOAD(nr), IF_NR(SYS_mkdir, SECCOMP_RET_ERRNO | 77), IF_NR(SYS_chdir, SECCOMP_RET_ERRNO | 5),
		     IF_NR(SYS_getppid, SECCOMP_RET_ERRNO | 6), RET(SECCOMP_RET_ALLOW)));
	path_calls();
	SHOW(getppid());
	show_status("/proc/self/status", "NoNewPrivs:");
	show_status("/proc/self/status", "Seccomp:");
	show_status("/proc/self/status", "Seccomp_filters:");
	return 0;
}

static int unprivileged(void *arg)
{
	(void)arg;
	SHOW(INSTALL(LOAD(nr), RET(SECCOMP_RET_ALLOW))); /* no_new_privs is not set */
	SHOW(prctl(PR_GET_SECCOMP));
	return 0;
}

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	printf("  SIGSYS %d: code %d errno %d call %s arch %s\n", sig == SIGSYS, info->si_code, info->si_errno,
	       info->si_syscall == SYS_mkdir ? "mkdir" : info->si_syscall == SYS_chdir ? "chdir" : "other",
	       info->si_arch == (sizeof(long) == 8 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386) ? "right" : "wrong");
	(void)context;
}

static int with_trap(void *arg)
{
	struct sigaction act = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

	(void)arg;
	sigaction(SIGSYS, &act, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	SHOW(INSTALL(LOAD(nr), IF_NR(SYS_mkdir, SECCOMP_RET_TRAP | 9), IF_NR(SYS_chdir, SECCOMP_RET_TRAP),
		     RET(SECCOMP_RET_ALLOW)));
	syscall(SYS_mkdir, "/tmp/trapped", 0755);
	syscall(SYS_chdir, "/mnt/data");
	SHOW(access("/tmp/trapped", F_OK));
	return path_calls();
}

static int with_kill(void *arg)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	SHOW(INSTALL(LOAD(nr), IF_NR(SYS_mkdir, (long)arg), RET(SECCOMP_RET_ALLOW)));
	SHOW(access("/mnt/data/file", R_OK));
	SHOW(syscall(SYS_mkdir, "/tmp/killed", 0755));
	return 0;
}

static int with_trace(void *arg)
{
	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	SHOW(INSTALL(LOAD(nr), IF_NR(SYS_mkdir, SECCOMP_RET_TRACE), IF_NR(SYS_getppid, SECCOMP_RET_TRACE | 1),
		     IF_NR(SYS_rename, SECCOMP_RET_TRACE | 0xffff), RET(SECCOMP_RET_ALLOW)));
	SHOW(syscall(SYS_mkdir, "/tmp/traced", 0755));
	SHOW(access("/tmp/traced", F_OK));
	SHOW(syscall(SYS_getppid));
	SHOW(syscall(SYS_rename, "/tmp/x", "/tmp/y"));
	SHOW(syscall(SYS_rmdir, "/tmp/nothing"));
	return 0;
}

/* Only what a small program needs; what pr does on its behalf must not be judged. */
static int allow_list(void *arg)
{
	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	SHOW(INSTALL(LOAD(nr), IF_NR(SYS_write, SECCOMP_RET_ALLOW), IF_NR(SYS_openat, SECCOMP_RET_ALLOW),
		     IF_NR(SYS_open, SECCOMP_RET_ALLOW), IF_NR(SYS_access, SECCOMP_RET_ALLOW),
		     IF_NR(SYS_readlink, SECCOMP_RET_ALLOW), IF_NR(SYS_getcwd, SECCOMP_RET_ALLOW),
		     IF_NR(SYS_chdir, SECCOMP_RET_ALLOW), IF_NR(SYS_bind, SECCOMP_RET_ALLOW),
		     IF_NR(SYS_unlink, SECCOMP_RET_ALLOW), IF_NR(SYS_rename, SECCOMP_RET_ALLOW),
		     IF_NR(SYS_exit_group, SECCOMP_RET_ALLOW), RET(SECCOMP_RET_KILL_PROCESS)));
	char buf[64];

	SHOW(syscall(SYS_access, "/mnt/data/file", R_OK));
	SHOW(syscall(SYS_openat, AT_FDCWD, "/mnt/data/inner/file", O_RDONLY));
	SHOW(syscall(SYS_readlink, "/proc/self/exe", buf, sizeof(buf)));
	SHOW(syscall(SYS_chdir, "/mnt/data"));
	SHOW(syscall(SYS_getcwd, buf, sizeof(buf)));
	SHOW(syscall(SYS_rename, "/mnt/data/none", "/tmp/none"));
	SHOW(syscall(SYS_unlink, "/tmp/loop"));
	SHOW(syscall(SYS_unlink, "/mnt"));
	return 0;
}

static int strict(void *arg)
{
	(void)arg;
	SHOW(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	write(1, "still writing\n", 14);
	syscall(SYS_access, "/tmp", 0);
	write(1, "not reached\n", 12);
	return 0;
}

/* A number that looks only at the argument: pointers as the guest passed them. */
static int by_argument(void *arg)
{
	static const char *const path = "/mnt/data/file";

	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	SHOW(INSTALL(LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_access, 0, 3), LOAD(args[1]),
		     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, R_OK, 1, 0), RET(SECCOMP_RET_ERRNO | 13),
		     RET(SECCOMP_RET_ALLOW)));
	SHOW(syscall(SYS_access, path, R_OK));
	SHOW(syscall(SYS_access, path, F_OK));
	return 0;
}

static int inherited(void *arg)
{
	pid_t pid;

	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	SHOW(INSTALL(LOAD(nr), IF_NR(SYS_mkdir, SECCOMP_RET_ERRNO | 77), RET(SECCOMP_RET_ALLOW)));
	SHOW(INSTALL(LOAD(nr), IF_NR(SYS_rmdir, SECCOMP_RET_ERRNO | 78), RET(SECCOMP_RET_ALLOW)));
	pid = fork();
	if (pid == 0) {
		execl("/bin/seccompin", "seccompin", "child", NULL);
		_exit(1);
	}
	finish("child", pid);
	return 0;
}

static void bad_arguments(void)
{
	struct sock_fprog none = { 0, NULL };

	SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
	SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &none));
	SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0x8000, &none));
	SHOW(syscall(SYS_seccomp, 99, 0, NULL));
	SHOW(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &(unsigned){ SECCOMP_RET_TRAP }));
	SHOW(prctl(PR_SET_SECCOMP, 99, NULL));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* The kernel gives one listener to a task's filters, and pr's own has it. */
static int listener(void *arg)
{
	struct sock_filter f[] = { LOAD(nr), IF_NR(SYS_mkdir, SECCOMP_RET_USER_NOTIF), RET(SECCOMP_RET_ALLOW) };

	(void)arg;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	SHOW_AS(install(f, 4, SECCOMP_FILTER_FLAG_NEW_LISTENER), "listener");
	return 0;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		show_status("/proc/self/status", "Seccomp_filters:");
		SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		SHOW(rmdir("/tmp/x"));
		return path_calls();
	}
	finish("unprivileged", start(unprivileged, NULL));
	finish("errno", start(with_errno, NULL));
	rmdir("/tmp/made");
	finish("trap", start(with_trap, NULL));
	rmdir("/tmp/made");
	finish("kill process", start(with_kill, (void *)(long)SECCOMP_RET_KILL_PROCESS));
	finish("kill thread", start(with_kill, (void *)(long)SECCOMP_RET_KILL_THREAD));
	finish("trace", start(with_trace, NULL));
	finish("allow-list", start(allow_list, NULL));
	finish("strict", start(strict, NULL));
	finish("by argument", start(by_argument, NULL));
	finish("inherited", start(inherited, NULL));
	finish("listener", start(listener, NULL));
	bad_arguments();
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_GET_SECCOMP));
	return 0;
}
