// SPDX-License-Identifier: MIT
/*
 * Code that makes calls is still the program's own: it can be read, written over by a program that
 * generates code, by every way there is to do that, protected, moved and unmapped; what is called next
 * is what stands there then. A file or memory shared with others holds what was written to it.
 *
 * arch: 64 32 dyn
 */
#include "sites.h"

enum { TIMES = 300 };

typedef long stub(const char *path, long b, long c, long d);

static const char *const path = SITES_DIR "/link";
static char buf[64];

/* mov $nr,%eax; syscall; ret, arguments as C passes them. Returns its length. */
static size_t emit(unsigned char *at, int nr)
{
#ifdef __x86_64__
	unsigned char code[] = { 0xb8, nr, nr >> 8, 0, 0, 0x0f, 0x05, 0xc3 };
#else
	unsigned char code[] = { 0x53, 0x8b, 0x5c, 0x24, 0x08, 0x8b, 0x4c, 0x24, 0x0c, 0x8b, 0x54, 0x24, 0x10,
				 0xb8, nr, nr >> 8, 0, 0, 0xcd, 0x80, 0x5b, 0xc3 };
#endif
	memcpy(at, code, sizeof(code));
	return sizeof(code);
}

/* Wrong answers of a stub with this call, many times. */
static int calls(const void *at, int nr)
{
	stub *volatile fn = (stub *)at;
	int wrong = 0;

	for (int i = 0; i < TIMES; i++) {
		if (nr == SYS_access)
			wrong += fn(path, R_OK, 0, 0) != 0 || fn("missing", F_OK, 0, 0) != -ENOENT;
		else if (nr == SYS_readlink)
			wrong += fn(path, (long)buf, sizeof(buf), 0) != 4 || fn("file", (long)buf, 8, 0) != -EINVAL;
		else if (nr == SYS_getcwd)
			wrong += fn(buf, sizeof(buf), 0, 0) != sizeof(SITES_DIR) || strcmp(buf, SITES_DIR) != 0;
		else /* getpid: no path at all */
			wrong += fn(NULL, 0, 0, 0) != getpid();
	}
	return wrong;
}

static const int order[] = { SYS_access, SYS_readlink, SYS_getpid, SYS_getcwd, SYS_readlink, SYS_access };

enum { ORDER = sizeof(order) / sizeof(order[0]) };

static long size;

static unsigned char *code_page(int prot, int flags, int fd)
{
	unsigned char *p = mmap(NULL, size, prot, flags, fd, 0);

	NEED(p != MAP_FAILED);
	return p;
}

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define RX (PROT_READ | PROT_EXEC)

/* The ways to put new code where old code ran; the page may lie elsewhere afterwards. */
static unsigned char *write_over(unsigned char *p, int nr)
{
	emit(p, nr);
	return p;
}

static unsigned char *write_protected(unsigned char *p, int nr)
{
	NEED(mprotect(p, size, PROT_READ | PROT_WRITE) == 0);
	emit(p, nr);
	NEED(mprotect(p, size, RX) == 0);
	return p;
}

static unsigned char *map_again(unsigned char *p, int nr)
{
	NEED(munmap(p, size) == 0);
	NEED(mmap(p, size, RWX, ANON | MAP_FIXED, -1, 0) == p);
	emit(p, nr);
	return p;
}

static unsigned char *map_over(unsigned char *p, int nr)
{
	NEED(mmap(p, size, PROT_READ | PROT_WRITE, ANON | MAP_FIXED, -1, 0) == p);
	emit(p, nr);
	NEED(mprotect(p, size, RX) == 0);
	return p;
}

static unsigned char *thrown_away(unsigned char *p, int nr)
{
	NEED(mprotect(p, size, RWX) == 0 && madvise(p, size, MADV_DONTNEED) == 0);
	NEED(p[0] == 0);
	emit(p, nr);
	return p;
}

