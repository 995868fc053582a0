/* SPDX-License-Identifier: MIT */
/*
 * What the guest programs share. A guest prints what it saw, one line per fact, and nothing that may
 * differ between two runs: no pids, inodes, addresses or times. tests/run compares the lines.
 *
 * Head comment of a guest, read by tests/run:
 *	binds: @/data:/mnt/data @/ro:/mnt/ro:ro	("@" is a fresh host directory, see tests/run)
 *	dirs: /tmp/d	(made in the rootfs beforehand)
 *	made: 0555:/d/ 0000:/d/f 0111:/d/p*	(the same with modes; "/": a directory, "*": this program)
 *	library: yes	(the source again with -DLIBRARY, as /lib/NAME.so)
 *	kind: identity	(as root in a user namespace, and under pr -0)
 *	machine: aarch64	(only there)
 *	ipc: own	(in an IPC namespace of its own, and under pr --sysvipc)
 *	arch: 64 32 dyn (dyn: 64 bit, dynamic)	modes: seccomp	timeout: 30	args: x y	cwd: /tmp	env: A=B
 */
#ifndef GUEST_H
#define GUEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wunused-result"

/* Newer than the headers we may be built with. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#define SYS_getxattrat 464
#define SYS_listxattrat 465
#define SYS_removexattrat 466
#endif
#ifndef SYS_file_getattr
#define SYS_file_getattr 468
#define SYS_file_setattr 469
#endif

static const char *err_name(int e)
{
	const char *name = strerrorname_np(e);

	return name ? name : "E?";
}

/* Prints "what = N", or "what = ENAME" where r is -1; returns r. */
static long show(const char *what, long r)
{
	int e = errno;

	if (r == -1)
		printf("%s = %s\n", what, err_name(e));
	else
		printf("%s = %ld\n", what, r);
	errno = e;
	return r;
}

#define SHOW(call) show(#call, (long)(call))

/* The same under a name of our own. */
#define SHOW_AS(call, ...)                             \
	({                                             \
		char what_[512];                       \
		long r_ = (long)(call);                \
		int e_ = errno;                        \
		snprintf(what_, sizeof(what_), __VA_ARGS__); \
		errno = e_;                            \
		show(what_, r_);                       \
	})

/* For results that are file descriptors of no further use. */
#define SHOW_FD(call)                    \
	({                               \
		long fd_ = SHOW(call);   \
		if (fd_ > 2)             \
			close(fd_);      \
	})

/* Errors that mean the test itself cannot run. */
static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "guest: cannot set up: %s: %s\n", what, strerror(errno));
	exit(99);
}

#define NEED(cond) need(cond, #cond)

static void make_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), name);
	close(fd);
}

static void make_dir(const char *name)
{
	need(mkdir(name, 0755) == 0 || errno == EEXIST, name);
}

static void make_link(const char *text, const char *name)
{
	need(symlink(text, name) == 0, name);
}

/* A tree of any kind and mode, relative to the cwd; no error if there is none. */
static void remove_all(const char *name)
{
	char below[2048];
	struct dirent *e;
	DIR *dir;

	if (unlink(name) == 0 || chmod(name, 0700) < 0)
		return;
	dir = opendir(name);
	while (dir && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s/%s", name, e->d_name);
		remove_all(below);
	}
	if (dir)
		closedir(dir);
	rmdir(name);
}

/* Prints the first line of a file. */
static void show_file(const char *name)
{
	char text[256];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		printf("content of %s: %s\n", name, err_name(errno));
	else
		printf("content of %s: %.*s\n", name, (int)strcspn((text[n] = '\0', text), "\n"), text);
	if (fd >= 0)
		close(fd);
}

static void show_link(const char *name)
{
	char text[PATH_MAX + 1];
	ssize_t n = readlink(name, text, sizeof(text) - 1);

	if (n < 0)
		printf("link %s: %s\n", name, err_name(errno));
	else
		printf("link %s -> %.*s (%zd)\n", name, (int)n, text, n);
}

static void show_mode(const char *name)
{
	struct stat st;

	if (lstat(name, &st) < 0)
		printf("mode %s: %s\n", name, err_name(errno));
	else
		printf("mode %s: %o %u:%u\n", name, st.st_mode, st.st_uid, st.st_gid);
}

/* Reads a whole small file of /proc; NUL-terminated, caller frees. */
static char *read_all(const char *name)
{
	size_t size = 1 << 20, have = 0;
	char *text = malloc(size);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	need(fd >= 0 && text, name);
	while (have < size - 1 && (n = read(fd, text + have, size - 1 - have)) > 0)
		have += n;
	text[have] = '\0';
	close(fd);
	return text;
}

/* The value of "Key:" in a status file, printed; at most one line. */
static void show_status(const char *file, const char *key)
{
	char *text = read_all(file), *at = strstr(text, key);

	if (at)
		printf("%.*s\n", (int)strcspn(at, "\n"), at);
	else
		printf("%s is missing\n", key);
	free(text);
}

static void show_wait(const char *what, int status)
{
	if (WIFEXITED(status))
		printf("%s: exited %d\n", what, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("%s: killed by %s\n", what, sigabbrev_np(WTERMSIG(status)));
	else if (WIFSTOPPED(status))
		printf("%s: stopped by %s (%x)\n", what, sigabbrev_np(WSTOPSIG(status)), status >> 16);
	else if (WIFCONTINUED(status))
		printf("%s: continued\n", what);
	else
		printf("%s: status %x\n", what, status);
}

/* fork(), the child runs fn(arg) and exits with its result. */
static pid_t start(int (*fn)(void *), void *arg)
{
	pid_t pid = fork();

	need(pid >= 0, "fork");
	if (pid == 0)
		_exit(fn(arg));
	return pid;
}

/* The same in a process group of its own, which is not orphaned: TSTP, TTIN and TTOU stop it. */
static pid_t start_in_group(int (*fn)(void *), void *arg)
{
	pid_t pid = fork();

	need(pid >= 0, "fork");
	if (pid == 0) {
		setpgid(0, 0);
		_exit(fn(arg));
	}
	setpgid(pid, pid);
	return pid;
}

static void finish(const char *what, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	show_wait(what, status);
}

/* State letter of a process in /proc/<pid>/stat, 0 if it is gone. */
static char state_of(pid_t pid)
{
	char name[64], text[512], *at;
	int fd, n;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strrchr(text, ')');
	return at ? at[2] : 0;
}

static void nap_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* Waits until the process shows one of these states; false after five seconds. */
static bool wait_state(pid_t pid, const char *states)
{
	for (int i = 0; i < 2500; i++, nap_ms(2)) {
		char c = state_of(pid);

		if (c && strchr(states, c))
			return true;
	}
	return false;
}

/* A page whose successor may not be touched: strings at its end run into the gap. */
static char *page_before_gap(void)
{
	long size = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED && mprotect(p + size, size, PROT_NONE) == 0, "mmap");
	return p;
}

__attribute__((constructor)) static void guest_init(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
}

#endif
