// SPDX-License-Identifier: MIT
/*
 * A guest that installs seccomp filters of its own when its call sites have long been in use: what they
 * say of openat2 and newfstatat is said of its own calls and of nobody else's, openat and statx go on; by
 * number, by argument, for all threads at once, across fork and exec, with signals and with death. And a
 * handler of its own for calls that it makes itself (syscall user dispatch).
 *
 * arch: 64 32 dyn
 * modes: seccomp
 */
#include "sites.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(what) BPF_STMT(BPF_RET | BPF_K, what)
#define IF_NR(nr, what) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), RET(what)
#define NO(e) (SECCOMP_RET_ERRNO | (e))
#define INSTALL(flags, ...)                                                                      \
	({                                                                                       \
		struct sock_filter f_[] = { __VA_ARGS__ };                                       \
		struct sock_fprog prog_ = { sizeof(f_) / sizeof(*f_), f_ };                      \
		NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);                               \
		NEED(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog_) == 0);         \
	})

#ifdef __x86_64__
#define SYS_STAT_HERE SYS_newfstatat
#else
#define SYS_STAT_HERE SYS_fstatat64
#endif
SITE(SYS_STAT_HERE, site_fstatat, int, const char *, void *, int);
SITE(SYS_openat2, site_openat2, int, const char *, struct open_how *, size_t);

static long stat_call(void)
{
	char buf[256];

	return site_fstatat(AT_FDCWD, "link", buf, 0);
}

static long openat2_call(void)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	long fd = site_openat2(AT_FDCWD, SITES_DIR "/link", &how, sizeof(how));

	return fd < 0 ? fd : site_close(fd);
}

/* Calls that no filter here speaks of, and the two it does. Prints what is not as before. */
static int untouched_round(void)
{
	char buf[64];
	int wrong = 0, fd = site_openat(AT_FDCWD, "link", O_RDONLY | O_CLOEXEC, 0);

	wrong += fd < 0 || site_close(fd) != 0;
	fd = open(SITES_DIR "/../sites/link", O_RDONLY | O_CLOEXEC);
	wrong += fd < 0 || close(fd) != 0;
	wrong += site_stat(SITES_DIR "/link") != S_IFREG || site_stat("missing") != -ENOENT;
	wrong += site_access("link", R_OK) != 0 || access("/tmp/../tmp/sites/file", R_OK) != 0;
	wrong += site_readlink("link", buf, sizeof(buf)) != 4;
	wrong += readlink("/proc/self/exe", buf, sizeof(buf)) != (int)strlen("/bin/sitefilters");
	wrong += site_getcwd(buf, sizeof(buf)) != sizeof(SITES_DIR);
	wrong += site_chdir("..") != 0 || chdir("sites") != 0;
	return wrong;
}

static void calls(const char *what)
{
	int wrong = 0, stats[2] = { stat_call(), 0 }, opens[2] = { openat2_call(), 0 };

	for (int i = 0; i < 100; i++) {
		wrong += untouched_round();
		stats[1] += stat_call() != stats[0];
		opens[1] += openat2_call() != opens[0];
	}
	printf("%s: %d wrong; stat %s, %d others; openat2 %s, %d others\n", what, wrong,
	       stats[0] ? err_name(-stats[0]) : "works", stats[1], opens[0] ? err_name(-opens[0]) : "works",
	       opens[1]);
}

#define REFUSE_BOTH                                                                           \
	LOAD(nr), IF_NR(SYS_openat2, NO(EPERM)), IF_NR(SYS_STAT_HERE, NO(EPERM)),             \
		RET(SECCOMP_RET_ALLOW)

static int refuses(void *arg)
{
	pid_t pid;

	INSTALL(0, REFUSE_BOTH);
	calls("refused");
	pid = fork();
	if (pid == 0) {
		calls("refused to a child");
		execl("/bin/sitefilters", "sitefilters", "again", NULL);
	}
	finish("child", pid);
	INSTALL(0, LOAD(nr), IF_NR(SYS_access, NO(EBUSY)), RET(SECCOMP_RET_ALLOW));
	SHOW_AS(site_access("link", R_OK) == -EBUSY, "access is EBUSY");
	return arg ? 1 : 0;
}

