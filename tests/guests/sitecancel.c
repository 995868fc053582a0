// SPDX-License-Identifier: MIT
/*
 * All calls from one place with the number in a register, as musl and glibc since 2.41 make those that
 * may be cancelled: opens, and calls that are none, under signals at any instruction. A handler sees
 * the program's own code and registers there, and where it finds the thread in front of the call, the
 * call has not been made: that is what cancellation believes. And the same from the place that glibc
 * has for them without company.
 *
 * arch: 64 dyn
 * timeout: 90
 */
#include "sites.h"

#include <pthread.h>
#include <ucontext.h>

/* long shared_call(int *cancel, nr, a, b, c, d, e, f) */
__asm__(".text\n	.p2align 4\nshared_call:\n"
	"	.cfi_startproc\n"
	"shared_begin:\n"
	"	mov (%rdi), %eax\n	test %eax, %eax\n	jnz shared_cancel\n"
	"	mov %rdi, %r11\n	mov %rsi, %rax\n	mov %rdx, %rdi\n	mov %rcx, %rsi\n"
	"	mov %r8, %rdx\n	mov %r9, %r10\n	mov 8(%rsp), %r8\n	mov 16(%rsp), %r9\n"
	"shared_store:\n"
	"	mov %r11, 8(%rsp)\n"
	"shared_syscall:\n"
	"	syscall\n"
	"shared_end:\n"
	"	ret\n"
	"shared_cancel:\n"
	"	mov $-125, %eax\n	cltq\n	ret\n" /* -ECANCELED */
	"	.cfi_endproc\n");
long shared_call(int *cancel, long nr, long a, long b, long c, long d, long e, long f);
extern const char shared_begin[], shared_store[], shared_syscall[], shared_end[], shared_cancel[];
extern const char __executable_start[], etext[];

/* long alone_call(a, b, c, d, e, f, nr) */
__asm__(".text\n	.p2align 4\nalone_call:\n"
	"	.cfi_startproc\n"
	"	push %rbx\n	.cfi_adjust_cfa_offset 8\n	.cfi_rel_offset rbx, 0\n"
	"	mov %rcx, %r10\n	mov $0x5a, %ebx\n"
	"	mov 16(%rsp), %rax\n"
	"alone_syscall:\n"
	"	syscall\n"
	"alone_end:\n"
	"	pop %rbx\n	.cfi_adjust_cfa_offset -8\n	.cfi_restore rbx\n	ret\n"
	"	.cfi_endproc\n");
long alone_call(long a, long b, long c, long d, long e, long f, long nr);
extern const char alone_syscall[], alone_end[];

#define E_JUNK 0x1122334455667788
#define F_JUNK 0x99aabbccddeeff

static __thread int cancelled;
static volatile int within; /* in the program's own code, calls of the library's left out */
static volatile long handled, wrong_place, wrong_regs;
static volatile bool cancels, alone;

static long call(long nr, long a, long b, long c)
{
	if (alone)
		return alone_call(a, b, c, 0, E_JUNK, F_JUNK, nr);
	return shared_call(&cancelled, nr, a, b, c, 0, E_JUNK, F_JUNK);
}

static long open_shared(const char *name)
{
	return call(SYS_openat, AT_FDCWD, (long)name, O_RDONLY | O_CLOEXEC);
}

/* Right, or, where that may be, cancelled. */
static int is_wrong(long result, bool right)
{
	return !right && !(cancels && result == -ECANCELED);
}

static int shared_round(void)
{
	static const char *const missing = SITES_DIR "/missing";
	char buf[8];
	struct stat st;
	int wrong = 0;
	long r, fd;

	fd = open_shared("link");
	wrong += is_wrong(fd, fd >= 0);
	if (fd >= 0) {
		r = call(SYS_read, fd, (long)buf, 4);
		wrong += is_wrong(r, r == 4 && memcmp(buf, "file", 4) == 0);
		r = call(SYS_fstat, fd, (long)&st, 0);
		wrong += is_wrong(r, r == 0 && S_ISREG(st.st_mode) && st.st_size == 5);
		r = site_close((int)fd);
		wrong += r != 0;
	}
	r = open_shared(missing);
	wrong += is_wrong(r, r == -ENOENT);
	r = open_shared("file/x");
	wrong += is_wrong(r, r == -ENOTDIR);
	r = call(SYS_close, -1, 0, 0);
	wrong += is_wrong(r, r == -EBADF);
	return wrong;
}

static int shared_rounds(int n)
{
	int wrong = 0;

	while (n-- > 0)
		wrong += shared_round();
	return wrong;
}

