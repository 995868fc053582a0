// SPDX-License-Identifier: MIT
/*
 * The guest's stack is its own: system calls with a stack of a few bytes, with rsp pointing nowhere,
 * with data in the red zone and far below; memory that is lazy, shared, read-only or file-backed.
 *
 * arch: 64 32 dyn
 */
#include "guest.h"

static const char *const file = "/tmp/dir/file";
static char buf[4096] __attribute__((aligned(64)));

/* One call made with another stack pointer. */
static long call_on(unsigned long sp, long nr, long a, long b, long c)
{
	long r = nr;

#ifdef __x86_64__
	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %[sp], %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
			 : "+a"(r)
			 : [sp] "r"(sp), "D"(a), "S"(b), "d"(c)
			 : "rbx", "rcx", "r11", "memory");
#else
	static long at[5];

	at[0] = nr, at[1] = a, at[2] = b, at[3] = c, at[4] = sp;
	__asm__ volatile("push %%ebx\n\tpush %%ebp\n\tmov %%esp, %%ebp\n\t"
			 "mov (%[at]), %%eax\n\tmov 4(%[at]), %%ebx\n\tmov 8(%[at]), %%ecx\n\t"
			 "mov 12(%[at]), %%edx\n\tmov 16(%[at]), %%esp\n\tint $0x80\n\t"
			 "mov %%ebp, %%esp\n\tpop %%ebp\n\tpop %%ebx"
			 : "=&a"(r)
			 : [at] "S"(at)
			 : "ecx", "edx", "memory");
#endif
	errno = -(int)r;
	return r < 0 && r > -4096 ? -1 : r;
}

static void calls_on(const char *what, unsigned long sp)
{
	printf("%s\n", what);
	SHOW(call_on(sp, SYS_access, (long)file, R_OK, 0));
	SHOW(call_on(sp, SYS_access, (long)"/missing", R_OK, 0));
	SHOW(call_on(sp, SYS_open, (long)file, O_RDONLY, 0));
	SHOW(call_on(sp, SYS_close, 3, 0, 0));
	SHOW(call_on(sp, SYS_readlink, (long)"/proc/self/exe", (long)buf, 100));
	SHOW(call_on(sp, SYS_getcwd, (long)buf, 100, 0));
	SHOW(call_on(sp, SYS_chdir, (long)"/tmp/dir", 0, 0));
	SHOW(call_on(sp, SYS_access, (long)"file", R_OK, 0));
	SHOW(call_on(sp, SYS_rename, (long)"file", (long)"moved", 0));
	SHOW(call_on(sp, SYS_rename, (long)"moved", (long)"file", 0));
	SHOW(call_on(sp, SYS_chdir, (long)"/", 0, 0));
}

static void small_stacks(void)
{
	long size = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 3 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long base = (unsigned long)p + size;

	NEED(mprotect(p + size, size, PROT_READ | PROT_WRITE) == 0);
	calls_on("16 bytes of stack", base + 16);
	calls_on("no byte of stack", base);
	calls_on("one byte from a page end", base + size - 1);
	calls_on("in a gap", base + size + 8);
	calls_on("null", 0);
	calls_on("one", 1);
	calls_on("in the code", (unsigned long)calls_on);
	calls_on("kernel's", (unsigned long)-64L);
#ifdef __x86_64__
	calls_on("not canonical", 0x8000000000000000UL);
#endif
}

/* A pattern around the stack pointer, from far below to just above, must not change. */
static void below_sp(void)
{
	enum { SIZE = 65536 };
	unsigned char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long sp = (unsigned long)p + SIZE - 256;
	int changed = 0;

	for (int i = 0; i < SIZE; i++)
		p[i] = i * 7 + i / 256;
	calls_on("patterned", sp);
	for (int i = 0; i < SIZE; i++)
		changed += p[i] != (unsigned char)(i * 7 + i / 256);
	printf("%d bytes around the stack changed\n", changed);
	munmap(p, SIZE);
}

static void red_zone(void)
{
#ifdef __x86_64__
	long r = SYS_access;
	unsigned long a = 0, b = 0;

	__asm__ volatile("movabs $0x1122334455667788, %%rbx\n\tmov %%rbx, -8(%%rsp)\n\t"
			 "mov %%rbx, -128(%%rsp)\n\tsyscall\n\tmov -8(%%rsp), %%rbx\n\t"
			 "mov -128(%%rsp), %%rdx"
			 : "+a"(r), "=&b"(a), "=&d"(b)
			 : "D"(file), "S"(R_OK)
			 : "rcx", "r11", "memory");
	printf("red zone: access %ld, %s\n", r,
	       a == 0x1122334455667788 && b == a ? "untouched" : "changed");
#else
	printf("red zone: none\n");
#endif
}

/* Paths and results in memory of every kind. */
static void memory_kinds(void)
{
	long size = sysconf(_SC_PAGESIZE);
	int fd = open("/tmp/backing", O_RDWR | O_CREAT, 0600);
	char *p, *shared;
	struct stat st;

	NEED(ftruncate(fd, size) == 0 && pwrite(fd, file, strlen(file) + 1, 100) > 0);
	shared = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	SHOW(access(shared + 100, R_OK));
	SHOW(access(shared + 50, R_OK));
	SHOW(access(shared + size, R_OK)); /* beyond the end of the file: EFAULT, no SIGBUS */
	SHOW(syscall(SYS_getcwd, shared + size - 1, 100L));
	SHOW(syscall(SYS_readlink, "/proc/self/exe", shared + size - 3, 100L));
	SHOW(syscall(SYS_readlink, "/proc/self/cwd", shared, 100L));
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	SHOW(access(p + 100, R_OK));
	SHOW(syscall(SYS_getcwd, p, 100L));
	SHOW(syscall(SYS_statx, AT_FDCWD, file, 0, 0x7ff, p));
	SHOW(syscall(SYS_readlink, "/proc/self/exe", p, 100L));
	munmap(p, size);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	snprintf(p, 64, "%s", file);
	NEED(madvise(p, size, MADV_DONTNEED) == 0);
	SHOW(access(p, R_OK)); /* zeroes now: "" */
	SHOW(syscall(SYS_getcwd, p, 100L));
	printf("  %s\n", p);
	NEED(mprotect(p, size, PROT_WRITE) == 0);
	SHOW(syscall(SYS_getcwd, p, 100L));
	NEED(mprotect(p, size, PROT_NONE) == 0);
	SHOW(syscall(SYS_getcwd, p, 100L));
	SHOW(stat(file, &st));
	close(fd);
}

int main(void)
{
	make_dir("/tmp/dir");
	make_file(file, "x\n");
	small_stacks();
	below_sp();
	red_zone();
	memory_kinds();
	return 0;
}
