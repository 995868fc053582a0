/* SPDX-License-Identifier: MIT */
/*
 * For guests that make the same few path calls over and over from one place: call sites of our own in
 * the commonest form, `mov $nr,%eax` right before the system call instruction, as the C library's
 * wrappers have it, and a set of calls whose answers are known. What learns and changes such places
 * finds them changed in the middle of the program. The sites return what the kernel does, -errno.
 */
#ifndef SITES_H
#define SITES_H

#include "guest.h"

#define SITE_TEXT_(nr) #nr
#define SITE_TEXT(nr) SITE_TEXT_(nr)

/* SITE(nr, name, argument types...): a function whose body is one call site, and can be unwound. */
#ifdef __x86_64__
#define SITE_BODY(nr) \
	"	mov %rcx, %r10\n	mov $" SITE_TEXT(nr) ", %eax\n	syscall\n	ret\n"
#else
#define SITE_BODY(nr) \
	"	push %ebx\n	.cfi_adjust_cfa_offset 4\n	.cfi_rel_offset ebx, 0\n" \
	"	push %esi\n	.cfi_adjust_cfa_offset 4\n	.cfi_rel_offset esi, 0\n" \
	"	push %edi\n	.cfi_adjust_cfa_offset 4\n	.cfi_rel_offset edi, 0\n" \
	"	mov 16(%esp), %ebx\n	mov 20(%esp), %ecx\n	mov 24(%esp), %edx\n" \
	"	mov 28(%esp), %esi\n	mov 32(%esp), %edi\n" \
	"	mov $" SITE_TEXT(nr) ", %eax\n	int $0x80\n" \
	"	pop %edi\n	.cfi_adjust_cfa_offset -4\n	.cfi_restore edi\n" \
	"	pop %esi\n	.cfi_adjust_cfa_offset -4\n	.cfi_restore esi\n" \
	"	pop %ebx\n	.cfi_adjust_cfa_offset -4\n	.cfi_restore ebx\n	ret\n"
