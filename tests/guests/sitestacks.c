// SPDX-License-Identifier: MIT
/*
 * Call sites in use, on stacks that leave nothing: a kilobyte above a guard page, for coroutines and
 * for signal handlers; stack pointers that lie nowhere, at the end of a page, at any alignment; data in
 * the red zone, under signals too. A call needs no stack at all.
 *
 * arch: 64 32 dyn
 */
#include "sites.h"

#include <ucontext.h>

enum { SMALL = 1024 };

/* One place to each call, made with the stack pointer given. */
#ifdef __x86_64__
#define STACK_BODY(nr) \
	"	push %rbx\n	mov %rsp, %rbx\n	mov %rdi, %rsp\n"            \
	"	mov %rsi, %rdi\n	mov %rdx, %rsi\n	mov %rcx, %rdx\n"    \
	"	mov $" SITE_TEXT(nr) ", %eax\n	syscall\n"                           \
	"	mov %rbx, %rsp\n	pop %rbx\n	ret\n"
#else
#define STACK_BODY(nr) \
	"	push %ebx\n	push %ebp\n	mov %esp, %ebp\n"                    \
	"	mov 16(%ebp), %ebx\n	mov 20(%ebp), %ecx\n	mov 24(%ebp), %edx\n" \
	"	mov 12(%ebp), %esp\n	mov $" SITE_TEXT(nr) ", %eax\n	int $0x80\n" \
	"	mov %ebp, %esp\n	pop %ebp\n	pop %ebx\n	ret\n"
