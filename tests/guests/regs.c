// SPDX-License-Identifier: MIT
/*
 * Registers after a system call are what they were before, but for those the kernel promises to
 * change: general, vector and flags; after calls that succeed, fail, and are never made.
 *
 * arch: 64 32 dyn
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <sys/socket.h>
#include <sys/un.h>

struct regs {
	unsigned long ax, bx, cx, dx, si, di, bp, r8, r9, r10, r12, r13, r14, r15;
	unsigned long flags;
	unsigned char vec[8][16];
};

/* Not static: the assembly names them. */
struct regs in, out;

/* Loads every register from `in`, makes the call, stores every register to `out`. */
void call_with_regs(void);

#ifdef __x86_64__
__asm__(".text\n"
	"call_with_regs:\n"
	"	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	movdqu in+120(%rip), %xmm0\n	movdqu in+136(%rip), %xmm1\n"
	"	movdqu in+152(%rip), %xmm6\n	movdqu in+168(%rip), %xmm7\n"
	"	movdqu in+184(%rip), %xmm8\n	movdqu in+200(%rip), %xmm13\n"
	"	movdqu in+216(%rip), %xmm14\n	movdqu in+232(%rip), %xmm15\n"
	"	mov in+8(%rip), %rbx\n	mov in+24(%rip), %rdx\n	mov in+32(%rip), %rsi\n"
	"	mov in+40(%rip), %rdi\n	mov in+48(%rip), %rbp\n	mov in+56(%rip), %r8\n"
	"	mov in+64(%rip), %r9\n	mov in+72(%rip), %r10\n	mov in+80(%rip), %r12\n"
	"	mov in+88(%rip), %r13\n	mov in+96(%rip), %r14\n	mov in+104(%rip), %r15\n"
	"	mov in+0(%rip), %rax\n	cmp %rbx, %rbx\n	stc\n"
	"	syscall\n"
	"	mov %rax, out+0(%rip)\n	pushfq\n	pop %rax\n	mov %rax, out+112(%rip)\n"
	"	mov %rbx, out+8(%rip)\n	mov %rdx, out+24(%rip)\n	mov %rsi, out+32(%rip)\n"
	"	mov %rdi, out+40(%rip)\n	mov %rbp, out+48(%rip)\n	mov %r8, out+56(%rip)\n"
	"	mov %r9, out+64(%rip)\n	mov %r10, out+72(%rip)\n	mov %r12, out+80(%rip)\n"
	"	mov %r13, out+88(%rip)\n	mov %r14, out+96(%rip)\n	mov %r15, out+104(%rip)\n"
	"	movdqu %xmm0, out+120(%rip)\n	movdqu %xmm1, out+136(%rip)\n"
	"	movdqu %xmm6, out+152(%rip)\n	movdqu %xmm7, out+168(%rip)\n"
	"	movdqu %xmm8, out+184(%rip)\n	movdqu %xmm13, out+200(%rip)\n"
	"	movdqu %xmm14, out+216(%rip)\n	movdqu %xmm15, out+232(%rip)\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbp\n	pop %rbx\n"
	"	ret\n");
#else
__asm__(".text\n"
	"call_with_regs:\n"
	"	push %ebx\n	push %ebp\n	push %esi\n	push %edi\n"
	"	mov in+4, %ebx\n	mov in+8, %ecx\n	mov in+12, %edx\n	mov in+16, %esi\n"
	"	mov in+20, %edi\n	mov in+24, %ebp\n	mov in+0, %eax\n"
	"	int $0x80\n"
	"	mov %eax, out+0\n	mov %ebx, out+4\n	mov %ecx, out+8\n	mov %edx, out+12\n"
	"	mov %esi, out+16\n	mov %edi, out+20\n	mov %ebp, out+24\n"
	"	pop %edi\n	pop %esi\n	pop %ebp\n	pop %ebx\n"
	"	ret\n");
#endif

static void compare(const char *what)
{
	int bad = 0;

#define SAME(r) (in.r == out.r ? 0 : printf("  " #r " changed after %s\n", what))
	bad += SAME(bx) + SAME(dx) + SAME(si) + SAME(di) + SAME(bp);
#ifdef __x86_64__
	bad += SAME(r8) + SAME(r9) + SAME(r10) + SAME(r12) + SAME(r13) + SAME(r14) + SAME(r15);
	/* carry and zero were set; direction and trap were not */
	if ((out.flags & 0x541) != 0x41)
		bad += printf("  flags %lx after %s\n", out.flags & 0xfd5, what);
	if (memcmp(in.vec, out.vec, sizeof(in.vec)) != 0)
		bad += printf("  vector registers changed after %s\n", what);
#else
	bad += SAME(cx);
#endif
	if (!bad)
		printf("  all kept\n");
}