static unsigned char *by_proc_mem(unsigned char *p, int nr)
{
	unsigned char code[64];
	size_t n = emit(code, nr);
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	NEED(fd >= 0 && pwrite64(fd, code, n, (uintptr_t)p) == (ssize_t)n);
	close(fd);
	return p;
}

static unsigned char *moved_over(unsigned char *p, int nr)
{
	unsigned char *other = code_page(RWX, ANON, -1);

	emit(other, nr);
	calls(other, nr);
	NEED(mremap(other, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
	return p;
}

/* What has been called moves away and works there; at its old place is something new. */
static unsigned char *moved_away(unsigned char *p, int nr)
{
	unsigned char *to = code_page(PROT_NONE, ANON, -1);

	NEED(mremap(p, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	NEED(mmap(p, size, RWX, ANON | MAP_FIXED, -1, 0) == p);
	emit(p, nr == SYS_access ? SYS_readlink : SYS_access);
	calls(p, nr == SYS_access ? SYS_readlink : SYS_access);
	NEED(mprotect(to, size, RWX) == 0);
	munmap(p, size);
	emit(to, nr);
	return to;
}

/* Not at the old offset: the new code's number lies where the old code's call was. */
static unsigned char *shifted(unsigned char *p, int nr)
{
	static int by;

	NEED(mprotect(p, size, RWX) == 0);
	by = (by + 3) % 16;
	memset(p, 0x90, 16); /* nop */
	emit(p + by, nr);
	return p;
}

static void generated(const char *what, unsigned char *(*change)(unsigned char *, int))
{
	unsigned char *p = code_page(RWX, ANON, -1);
	int wrong = 0;

	emit(p, SYS_getcwd);
	wrong += calls(p, SYS_getcwd);
	for (int i = 0; i < ORDER; i++) {
		p = change(p, order[i]);
		wrong += calls(p, order[i]);
	}
	munmap(p, size);
	printf("%s: %d wrong\n", what, wrong);
}

/* Many small stubs next to each other, then one after another replaced. */
static void crowded(void)
{
	unsigned char *p = code_page(RWX, ANON, -1);
	int wrong = 0, step = 32;

	for (int i = 0; i < 60; i++)
		emit(p + i * step, order[i % ORDER]);
	for (int i = 0; i < 60; i++)
		wrong += calls(p + i * step, order[i % ORDER]);
	for (int i = 0; i < 60; i += 7) {
		emit(p + i * step, order[(i + 1) % ORDER]);
		wrong += calls(p + i * step, order[(i + 1) % ORDER]);
	}
	wrong += calls(p + step, order[1]);
	munmap(p, size);
	printf("crowded: %d wrong\n", wrong);
}

/* Two mappings of one memory, written through the one, run in the other. */
static void two_views(void)
{
	int fd = syscall(SYS_memfd_create, "code", 0), wrong = 0;
	unsigned char *w, *x;

	NEED(fd >= 0 && ftruncate(fd, size) == 0);
	w = code_page(PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	x = code_page(RX, MAP_SHARED, fd);
	for (int i = 0; i < ORDER; i++) {
		emit(w, order[i]);
		wrong += calls(x, order[i]);
	}
	printf("two views: %d wrong\n", wrong);
	munmap(w, size);
	munmap(x, size);
	close(fd);
}

/* A file of code: what this process ran is not what others find in it. */
static void files(const char *what, int flags)
{
	unsigned char code[64] = { 0 }, now[64] = { 0 }, *p;
	int fd = open("code", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755), wrong, status;
	size_t n = emit(code, SYS_access);
	pid_t pid;

	NEED(fd >= 0 && pwrite(fd, code, n, 0) == (ssize_t)n && ftruncate(fd, size) == 0);
	p = code_page(RX, flags, fd);
	wrong = calls(p, SYS_access);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sitetext", "sitetext", "code", NULL);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	show_wait(what, status);
	wrong += calls(p, SYS_access);
	NEED(pread(fd, now, n, 0) == (ssize_t)n);
	printf("%s: %d wrong, file %s\n", what, wrong, memcmp(now, code, n) == 0 ? "as written" : "changed");
	emit(code, SYS_readlink);
	NEED(pwrite(fd, code, n, 0) == (ssize_t)n);
	if (flags == MAP_SHARED)
		printf("  written over: %d wrong\n", calls(p, SYS_readlink));
	munmap(p, size);
	close(fd);
}

/* Run by files() in a process of its own. */
static int maps_code(void)
{
	int fd = open("code", O_RDWR | O_CLOEXEC);

	NEED(fd >= 0);
	return calls(code_page(RX, MAP_SHARED, fd), SYS_access) ? 1 : 0;
}

/* Shared with a child that writes it, in both directions. */
static void shared_with_child(void)
{
	unsigned char *p = code_page(RWX, MAP_SHARED | MAP_ANONYMOUS, -1);
	int wrong = 0, status;

	emit(p, SYS_access);
	wrong += calls(p, SYS_access);
	for (int i = 0; i < ORDER; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			emit(p, order[i]);
			_exit(calls(p, order[i]) != 0);
		}
		waitpid(pid, &status, 0);
		wrong += status != 0;
		wrong += calls(p, order[i]);
	}
	munmap(p, size);
	printf("shared with a child: %d wrong\n", wrong);
}

#ifdef __x86_64__
/* Behind the mov, another number in rax; the same with the mov taken. */
__asm__(".text\nwhole_site:	mov $" SITE_TEXT(SYS_access) ", %eax\nhalf_site:	syscall\n	ret\n"
	"other_number:	mov $" SITE_TEXT(SYS_readlink) ", %eax\n	jmp half_site\n");
stub whole_site, other_number;

static void half_a_site(void)
{
	int wrong = 0;

	for (int i = 0; i < 3; i++) {
		wrong += calls(whole_site, SYS_access);
		wrong += calls(other_number, SYS_readlink);
	}
	printf("half a site: %d wrong\n", wrong);
}
#else
static void half_a_site(void)
{
}
#endif

extern const unsigned char __executable_start[], etext[];

static unsigned long sum(const unsigned char *p, const unsigned char *end)
{
	unsigned long s = 0;

	for (; p < end; p++)
		s = s * 31 + *p;
	return s;
}

/* It reads its own code and the library's; what it finds may be another thing each time. */
static void reads_itself(void)
{
	volatile unsigned long sums = 0;
	const unsigned char *libc = (const unsigned char *)&open;
	int wrong = 0;

	for (int i = 0; i < 20; i++) {
		sums += sum(__executable_start, etext) + sum(libc, libc + 128);
		wrong += rounds(10);
	}
	printf("read: %d wrong\n", wrong);
}

static void protects_itself(void)
{
	char *begin = (char *)((unsigned long)&site_access & -size);
	int wrong = 0;

	NEED(mprotect(begin, size, RWX) == 0);
	wrong += rounds(20);
	NEED(mprotect(begin, size, RX) == 0);
	wrong += rounds(20);
	printf("own code protected: %d wrong\n", wrong);
}

int main(int argc, char **argv)
{
	(void)argv;
	size = sysconf(_SC_PAGESIZE);
	if (argc > 1)
		return maps_code();
	sites_make();
	printf("before: %d wrong\n", rounds(50));
	reads_itself();
	half_a_site();
	generated("written over", write_over);
	generated("protected", write_protected);
	generated("mapped again", map_again);
	generated("mapped over", map_over);
	generated("thrown away", thrown_away);
	generated("through /proc/self/mem", by_proc_mem);
	generated("moved over", moved_over);
	generated("moved away", moved_away);
	generated("shifted", shifted);
	crowded();
	two_views();
	files("shared file", MAP_SHARED);
	files("private file", MAP_PRIVATE);
	shared_with_child();
	protects_itself();
	printf("after: %d wrong, %d descriptors\n", rounds(10), open_descriptors());
	return 0;
}