#endif
#define STACK_SITE(nr, name)                                      \
	__asm__(".text\n" #name ":\n" STACK_BODY(nr));            \
	long name(unsigned long sp, long a, long b, long c)

STACK_SITE(SYS_open, on_open);
STACK_SITE(SYS_access, on_access);
STACK_SITE(SYS_readlink, on_readlink);
STACK_SITE(SYS_getcwd, on_getcwd);
STACK_SITE(SYS_close, on_close);

static int round_on(unsigned long sp)
{
	static char buf[64];
	long fd = on_open(sp, (long)"link", O_RDONLY, 0);
	int wrong = fd < 0 || on_close(sp, fd, 0, 0) != 0;

	wrong += on_access(sp, (long)SITES_DIR "/link", R_OK, 0) != 0;
	wrong += on_access(sp, (long)"../missing", F_OK, 0) != -ENOENT;
	wrong += on_access(sp, 8, F_OK, 0) != -EFAULT;
	wrong += on_readlink(sp, (long)"link", (long)buf, sizeof(buf)) != 4;
	wrong += on_getcwd(sp, (long)buf, sizeof(buf), 0) != sizeof(SITES_DIR);
	wrong += strcmp(buf, SITES_DIR) != 0;
	return wrong;
}

static void calls_on(const char *what, unsigned long sp)
{
	int wrong = 0;

	for (int i = 0; i < 60; i++)
		wrong += round_on(sp);
	printf("%s: %d wrong\n", what, wrong);
}

static void odd_pointers(void)
{
	long size = sysconf(_SC_PAGESIZE);
	char *p = page_before_gap(), *gone = page_before_gap();
	int wrong = 0;

	munmap(gone, 2 * size);
	calls_on("unmapped", (unsigned long)gone + 64);
	calls_on("in a gap", (unsigned long)p + size + 64);
	calls_on("at a page's end", (unsigned long)p + size);
	calls_on("at a page's start", (unsigned long)p);
	calls_on("null", 0);
	calls_on("in the code", (unsigned long)&calls_on);
	calls_on("the kernel's", (unsigned long)-64L);
#ifdef __x86_64__
	calls_on("not canonical", 0x8000000000000000UL);
#endif
	for (int i = 0; i < 16; i++)
		wrong += round_on((unsigned long)p + size / 2 + i);
	printf("misaligned: %d wrong\n", wrong);
	munmap(p, 2 * size);
}

/* What lies around the stack pointer, far below it and above, stays as it is. */
static void pattern(void)
{
	enum { SIZE = 32768 };
	static unsigned char p[SIZE];
	int changed = 0;

	for (int i = 0; i < SIZE; i++)
		p[i] = i * 7 + i / 256;
	calls_on("patterned", (unsigned long)p + SIZE - 512);
	for (int i = 0; i < SIZE; i++)
		changed += p[i] != (unsigned char)(i * 7 + i / 256);
	printf("  %d bytes changed\n", changed);
}

/* A stack of this many bytes, the guard page right below it. */
static char *small_stack(size_t usable)
{
	size_t size = sysconf(_SC_PAGESIZE), whole = (usable + size - 1) / size * size;
	char *p = mmap(NULL, whole + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(p != MAP_FAILED && mprotect(p, size, PROT_NONE) == 0);
	return p + size;
}

static ucontext_t main_context, coroutine;
static volatile int coroutine_wrong;

/* Bare calls, one per turn: a frame of its own for no more than a name. */
static void runs_small(void)
{
	static char buf[64];
	static struct stat st;

	for (int i = 0; i < 300; i++) {
		int fd = open("link", O_RDONLY | O_CLOEXEC);

		coroutine_wrong += fd < 0 || close(fd) != 0;
		coroutine_wrong += stat("link", &st) != 0 || !S_ISREG(st.st_mode);
		coroutine_wrong += access("missing", F_OK) == 0 || errno != ENOENT;
		coroutine_wrong += readlink("link", buf, sizeof(buf)) != 4;
		coroutine_wrong += !getcwd(buf, sizeof(buf)) || strcmp(buf, SITES_DIR) != 0;
		coroutine_wrong += site_access(SITES_DIR "/link", R_OK) != 0;
		coroutine_wrong += site_readlink("link", buf, sizeof(buf)) != 4;
		if (i % 10 == 0)
			swapcontext(&coroutine, &main_context);
	}
}

static void coroutines(void)
{
	volatile int turns = 0, ended = 0, bound;

	/* lazy binding takes more stack than that: all has been called before, but for swapcontext */
	bound = 0;
	getcontext(&main_context);
	if (!bound++)
		swapcontext(&coroutine, &main_context);
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = small_stack(SMALL);
	coroutine.uc_stack.ss_size = SMALL;
	coroutine.uc_link = NULL;
	makecontext(&coroutine, runs_small, 0);
	while (!ended && turns < 29) {
		swapcontext(&main_context, &coroutine);
		ended = rounds(1);
		turns++;
	}
	printf("coroutine: %d turns, %d wrong\n", turns, coroutine_wrong);
}

static volatile unsigned long handler_sp;
static volatile int handler_wrong, handled;

static __attribute__((noinline)) void on_signal(int sig)
{
	static char buf[64];

	(void)sig;
	handler_sp = (unsigned long)__builtin_frame_address(0);
	handled++;
	for (int i = 0; i < 10; i++) {
		handler_wrong += access("link", R_OK) != 0;
		handler_wrong += site_readlink(SITES_DIR "/link", buf, sizeof(buf)) != 4;
		handler_wrong += site_access("missing", R_OK) != -ENOENT;
		handler_wrong += site_getcwd(buf, sizeof(buf)) != sizeof(SITES_DIR);
	}
}

static void alternate(char *stack, size_t size, int times)
{
	stack_t alt = { .ss_sp = stack, .ss_size = size };
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	NEED(sigaltstack(&alt, NULL) == 0 && sigaction(SIGUSR1, &act, NULL) == 0);
	for (int i = 0; i < times; i++)
		raise(SIGUSR1);
	alt.ss_flags = SS_DISABLE;
	NEED(sigaltstack(&alt, NULL) == 0);
}

/* What the kernel's frame takes is found out first; the handler is left about a kilobyte. */
static void handlers(void)
{
	static char roomy[65536] __attribute__((aligned(64)));
	size_t frame;
	char *small;

	alternate(roomy, sizeof(roomy), 1);
	frame = (unsigned long)roomy + sizeof(roomy) - handler_sp;
	frame = (frame + SMALL + 63) / 64 * 64;
	small = small_stack(frame);
	alternate(small, frame, 100);
	printf("alternate stack: %d handled, %d wrong, %s\n", handled, handler_wrong,
	       handler_sp - (unsigned long)small <= SMALL + 128 ? "small" : "not small");
}

static void on_alarm(int sig)
{
	int saved = errno;

	(void)sig;
	handler_wrong += short_round();
	storm_next();
	errno = saved;
}

#ifdef __x86_64__

/* A leaf with all of its 128 bytes in use. rdi: the path; returns how many of the words changed. */
long red_zone_calls(const char *path);
__asm__(".text\nred_zone_calls:\n"
	"	movabs $0x1122334455667788, %rdx\n	mov $16, %ecx\n"
	"1:	mov %rcx, %rax\n	neg %rax\n	lea (%rdx,%rcx), %r8\n"
	"	mov %r8, (%rsp,%rax,8)\n	dec %ecx\n	jnz 1b\n"
	"	mov $4, %esi\n"
	"	mov $" SITE_TEXT(SYS_access) ", %eax\n	syscall\n"
	"	xor %r9d, %r9d\n	mov $16, %ecx\n"
	"2:	mov %rcx, %r10\n	neg %r10\n	lea (%rdx,%rcx), %r8\n"
	"	cmp %r8, (%rsp,%r10,8)\n	je 3f\n	inc %r9\n"
	"3:	dec %ecx\n	jnz 2b\n"
	"	test %rax, %rax\n	jz 4f\n	add $100, %r9\n"
	"4:	mov %r9, %rax\n	ret\n");

static void red_zone(void)
{
	long wrong = 0;

	for (int i = 0; i < 300; i++)
		wrong += red_zone_calls(i % 2 ? "link" : SITES_DIR "/file");
	printf("red zone: %ld wrong\n", wrong);
	handler_wrong = 0;
	storm_begin(on_alarm, 0, 400);
	for (wrong = 0; storm_left > 0;)
		wrong += red_zone_calls("link");
	storm_end();
	printf("red zone in a storm: %ld wrong, %d in handlers\n", wrong, handler_wrong);
}

#else

static void red_zone(void)
{
	handler_wrong = 0;
	storm_begin(on_alarm, 0, 10);
	while (storm_left > 0)
		handler_wrong += site_round();
	storm_end();
	printf("no red zone: %d wrong\n", handler_wrong);
}

#endif

int main(void)
{
	sites_make();
	printf("before: %d wrong\n", rounds(100));
	odd_pointers();
	pattern();
	coroutines();
	handlers();
	red_zone();
	printf("after: %d wrong, %d descriptors\n", rounds(10), open_descriptors());
	return 0;
}
