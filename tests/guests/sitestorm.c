// SPDX-License-Identifier: MIT
/*
 * Signals at ten kilohertz and more into path calls made from few places: handlers that make the same
 * calls, handlers within handlers, handlers that leave by siglongjmp. Every answer is right, every
 * register the guest's own at each handler's return, and no descriptor stays behind.
 *
 * arch: 64 32 dyn
 * timeout: 90
 */
#include "sites.h"

#include <setjmp.h>

static volatile long handled, wrong_within;
static volatile int depth;
static sigjmp_buf escape;

/* Calls that make no descriptor, so that none may be lost when they are left in the middle. */
static int calls_without_descriptors(void)
{
	char buf[64];
	struct stat st;
	int wrong = 0;

	wrong += stat("link", &st) != 0 || !S_ISREG(st.st_mode);
	wrong += site_stat("missing") != -ENOENT;
	wrong += access(SITES_DIR "/link", R_OK) != 0;
	wrong += site_readlink("link", buf, sizeof(buf)) != 4;
	wrong += readlink(SITES_DIR "/link", buf, sizeof(buf)) != 4;
	wrong += site_getcwd(buf, sizeof(buf)) != sizeof(SITES_DIR);
	wrong += !getcwd(buf, sizeof(buf)) || strcmp(buf, SITES_DIR) != 0;
	return wrong;
}

static void on_signal(int sig)
{
	int saved = errno;

	(void)sig;
	handled++;
	wrong_within += short_round();
	storm_next();
	errno = saved;
}

/* SA_NODEFER: the next signal may come in the middle of this one's calls, four deep. */
static void on_nested(int sig)
{
	int saved = errno;

	(void)sig;
	handled++;
	if (++depth < 4)
		storm_next();
	wrong_within += short_round();
	if (depth-- == 4)
		storm_next();
	errno = saved;
}

static void on_jump(int sig)
{
	(void)sig;
	handled++;
	wrong_within += calls_without_descriptors();
	storm_next();
	if (handled % 4)
		siglongjmp(escape, 1);
}

static void report(const char *what, long wrong, int before)
{
	printf("%s: %ld wrong, %ld wrong in handlers, %s, %d descriptors left\n", what, wrong, wrong_within,
	       handled > 50 ? "stormy" : "calm", open_descriptors() - before);
	handled = wrong_within = 0;
}

static void storm(const char *what, void (*handler)(int), int flags)
{
	int before = open_descriptors();
	long wrong = 0;

	storm_begin(handler, flags, 600);
	while (storm_left > 0)
		wrong += rounds(1);
	storm_end();
	report(what, wrong, before);
}

static void jumps(void)
{
	int before = open_descriptors();
	volatile long wrong = 0;

	sigsetjmp(escape, 1);
	if (handled == 0)
		storm_begin(on_jump, 0, 1000);
	while (storm_left > 0)
		wrong += calls_without_descriptors();
	storm_end();
	report("jumped out", wrong, before);
}

/* Left between the kernel's return and the assignment, a descriptor is lost natively too. */
static void jumps_out_of_open(void)
{
	int before = open_descriptors();
	volatile long wrong = 0;

	sigsetjmp(escape, 1);
	if (handled == 0)
		storm_begin(on_jump, 0, 500);
	close_range(before, ~0U, 0);
	while (storm_left > 0)
		wrong += rounds(1);
	storm_end();
	close_range(before, ~0U, 0);
	report("jumped out of open", wrong, before);
}

#ifdef __x86_64__

/* Not static: the assembly names them. */
struct regs {
	unsigned long ax, bx, dx, si, di, bp, r8, r9, r10, r12, r13, r14, r15, flags, sp_change;
} regs_in, regs_out;
unsigned char vec_in[512] __attribute__((aligned(16))), vec_out[512] __attribute__((aligned(16)));

/* Loads all registers, makes the call with C, Z, P and D set, stores all registers. */
#define REGS_SITE(nr, name)                                                                \
	void name(void);                                                                   \
	__asm__(".text\n" #name ":\n"                                                      \
		"	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n"       \
		"	push %r14\n	push %r15\n	mov %rsp, saved_sp(%rip)\n"        \
		"	fxrstor64 vec_in(%rip)\n"                                          \
		"	mov regs_in+8(%rip), %rbx\n	mov regs_in+16(%rip), %rdx\n"      \
		"	mov regs_in+24(%rip), %rsi\n	mov regs_in+32(%rip), %rdi\n"      \
		"	mov regs_in+40(%rip), %rbp\n	mov regs_in+48(%rip), %r8\n"       \
		"	mov regs_in+56(%rip), %r9\n	mov regs_in+64(%rip), %r10\n"      \
		"	mov regs_in+72(%rip), %r12\n	mov regs_in+80(%rip), %r13\n"      \
		"	mov regs_in+88(%rip), %r14\n	mov regs_in+96(%rip), %r15\n"      \
		"	cmp %rbx, %rbx\n	stc\n	std\n"                             \
		"	mov $" SITE_TEXT(nr) ", %eax\n	syscall\n"                         \
		"	mov %rax, regs_out+0(%rip)\n	pushfq\n	pop %rax\n	cld\n" \
		"	mov %rax, regs_out+104(%rip)\n"                                    \
		"	mov %rsp, %rax\n	sub saved_sp(%rip), %rax\n"                \
		"	mov %rax, regs_out+112(%rip)\n	mov saved_sp(%rip), %rsp\n"        \
		"	mov %rbx, regs_out+8(%rip)\n	mov %rdx, regs_out+16(%rip)\n"     \
		"	mov %rsi, regs_out+24(%rip)\n	mov %rdi, regs_out+32(%rip)\n"     \
		"	mov %rbp, regs_out+40(%rip)\n	mov %r8, regs_out+48(%rip)\n"      \
		"	mov %r9, regs_out+56(%rip)\n	mov %r10, regs_out+64(%rip)\n"     \
		"	mov %r12, regs_out+72(%rip)\n	mov %r13, regs_out+80(%rip)\n"     \
		"	mov %r14, regs_out+88(%rip)\n	mov %r15, regs_out+96(%rip)\n"     \
		"	fxsave64 vec_out(%rip)\n"                                          \
		"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n"        \
		"	pop %rbp\n	pop %rbx\n	ret\n")
