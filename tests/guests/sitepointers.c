// SPDX-License-Identifier: MIT
/*
 * Call sites in use, given what they must not take: paths and results in memory that is not there, is
 * read-only, or ends too early; paths as long as may be and longer, empty and null. Errors are the
 * kernel's, a buffer is as it was, and so are SIGSEGV's handler and whether it is blocked.
 *
 * arch: 64 32 dyn
 */
#include "sites.h"

#include <sys/socket.h>

enum { TIMES = 100 };

static long size;
static char *gap;	/* a writable page's end: here begins what may not be touched */
static char *read_only; /* a page */
static char *gone;	/* two pages that were unmapped */
static char *forbidden; /* PROT_NONE */

static void make_memory(void)
{
	size = sysconf(_SC_PAGESIZE);
	gap = page_before_gap() + size;
	gone = page_before_gap();
	munmap(gone, 2 * size);
	read_only = page_before_gap();
	memcpy(read_only, "link", 5);
	NEED(mprotect(read_only, size, PROT_READ) == 0);
	forbidden = page_before_gap() + size;
}

/* Prints the result once; each of many calls must give the same. */
#define MANY(what, call)                                                   \
	({                                                                 \
		long first_ = (call), r_;                                  \
		int other_ = 0;                                            \
		for (int i_ = 1; i_ < TIMES; i_++)                         \
			other_ += (r_ = (call)) != first_;                 \
		errno = -(int)first_;                                      \
		show(what, first_ < 0 && first_ > -4096 ? -1 : first_);    \
		if (other_)                                                \
			printf("  %d other results\n", other_);            \
	})

/* The same for what sets errno. */
#define RAW(call)                                 \
	({                                        \
		long c_ = (long)(call);           \
		c_ == -1 ? -(long)errno : c_;     \
	})

static long open_close(const char *name)
{
	long fd = site_openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);

	return fd < 0 ? fd : site_close(fd);
}

static long libc_open_close(const char *name)
{
	long fd = RAW(open(name, O_RDONLY | O_CLOEXEC));

	return fd < 0 ? fd : close(fd);
}

static void one_path(const char *what, const char *name)
{
	char buf[64];
	struct stat st;
	struct statx stx;

	printf("%s\n", what);
	MANY("  openat", open_close(name));
	MANY("  open", libc_open_close(name));
	MANY("  access", site_access(name, R_OK));
	MANY("  faccessat", RAW(faccessat(AT_FDCWD, name, R_OK, 0)));
	MANY("  readlink", site_readlink(name, buf, sizeof(buf)));
	MANY("  readlinkat", RAW(readlinkat(AT_FDCWD, name, buf, sizeof(buf))));
	MANY("  stat", RAW(stat(name, &st)));
	MANY("  lstat", RAW(lstat(name, &st)));
	MANY("  statx", site_statx(AT_FDCWD, name, 0, STATX_TYPE, &stx));
	MANY("  statx, empty allowed", site_statx(AT_FDCWD, name, AT_EMPTY_PATH, STATX_TYPE, &stx));
	MANY("  chdir", site_chdir(name));
	NEED(chdir(SITES_DIR) == 0);
}

/* At the very end of what may be read; the same without its NUL. */
static void at_the_end(const char *name)
{
	size_t n = strlen(name);
	char what[64];

	snprintf(what, sizeof(what), "ends with the page: %s", name);
	memcpy(gap - n - 1, name, n + 1);
	one_path(what, gap - n - 1);
	snprintf(what, sizeof(what), "runs into the gap: %s", name);
	memcpy(gap - n, name, n);
	one_path(what, gap - n);
}

static void bad_paths(void)
{
	one_path("null", NULL);
	one_path("empty", "");
	one_path("low", (char *)8);
	one_path("unmapped", gone);
	one_path("forbidden", forbidden);
	one_path("the kernel's", (char *)-4096L);
	one_path("read-only", read_only);
#ifdef __x86_64__
	one_path("not canonical", (char *)0x8000000000000000UL);
	one_path("above all memory", (char *)0x7fffffffffffUL);
#endif
	at_the_end("link");
	at_the_end(SITES_DIR "/link");
	at_the_end(SITES_DIR "/missing");
	at_the_end("");
	at_the_end("f");
}