#endif
#define SITE(nr, name, ...)								\
	__asm__(".text\n	.p2align 4\n	.globl " #name "\n"			\
		"	.hidden " #name "\n	.type " #name ", @function\n" #name ":\n"\
		"	.cfi_startproc\n" SITE_BODY(nr) "	.cfi_endproc\n"		\
		"	.size " #name ", . - " #name "\n");				\
	long name(__VA_ARGS__)

SITE(SYS_openat, site_openat, int, const char *, int, int);
SITE(SYS_access, site_access, const char *, int);
SITE(SYS_readlink, site_readlink, const char *, char *, size_t);
SITE(SYS_getcwd, site_getcwd, char *, size_t);
SITE(SYS_chdir, site_chdir, const char *);
SITE(SYS_statx, site_statx, int, const char *, int, int, struct statx *);
SITE(SYS_close, site_close, int);

/* Not all of struct stat: its layout is the C library's in a 32-bit program. */
static long site_stat(const char *name)
{
	struct statx st;
	long r = site_statx(AT_FDCWD, name, 0, STATX_BASIC_STATS, &st);

	return r < 0 ? r : st.stx_mode & S_IFMT;
}

#define SITES_DIR "/tmp/sites"

/* /tmp/sites/{file, link -> file}, and that is the cwd. */
static void sites_make(void)
{
	make_dir(SITES_DIR);
	make_file(SITES_DIR "/file", "file\n");
	make_link("file", SITES_DIR "/link");
	NEED(chdir(SITES_DIR) == 0);
}

/* One of each call from the C library; how many gave a wrong answer. Any thread, any handler. */
static int libc_round(void)
{
	char buf[64];
	struct stat st;
	int wrong = 0, fd = open(SITES_DIR "/link", O_RDONLY | O_CLOEXEC);

	wrong += fd < 0 || read(fd, buf, 4) != 4 || memcmp(buf, "file", 4) != 0;
	wrong += close(fd) != 0;
	wrong += stat("link", &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != 5;
	wrong += lstat(SITES_DIR "/link", &st) != 0 || !S_ISLNK(st.st_mode);
	wrong += stat(SITES_DIR "/missing", &st) == 0 || errno != ENOENT;
	wrong += access("file/x", F_OK) == 0 || errno != ENOTDIR;
	wrong += access("../sites/./file", R_OK) != 0;
	wrong += readlink("link", buf, sizeof(buf)) != 4 || memcmp(buf, "file", 4) != 0;
	wrong += !getcwd(buf, sizeof(buf)) || strcmp(buf, SITES_DIR) != 0;
	return wrong;
}

/* The same from our own sites; errno is not touched. */
static int site_round(void)
{
	char buf[64];
	int wrong = 0, fd = site_openat(AT_FDCWD, "link", O_RDONLY | O_CLOEXEC, 0);

	wrong += fd < 0 || read(fd, buf, 4) != 4 || memcmp(buf, "file", 4) != 0;
	wrong += site_close(fd) != 0;
	wrong += site_stat(SITES_DIR "/link") != S_IFREG;
	wrong += site_stat("missing") != -ENOENT;
	wrong += site_stat(SITES_DIR "/file/") != -ENOTDIR;
	wrong += site_access(SITES_DIR "/link", R_OK) != 0;
	wrong += site_access("../missing", F_OK) != -ENOENT;
	wrong += site_readlink(SITES_DIR "/link", buf, sizeof(buf)) != 4 || memcmp(buf, "file", 4) != 0;
	wrong += site_readlink("file", buf, sizeof(buf)) != -EINVAL;
	wrong += site_getcwd(buf, sizeof(buf)) != sizeof(SITES_DIR) || strcmp(buf, SITES_DIR) != 0;
	return wrong;
}

static int rounds(int n)
{
	int wrong = 0;

	for (int i = 0; i < n; i++)
		wrong += libc_round() + site_round();
	return wrong;
}

/* How many descriptors are open, the one this takes left out. */
static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -3; /* ".", ".." and our own */

	NEED(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Random enough, the same in each run, and of no library: any thread, any handler. */
static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

/* A few of them, for handlers: quick, and none leaves a descriptor unless it is left itself. */
static int short_round(void)
{
	char buf[64];
	struct stat st;
	int wrong = 0, fd = open(SITES_DIR "/link", O_RDONLY | O_CLOEXEC);

	wrong += fd < 0 || site_close(fd) != 0;
	wrong += stat("missing", &st) == 0 || errno != ENOENT;
	wrong += site_stat(SITES_DIR "/link") != S_IFREG;
	wrong += site_readlink("link", buf, sizeof(buf)) != 4 || memcmp(buf, "file", 4) != 0;
	wrong += !getcwd(buf, sizeof(buf)) || strcmp(buf, SITES_DIR) != 0;
	return wrong;
}

/*
 * A storm of SIGALRM, a number of them: each handler asks for the next in 10 to 100 microseconds, so
 * that there is always time for a few instructions of the program, however slow the handler.
 */
static timer_t storm_timer;
static unsigned storm_state;
static volatile int storm_left;

static void storm_next(void)
{
	struct itimerspec t = { { 0, 0 }, { 0, 10000 + next_random(&storm_state) % 90000 } };

	if (storm_left > 0 && --storm_left > 0)
		timer_settime(storm_timer, 0, &t, NULL);
}

static void storm_begin(void (*handler)(int), int flags, int signals)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sigaction act = { .sa_handler = handler, .sa_flags = flags };

	NEED(sigaction(SIGALRM, &act, NULL) == 0);
	NEED(timer_create(CLOCK_MONOTONIC, &ev, &storm_timer) == 0);
	storm_left = signals + 1;
	storm_next();
}

static void storm_end(void)
{
	signal(SIGALRM, SIG_IGN);
	timer_delete(storm_timer);
}

#endif