__asm__(".local saved_sp\n	.comm saved_sp, 8, 8\n");

REGS_SITE(SYS_access, regs_access);
REGS_SITE(SYS_openat, regs_openat);
REGS_SITE(SYS_newfstatat, regs_stat);
REGS_SITE(SYS_readlink, regs_readlink);
REGS_SITE(SYS_getcwd, regs_getcwd);

#define JUNK(n) (0x123456789abcdefUL * (n))

/* What differs, by name; the call's own registers rax, rcx and r11 are left out. */
static int registers_changed(const char *what)
{
	static const char *const names[] = { "rax", "rbx", "rdx", "rsi", "rdi", "rbp", "r8",
					     "r9",  "r10", "r12", "r13", "r14", "r15" };
	const unsigned long *in = (unsigned long *)&regs_in, *out = (unsigned long *)&regs_out;
	int changed = 0;

	for (int i = 1; i < 13; i++)
		if (in[i] != out[i])
			changed += printf("%s: %s changed\n", what, names[i]) > 0;
	if ((regs_out.flags & 0xdd5) != 0x445) /* C P Z D; not A S T I O */
		changed += printf("%s: flags %lx\n", what, regs_out.flags & 0xdd5) > 0;
	if (regs_out.sp_change != 0)
		changed += printf("%s: rsp changed\n", what) > 0;
	/* control words, MXCSR, ST and XMM; the x87 instruction pointers are the kernel's to lose */
	if (memcmp(vec_in, vec_out, 5) != 0 || memcmp(vec_in + 24, vec_out + 24, 4) != 0 ||
	    memcmp(vec_in + 32, vec_out + 32, 384) != 0)
		changed += printf("%s: vector registers changed\n", what) > 0;
	return changed;
}

static int regs_call(const char *what, void (*site)(void), long want, ...)
{
	unsigned long *at[] = { &regs_in.di, &regs_in.si, &regs_in.dx, &regs_in.r10 };
	unsigned long junk = 1;
	va_list args;
	int wrong;

	for (unsigned long *r = (unsigned long *)&regs_in; r < &regs_in.flags; r++)
		*r = JUNK(junk++);
	va_start(args, want);
	for (int i = 0; i < 4; i++)
		*at[i] = va_arg(args, unsigned long);
	va_end(args);
	site();
	wrong = registers_changed(what);
	/* a descriptor is as good as another */
	if (want == 1 ? (long)regs_out.ax < 0 : (long)regs_out.ax != want)
		wrong += printf("%s: %ld\n", what, (long)regs_out.ax) > 0;
	return wrong;
}

static void registers(void)
{
	static char buf[512];
	int before = open_descriptors();
	long wrong = 0, cwd = AT_FDCWD;

	__asm__ volatile("fxsave64 %0" : "=m"(vec_in));
	for (int i = 32; i < 416; i++)
		vec_in[i] = (i < 160 && i % 16 > 9) ? 0 : i * 7;
	vec_in[4] = 0xff; /* all of ST in use */
	storm_begin(on_signal, 0, 600);
	while (storm_left > 0) {
		wrong += regs_call("access", regs_access, 0, "link", JUNK(0) + R_OK, JUNK(21), JUNK(22));
		wrong += regs_call("missing", regs_access, -ENOENT, "/tmp/missing", 0L, JUNK(23), JUNK(24));
		wrong += regs_call("stat", regs_stat, 0, cwd, SITES_DIR "/link", buf, 0L);
		wrong += regs_call("readlink", regs_readlink, 4, "link", buf, sizeof(buf), JUNK(25));
		wrong += regs_call("getcwd", regs_getcwd, sizeof(SITES_DIR), buf, sizeof(buf), JUNK(26), JUNK(27));
		wrong += regs_call("openat", regs_openat, 1, cwd, "file", (long)O_RDONLY, JUNK(28));
		close(regs_out.ax);
		if (wrong > 20)
			break;
	}
	storm_end();
	report("registers", wrong, before);
}

#else

static void registers(void)
{
}

#endif

int main(void)
{
	sites_make();
	printf("calm: %d wrong\n", rounds(100));
	storm("storm", on_signal, 0);
	storm("restarting", on_signal, SA_RESTART);
	storm("nested", on_nested, SA_NODEFER);
	jumps();
	jumps_out_of_open();
	registers();
	printf("afterwards: %d wrong\n", rounds(10));
	return 0;
}