/* "/tmp/sites/./././link", of this many bytes, in memory that ends with it. */
static void long_path(const char *what, size_t bytes)
{
	static char *area;
	size_t at;
	char *p;

	if (!area) {
		area = mmap(NULL, 4 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		NEED(area != MAP_FAILED && mprotect(area + 3 * size, size, PROT_NONE) == 0);
	}
	p = area + 3 * size - bytes - 1;
	memcpy(p, SITES_DIR, at = strlen(SITES_DIR));
	for (; at < bytes - 4; at++)
		p[at] = at % 2 == bytes % 2 ? '.' : '/';
	memcpy(p + bytes - 5, "/link", 6);
	one_path(what, p);
}

static void long_names(void)
{
	char name[300];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	one_path("name of 255", name);
	name[255] = 'n', name[256] = '\0';
	one_path("name of 256", name);
	long_path("path of 4094", 4094);
	long_path("path of 4095", 4095);
	long_path("path of 4096", 4096);
	long_path("path of 4097", 4097);
}

/* A result that cannot be stored, or only in part. */
static void results(const char *what, char *where)
{
	printf("result %s\n", what);
	MANY("  stat", RAW(syscall(SYS_stat, "link", where)));
	MANY("  lstat of a missing file", RAW(syscall(SYS_lstat, "missing", where)));
	MANY("  statx", site_statx(AT_FDCWD, "link", 0, STATX_TYPE, (struct statx *)where));
	MANY("  readlink", site_readlink("link", where, 64));
	MANY("  readlink of a file", site_readlink("file", where, 64));
	MANY("  readlink of no byte", site_readlink("link", where, 0));
	MANY("  getcwd", site_getcwd(where, 64));
	MANY("  getcwd, too small", site_getcwd(where, 4));
	MANY("  getcwd of no byte", site_getcwd(where, 0));
}

static void bad_results(void)
{
	results("null", NULL);
	results("low", (char *)8);
	results("unmapped", gone);
	results("forbidden", forbidden);
	results("the kernel's", (char *)-4096L);
	results("read-only", read_only);
	results("in the gap", gap);
	results("one byte before the gap", gap - 1);
	results("ten bytes before the gap", gap - 10);
	results("eleven bytes before the gap", gap - 11);
	printf("read-only page: %s\n", read_only);
}

/* A message there and back; then headers, names and vectors that are not there. */
static int bad_messages(char *where)
{
	static int pair[2] = { -1, -1 };
	char text[8] = "message";
	struct iovec vec = { text, 8 };
	struct msghdr m = { .msg_iov = &vec, .msg_iovlen = 1 }, bad = m;
	int wrong = 0;

	if (pair[0] < 0)
		NEED(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0);
	wrong += sendmsg(pair[0], &m, 0) != 8 || recvmsg(pair[1], &m, 0) != 8;
	wrong += sendmsg(pair[0], (void *)where, 0) != -1 || errno != EFAULT;
	wrong += recvmsg(pair[1], (void *)where, MSG_DONTWAIT) != -1 || errno != EFAULT;
	bad.msg_name = where;
	bad.msg_namelen = 16;
	wrong += sendmsg(pair[0], &bad, 0) != -1 || errno != EFAULT;
	return wrong;
}

static void on_segv(int sig)
{
	(void)sig;
}

/* Of no call that fails with EFAULT anything is to be seen but that. */
static void signals(const char *what, void (*handler)(int), int how)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART }, now;
	char *where[] = { gap + size / 2, forbidden, gap, (char *)-4096L };
	sigset_t segv, old, mask;
	int wrong = 0;

	sigemptyset(&segv);
	sigaddset(&segv, SIGSEGV);
	sigaddset(&segv, SIGBUS);
	NEED(sigprocmask(how, &segv, &old) == 0);
	NEED(sigaction(SIGSEGV, &act, NULL) == 0 && sigaction(SIGBUS, &act, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		wrong += site_access(where[i % 4], R_OK) != -EFAULT || open_close(where[i % 4]) != -EFAULT;
		wrong += site_statx(AT_FDCWD, "link", 0, STATX_TYPE, (void *)where[i % 4]) != -EFAULT;
		wrong += stat("link", (void *)where[i % 4]) == 0 || errno != EFAULT;
		wrong += site_statx(AT_FDCWD, "link", 0, STATX_TYPE, (void *)read_only) != -EFAULT;
		wrong += site_round() + bad_messages(where[i % 4]);
		NEED(sigaction(SIGSEGV, NULL, &now) == 0 && sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
		wrong += now.sa_handler != handler || sigismember(&mask, SIGSEGV) != (how == SIG_BLOCK);
		NEED(sigaction(SIGBUS, NULL, &now) == 0);
		wrong += now.sa_handler != handler || sigismember(&mask, SIGBUS) != (how == SIG_BLOCK);
	}
	printf("SIGSEGV %s: %d wrong\n", what, wrong);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void all_signals(void)
{
	signals("ignored", SIG_IGN, SIG_UNBLOCK);
	signals("ignored and blocked", SIG_IGN, SIG_BLOCK);
	signals("blocked", SIG_DFL, SIG_BLOCK);
	signals("handled", on_segv, SIG_UNBLOCK);
	signals("handled and blocked", on_segv, SIG_BLOCK);
	signals("default", SIG_DFL, SIG_UNBLOCK);
}

/* What a failing call leaves behind in a good buffer, and a good call behind its result. */
static void untouched(void)
{
	char buf[512];
	int touched = 0, past = 0;

#define FAILS(call)                                        \
	do {                                               \
		memset(buf, 0x5a, sizeof(buf));            \
		if ((call) >= 0)                           \
			printf("should have failed: %s\n", #call); \
		for (int i_ = 0; i_ < 512; i_++)           \
			touched += buf[i_] != 0x5a;        \
	} while (0)
#define FILLS(call, n)                                     \
	do {                                               \
		memset(buf, 0x5a, sizeof(buf));            \
		if ((call) < 0)                            \
			printf("should have worked: %s\n", #call); \
		for (int i_ = (n); i_ < 512; i_++)         \
			past += buf[i_] != 0x5a;           \
	} while (0)
	for (int i = 0; i < TIMES; i++) {
		FAILS(syscall(SYS_stat, "missing", buf));
		FAILS(stat("file/x", (struct stat *)buf));
		FAILS(site_statx(AT_FDCWD, "missing", 0, STATX_TYPE, (struct statx *)buf));
		FAILS(site_statx(AT_FDCWD, "link", 0x10000, STATX_TYPE, (struct statx *)buf));
		FAILS(site_readlink("file", buf, sizeof(buf)));
		FAILS(site_readlink("missing", buf, sizeof(buf)));
		FAILS(readlink("link", buf, -1));
		FAILS(site_getcwd(buf, 5));
		FAILS(getcwd(buf, 5) ? 0 : -1);
		FILLS(stat("link", (struct stat *)buf), (int)sizeof(struct stat));
		FILLS(site_readlink("link", buf, 2), 2);
		FILLS(site_readlink("link", buf, sizeof(buf)), 4);
		FILLS(site_readlink("/proc/self/cwd", buf, sizeof(buf)), (int)sizeof(SITES_DIR) - 1);
		FILLS(site_getcwd(buf, sizeof(buf)), (int)sizeof(SITES_DIR));
		FILLS(site_getcwd(buf, sizeof(SITES_DIR)), (int)sizeof(SITES_DIR));
	}
	printf("%d bytes touched by errors, %d past results\n", touched, past);
}

/* AT_EMPTY_PATH: a descriptor and nothing else; and flags that no call knows. */
static void empty_paths(void)
{
	int file = open("file", O_RDONLY | O_CLOEXEC), dir = open(".", O_PATH | O_CLOEXEC);
	int link = open("link", O_PATH | O_NOFOLLOW | O_CLOEXEC), fds[] = { file, dir, link, AT_FDCWD, -1, 77 };
	static const char *const names[] = { "file", "directory", "link", "cwd", "-1", "77" };
	struct statx st;
	char buf[64];

	for (int i = 0; i < 6; i++) {
		printf("empty path of %s\n", names[i]);
		MANY("  statx", site_statx(fds[i], "", AT_EMPTY_PATH, STATX_TYPE, &st));
		MANY("  statx of null", site_statx(fds[i], NULL, AT_EMPTY_PATH, STATX_TYPE, &st));
		MANY("  statx without", site_statx(fds[i], "", 0, STATX_TYPE, &st));
		MANY("  fstatat", RAW(fstatat(fds[i], "", (struct stat *)&st, AT_EMPTY_PATH)));
		MANY("  faccessat2", RAW(syscall(SYS_faccessat2, fds[i], "", R_OK, AT_EMPTY_PATH)));
		MANY("  readlinkat", RAW(readlinkat(fds[i], "", buf, sizeof(buf))));
		MANY("  openat", site_openat(fds[i], "", O_RDONLY, 0));
		MANY("  relative", site_statx(fds[i], "link", 0, STATX_TYPE, &st));
	}
	MANY("unknown flag", RAW(fstatat(AT_FDCWD, "link", (struct stat *)&st, 0x10000)));
	MANY("unknown mode", site_access("link", 8));
	MANY("unknown flag of access", RAW(syscall(SYS_faccessat2, AT_FDCWD, "link", R_OK, 0x10000)));
	MANY("missing and unknown mode", site_access("missing", 8));
	close(file);
	close(dir);
	close(link);
}

int main(void)
{
	sites_make();
	make_memory();
	printf("before: %d wrong\n", rounds(100));
	all_signals();
	bad_paths();
	long_names();
	bad_results();
	untouched();
	empty_paths();
	printf("after: %d wrong, %d descriptors\n", rounds(10), open_descriptors());
	return 0;
}