static void set_args(const unsigned long *a)
{
#ifdef __x86_64__
	in.di = a[0], in.si = a[1], in.dx = a[2], in.r10 = a[3], in.r8 = a[4], in.r9 = a[5];
#else
	in.bx = a[0], in.cx = a[1], in.dx = a[2], in.si = a[3], in.di = a[4], in.bp = a[5];
#endif
}

#define U(x) ((unsigned long)(x))
#define JUNK 0xdeadbee1, 0xdeadbee2, 0xdeadbee3, 0xdeadbee4, 0xdeadbee5

static void call(const char *what, long nr, const unsigned long *a)
{
	memset(&out, 0, sizeof(out));
	for (size_t i = 0; i < sizeof(in) / sizeof(long); i++)
		((unsigned long *)&in)[i] = U(0x1234567890abcdefULL) * (i + 3);
	in.ax = nr;
	set_args(a);
	call_with_regs();
	errno = -(int)out.ax;
	SHOW_AS((long)out.ax < 0 && (long)out.ax > -4096 ? -1L : (long)out.ax, "%s", what);
	compare(what);
}

/* What is not an argument holds junk, as compilers leave it. */
#define CALL(nr, ...)                                                    \
	call(#nr, SYS_##nr, (const unsigned long[]){ __VA_ARGS__, JUNK })

static char buf[8192];

static void successes(void)
{
	CALL(openat, -100, U("/mnt/data/file"), 0);
	CALL(close, 3);
	CALL(access, U("/mnt/data/file"), 4);
	CALL(faccessat2, -100, U("/mnt/data/../data/file"), 4, 0);
	CALL(readlink, U("/tmp/link"), U(buf), 100);
	CALL(readlinkat, -100, U("/proc/self/exe"), U(buf), 100);
	CALL(getcwd, U(buf), 100);
	CALL(chdir, U("/mnt/data"));
	CALL(getcwd, U(buf), 100);
	CALL(mkdir, U("new"), 0755);
	CALL(rename, U("new"), U("newer"));
	CALL(rmdir, U("newer"));
	CALL(symlink, U("text"), U("sym"));
	CALL(link, U("file"), U("hard"));
	CALL(unlink, U("sym"));
	CALL(unlinkat, -100, U("hard"), 0);
	CALL(chmod, U("/tmp/f"), 0644);
	CALL(truncate, U("/tmp/f"), 1);
	CALL(statx, -100, U("/tmp/f"), 0, 0x7ff, U(buf));
	CALL(statfs, U("/tmp/f"), U(buf));
	CALL(utimensat, -100, U("/tmp/f"), 0, 0);
	CALL(getdents64, 99, U(buf), 100);
	CALL(prctl, 39, 0, 0, 0, 0);
	CALL(umask, 022);
#ifdef __x86_64__
	CALL(stat, U("/tmp/f"), U(buf));
	CALL(lstat, U("/tmp/link"), U(buf));
	CALL(newfstatat, -100, U("/tmp/f"), U(buf), 0);
#else
	CALL(stat64, U("/tmp/f"), U(buf));
	CALL(lstat64, U("/tmp/link"), U(buf));
	CALL(fstatat64, -100, U("/tmp/f"), U(buf), 0);
#endif
}

static void failures(void)
{
	CALL(openat, -100, U("/missing"), 0);
	CALL(openat, -100, 8, 0);
	CALL(open, U("/tmp/loop"), 0);
	CALL(chdir, U("/tmp/f"));
	CALL(rename, U("/tmp/f"), U("/mnt/data/f"));
	CALL(execve, U("/missing"), 0, 0);
	CALL(execve, U("/tmp"), 0, 0);
	CALL(execveat, -100, U("/missing"), 0, 0, 0);
	CALL(getcwd, U(buf), 2);
	CALL(rmdir, U("/mnt/data"));
	CALL(chroot, U("/tmp"));
	CALL(mount, U("/tmp"), U("/tmp"), 0, 4096, 0);
	CALL(statx, 0, 0, 0, 0, 0);
	CALL(io_uring_setup, 8, U(buf) + 1);
}

static void sockets(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/mnt/data/sock" };
	unsigned int len = sizeof(a);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	CALL(bind, fd, U(&a), sizeof(a));
	CALL(getsockname, fd, U(&a), U(&len));
	CALL(connect, fd, U(&a), len);
	CALL(sendto, fd, U("x"), 1, 0, U(&a), len);
	CALL(recvfrom, fd, U(buf), 10, 0, U(&a), U(&len));
	CALL(recvfrom, fd, U(buf), 10, 0x40, 0, 0);
	CALL(getpeername, fd, U(&a), U(&len));
	close(fd);
}

int main(void)
{
	make_file("/tmp/f", "f\n");
	make_link("f", "/tmp/link");
	make_link("loop", "/tmp/loop");
	successes();
	failures();
	sockets();
	return 0;
}