static volatile int trapped;

/* A filter's SIGSYS: the address is behind the place that called, and the handler makes calls. */
static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	unsigned long at = (unsigned long)info->si_call_addr;
	bool here = (at >= (unsigned long)site_openat2 && at < (unsigned long)site_openat2 + 64) ||
		    (at >= (unsigned long)site_fstatat && at < (unsigned long)site_fstatat + 64);

	trapped += sig == SIGSYS && here && untouched_round() == 0 &&
		   (info->si_syscall == SYS_openat2 || info->si_syscall == SYS_STAT_HERE);
	(void)context;
}

static int traps(void *arg)
{
	struct sigaction act = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_NODEFER };
	int before = 0;

	NEED(sigaction(SIGSYS, &act, NULL) == 0);
	INSTALL(0, LOAD(nr), IF_NR(SYS_openat2, SECCOMP_RET_TRAP), IF_NR(SYS_STAT_HERE, SECCOMP_RET_TRAP),
		RET(SECCOMP_RET_ALLOW));
	for (int i = 0; i < 50; i++) {
		stat_call();
		openat2_call();
		before += untouched_round();
	}
	printf("trapped: %d of 100, %d wrong\n", trapped, before);
	return arg ? 1 : 0;
}

/* Nothing but what the program calls itself. */
static int kills(void *arg)
{
	int wrong = 0;

	INSTALL(0, LOAD(nr), IF_NR(SYS_openat2, SECCOMP_RET_KILL_PROCESS),
		IF_NR(SYS_STAT_HERE, SECCOMP_RET_KILL_PROCESS), RET(SECCOMP_RET_ALLOW));
	for (int i = 0; i < 200; i++)
		wrong += untouched_round();
	printf("alive: %d wrong\n", wrong);
	if (arg)
		stat_call();
	openat2_call();
	return 0;
}

/* An allow-list of exactly the calls below; all else is death. */
static int allows(void *arg)
{
	char buf[64];
	long wrong = 0, fd;

	INSTALL(0, LOAD(nr), IF_NR(SYS_openat, SECCOMP_RET_ALLOW), IF_NR(SYS_close, SECCOMP_RET_ALLOW),
		IF_NR(SYS_access, SECCOMP_RET_ALLOW), IF_NR(SYS_readlink, SECCOMP_RET_ALLOW),
		IF_NR(SYS_getcwd, SECCOMP_RET_ALLOW), IF_NR(SYS_statx, SECCOMP_RET_ALLOW),
		IF_NR(SYS_exit_group, SECCOMP_RET_ALLOW), RET(SECCOMP_RET_KILL_PROCESS));
	for (int i = 0; i < 200; i++) {
		fd = site_openat(AT_FDCWD, "link", O_RDONLY, 0);
		wrong += fd < 0 || site_close(fd) != 0;
		wrong += site_stat(SITES_DIR "/link") != S_IFREG || site_stat("missing") != -ENOENT;
		wrong += site_access("../sites/link", R_OK) != 0;
		wrong += site_readlink("link", buf, sizeof(buf)) != 4;
		wrong += site_getcwd(buf, sizeof(buf)) != sizeof(SITES_DIR);
	}
	_exit(wrong ? 1 : arg ? 2 : 60);
}

static volatile int done, wrong_elsewhere, refused_elsewhere;

static void *in_thread(void *arg)
{
	char buf[64];

	while (!done) {
		int wrong = site_access("link", R_OK) != 0 || site_readlink("link", buf, 64) != 4 ||
			    site_stat("link") != S_IFREG;

		__atomic_add_fetch(&wrong_elsewhere, wrong, __ATOMIC_RELAXED);
		__atomic_add_fetch(&refused_elsewhere, stat_call() == -EPERM, __ATOMIC_RELAXED);
	}
	return arg;
}