static void look_at(const ucontext_t *uc, const char *pc)
{
	const greg_t *r = uc->uc_mcontext.gregs;
	const long *sp = (const long *)r[REG_RSP];

	if (within && (pc < __executable_start || pc >= etext))
		wrong_place++;
	if (pc == shared_store)
		wrong_regs += r[REG_R11] != (long)&cancelled || sp[1] != E_JUNK;
	if (pc == shared_syscall || pc == shared_end)
		wrong_regs += sp[1] != (long)&cancelled;
	if (pc == shared_syscall)
		wrong_regs += r[REG_RAX] < 0 || r[REG_RAX] > SYS_openat;
	if (pc == alone_syscall)
		wrong_regs += r[REG_RAX] != sp[2];
	if (pc == alone_syscall || pc == alone_end)
		wrong_regs += r[REG_RBX] != 0x5a || r[REG_R10] != 0 || r[REG_R8] != E_JUNK ||
			      r[REG_R9] != F_JUNK;
	if (pc == shared_store || pc == shared_syscall || pc == shared_end)
		wrong_regs += sp[2] != F_JUNK || r[REG_R8] != E_JUNK || r[REG_R9] != F_JUNK ||
			      r[REG_R10] != 0;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	const char *pc = (const char *)uc->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	(void)info;
	handled++;
	look_at(uc, pc);
	if (cancels && pc >= shared_begin && pc < shared_end) {
		uc->uc_mcontext.gregs[REG_RIP] = (greg_t)shared_cancel;
	}
	storm_next();
}

static void storm(const char *what, int flags, bool cancel)
{
	int before = open_descriptors();
	long wrong = 0;

	cancels = cancel;
	handled = 0;
	storm_begin((void (*)(int))(void *)on_signal, flags | SA_SIGINFO, 3000);
	within = 1;
	while (storm_left > 0)
		wrong += shared_rounds(1);
	within = 0;
	storm_end();
	cancels = false;
	printf("%s: %ld wrong, %ld elsewhere, %ld registers, %s, %d descriptors left\n", what, wrong,
	       wrong_place, wrong_regs, handled > 50 ? "stormy" : "calm", open_descriptors() - before);
}

static void on_cancel(int sig, siginfo_t *info, void *context)
{
	storm_left = 0;
	on_signal(sig, info, context);
}

static void *waits(void *result)
{
	*(volatile long *)result = open_shared(SITES_DIR "/fifo");
	return NULL;
}

/* Blocked in the kernel, the thread is in front of the call, too, if the call would be restarted. */
static void blocked(void)
{
	struct sigaction act = { .sa_sigaction = on_cancel, .sa_flags = SA_SIGINFO | SA_RESTART };
	int wrong = 0;

	NEED(mkfifo(SITES_DIR "/fifo", 0600) == 0);
	NEED(sigaction(SIGUSR1, &act, NULL) == 0);
	cancels = true;
	for (int i = 0; i < 20; i++) {
		pthread_t thread;
		long result = 0;

		NEED(pthread_create(&thread, NULL, waits, &result) == 0);
		usleep(i * 500);
		do
			pthread_kill(thread, SIGUSR1);
		while (usleep(2000), *(volatile long *)&result == 0);
		pthread_join(thread, NULL);
		wrong += result != -ECANCELED;
	}
	cancels = false;
	printf("blocked: %d wrong\n", wrong);
}

static void *thread_rounds(void *wrong)
{
	*(int *)wrong = shared_rounds(200);
	return NULL;
}

static void threads(void)
{
	pthread_t thread[4];
	int wrong[4], sum = 0;

	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&thread[i], NULL, thread_rounds, &wrong[i]) == 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		sum += wrong[i];
	}
	printf("threads: %d wrong\n", sum);
}

static void forked(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(shared_rounds(50) != 0);
	NEED(waitpid(pid, &status, 0) == pid);
	printf("fork: %d, and %d wrong\n", status, shared_rounds(10));
}

int main(void)
{
	sites_make();
	printf("other calls: %ld %ld\n", call(SYS_close, -1, 0, 0), call(SYS_connect, -1, 0, 0));
	printf("other calls: %ld %ld\n", call(SYS_connect, -1, 0, 0), call(SYS_connect, -1, 0, 0));
	printf("calm: %d wrong\n", shared_rounds(100));
	storm("storm", 0, false);
	storm("restarting", SA_RESTART, false);
	storm("cancelling", 0, true);
	forked();
	threads();
	alone = true;
	printf("alone: %d wrong\n", shared_rounds(100));
	storm("alone", 0, false);
	storm("alone, restarting", SA_RESTART, false);
	forked();
	threads();
	alone = false;
	blocked();
	printf("afterwards: %d wrong\n", shared_rounds(10));
	return 0;
}