/* SECCOMP_FILTER_FLAG_TSYNC reaches threads in the middle of their calls. */
static int in_threads(void *arg)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&t[i], NULL, in_thread, NULL) == 0);
	nap_ms(30);
	printf("threads before: %s\n", refused_elsewhere ? "refused" : "allowed");
	INSTALL(SECCOMP_FILTER_FLAG_TSYNC, REFUSE_BOTH);
	for (int i = 0; i < 100; i++)
		wrong_elsewhere += untouched_round() & !arg;
	calls("for all threads");
	nap_ms(30);
	done = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("threads after: %s\n", refused_elsewhere ? "refused" : "allowed");
	return 0;
}

/* One thread alone: the others are as before. */
static void *refuses_itself(void *arg)
{
	INSTALL(0, REFUSE_BOTH);
	calls("in a thread");
	return arg;
}

static int one_thread(void *arg)
{
	pthread_t t;

	NEED(pthread_create(&t, NULL, refuses_itself, NULL) == 0);
	pthread_join(t, NULL);
	calls("beside it");
	return arg ? 1 : 0;
}

/* Only what a register says: R_OK and nothing else. */
static int by_argument(void *arg)
{
	int wrong = 0;

	INSTALL(0, LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_access, 0, 3), LOAD(args[1]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, R_OK, 1, 0), RET(NO(EDOM)), RET(SECCOMP_RET_ALLOW));
	for (int i = 0; i < 200; i++) {
		wrong += site_access("link", R_OK) != 0 || site_access("link", F_OK) != -EDOM;
		wrong += access(SITES_DIR "/link", W_OK) == 0 || errno != EDOM;
	}
	printf("by argument: %d wrong\n", wrong);
	return arg ? 1 : 0;
}

/* By where the call comes from: from the one place, and from nowhere else. */
static int by_place(void *arg)
{
	unsigned long begin = (unsigned long)site_access;
	int wrong = 0;

	INSTALL(0, LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_access, 0, 4), LOAD(instruction_pointer),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)begin, 0, 1),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)begin + 40, 0, 1), RET(NO(EDOM)),
		RET(SECCOMP_RET_ALLOW));
	for (int i = 0; i < 200; i++) {
		wrong += site_access("link", R_OK) != 0 || site_access(SITES_DIR "/link", F_OK) != 0;
		wrong += site_access("../sites/missing", F_OK) != -ENOENT;
		wrong += access(SITES_DIR "/link", W_OK) == 0 || errno != EDOM;
	}
	printf("by place: %d wrong\n", wrong);
	return arg ? 1 : 0;
}

static volatile char selector;
static volatile unsigned long dispatched_at;
static volatile int dispatched_nr;

static void on_dispatch(int sig, siginfo_t *si, void *context)
{
	(void)sig;
	(void)context;
	selector = 0;
	dispatched_at = (unsigned long)si->si_call_addr;
	dispatched_nr = si->si_syscall;
}

/* What is told of a call is the guest's own: its number, its place, before it did anything. */
static int dispatched(void *arg)
{
	struct sigaction act = { .sa_sigaction = on_dispatch, .sa_flags = SA_SIGINFO };
	int wrong = 0;

	NEED(sigaction(SIGSYS, &act, NULL) == 0);
	NEED(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector) == 0);
	for (int i = 0; i < 100; i++) {
		dispatched_nr = -1;
		selector = i % 2;
		site_access("link", R_OK);
		selector = 0;
		wrong += i % 2 ? dispatched_nr != SYS_access : dispatched_nr != -1;
		wrong += i % 2 && dispatched_at - (unsigned long)site_access > 40;
		wrong += untouched_round();
	}
	printf("dispatched: %d wrong\n", wrong);
	return arg ? 1 : 0;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		calls("refused to a program");
		return 0;
	}
	sites_make();
	calls("before");
	finish("refuses", start(refuses, NULL));
	finish("traps", start(traps, NULL));
	finish("kills at openat2", start(kills, NULL));
	finish("kills at stat", start(kills, ""));
	finish("allows", start(allows, NULL));
	finish("in threads", start(in_threads, NULL));
	finish("one thread", start(one_thread, NULL));
	finish("by argument", start(by_argument, NULL));
	finish("by place", start(by_place, NULL));
	finish("dispatched", start(dispatched, NULL));
	calls("after");
	return 0;
}
