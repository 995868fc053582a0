// SPDX-License-Identifier: MIT
/*
 * clone3 from one place, over and over: threads by the thousand and many at a time, with flags of every
 * kind, in a storm of signals; sizes and pointers that are refused; registers of parent and child;
 * what children share with their parents, and that all of them live in the guest's world.
 *
 * arch: 64 dyn
 * timeout: 120
 */
#include "sites.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>

SITE(SYS_clone3, site_clone3, void *, size_t);

/* The same for a child with a stack of its own, which runs fn(arg) and ends. */
__asm__(".text\n	.p2align 4\n	.globl site_clone3_run\n	.type site_clone3_run, @function\n"
	"site_clone3_run:\n"
	"	mov %rcx, %r8\n	mov $" SITE_TEXT(SYS_clone3) ", %eax\n	syscall\n"
	"	test %rax, %rax\n	jz 1f\n	ret\n"
	"1:	xor %ebp, %ebp\n	mov %r8, %rdi\n	call *%rdx\n"
	"	mov %eax, %edi\n	mov $60, %eax\n	syscall\n"
	"	.size site_clone3_run, . - site_clone3_run\n");
long site_clone3_run(struct clone_args *, size_t, int (*fn)(void *), void *arg);

enum { TIMES = 20 };

static volatile int shared, wrong, ended;
static char stack[65536] __attribute__((aligned(16)));

static void add(volatile int *sum, int n)
{
	__atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

/* ---- children and what they share ------------------------------------------------------------ */

static int child(void *arg)
{
	(void)arg;
	shared = 1;
	close(3);
	if (site_round() || site_chdir("/tmp/other") != 0)
		return 1;
	return site_access("only-other", F_OK) != 0 || site_access("/etc/hostname", F_OK) == 0 ? 2 : 4;
}

static int status_of(long pid)
{
	int status = -1;

	while (waitpid((pid_t)pid, &status, __WALL) < 0 && errno == EINTR)
		;
	return status;
}

/* Each time the same; told once. */
static void many(const char *what, uint64_t flags, bool own_stack)
{
	int first = -1, first_shares = 0, others = 0;

	for (int i = 0; i < TIMES; i++) {
		struct clone_args a = { .flags = flags, .exit_signal = SIGCHLD };
		int status, shares;
		char buf[64];
		long pid;

		NEED(chdir(SITES_DIR) == 0);
		close(3);
		NEED(open("file", O_RDONLY) == 3);
		shared = 0;
		if (own_stack)
			a.stack = (uintptr_t)stack, a.stack_size = sizeof(stack);
		pid = own_stack ? site_clone3_run(&a, sizeof(a), child, NULL) : site_clone3(&a, sizeof(a));
		if (pid == 0)
			_exit(child(NULL));
		status = pid < 0 ? (int)pid : status_of(pid);
		shares = shared + (fcntl(3, F_GETFD) < 0 ? 2 : 0) + (strcmp(getcwd(buf, sizeof(buf)), SITES_DIR) ? 4 : 0);
		if (i == 0)
			first = status, first_shares = shares;
		others += status != first || shares != first_shares;
	}
	printf("%s: ", what);
	if (first < 0)
		printf("%s\n", err_name(-first));
	else
		show_wait("child", first);
	printf("  shares %d, %d others\n", first_shares, others);
}

static void all_flags(void)
{
	many("plain", 0, false);
	many("own stack", 0, true);
	many("files", CLONE_FILES, false);
	many("fs", CLONE_FS, false);
	many("io", CLONE_IO, false);
	many("clear handlers", CLONE_CLEAR_SIGHAND, false);
	many("memory", CLONE_VM, true);
	many("memory, waited for", CLONE_VM | CLONE_VFORK, true);
	many("memory, fs, files", CLONE_VM | CLONE_FS | CLONE_FILES, true);
	many("handlers", CLONE_VM | CLONE_SIGHAND, true);
	many("ptrace", CLONE_PTRACE, false);
	many("untraced", CLONE_UNTRACED, false);
	many("untraced, memory", CLONE_UNTRACED | CLONE_VM, true);
	many("thread without handlers", CLONE_VM | CLONE_THREAD, true);
	many("handlers without memory", CLONE_SIGHAND, false);
	many("mount namespace", CLONE_NEWNS, false);
	many("mount namespace and fs", CLONE_NEWNS | CLONE_FS, false);
	many("pid namespace", CLONE_NEWPID, false);
	many("network namespace", CLONE_NEWNET, false);
	many("uts namespace", CLONE_NEWUTS, false);
	many("time namespace", 0x80, false);
	many("exit signal in flags", SIGCHLD, false);
	many("unknown flag", 1ULL << 50, false);
	many("detached", CLONE_DETACHED, false);
}

static void told(void)
{
	int good = 0;

	for (int i = 0; i < TIMES; i++) {
		int pidfd = -1, ptid = 0, ctid = 0;
		struct clone_args a = { .flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
					.exit_signal = SIGCHLD, .pidfd = (uintptr_t)&pidfd,
					.parent_tid = (uintptr_t)&ptid, .child_tid = (uintptr_t)&ctid };
		long pid = site_clone3(&a, sizeof(a));
		siginfo_t info = { 0 };

		if (pid == 0)
			_exit(ctid == getpid() && ptid == 0 ? child(NULL) : 9);
		good += waitid(P_PIDFD, pidfd, &info, WEXITED) == 0 && info.si_status == 4 && ptid == pid && ctid == 0;
		close(pidfd);
	}
	printf("told: %d\n", good);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void try(const char *what, void *args, size_t size)
{
	long first = 0, r;
	int others = 0;

	for (int i = 0; i < 3; i++) {
		r = site_clone3(args, size);
		if (r == 0)
			_exit(0);
		if (r > 0) {
			status_of(r);
			r = 0;
		}
		first = i ? first : r;
		others += r != first;
	}
	errno = (int)-first;
	show(what, first < 0 ? -1 : first);
	if (others)
		printf("  %d others\n", others);
}

static void refused(void)
{
	static const size_t sizes[] = { 0, 8, 63, 64, 72, 80, 87, 88, 96, 104, 4096, 4097, 1 << 20 };
	char *gap = page_before_gap() + sysconf(_SC_PAGESIZE), what[64];
	static char room[8192];
	struct clone_args *a = (struct clone_args *)room;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		memset(room, 0, sizeof(room));
		a->exit_signal = SIGCHLD;
		snprintf(what, sizeof(what), "size %zu", sizes[i]);
		try(what, a, sizes[i]);
		if (sizes[i] <= sizeof(*a) || sizes[i] > sizeof(room))
			continue;
		room[sizes[i] - 1] = 1;
		snprintf(what, sizeof(what), "size %zu, not zero at its end", sizes[i]);
		try(what, a, sizes[i]);
	}
	*a = (struct clone_args){ .exit_signal = 99 };
	try("exit signal 99", a, sizeof(*a));
	*a = (struct clone_args){ .exit_signal = SIGCHLD, .stack = (uintptr_t)stack };
	try("stack without size", a, sizeof(*a));
	*a = (struct clone_args){ .exit_signal = SIGCHLD, .stack_size = 4096 };
	try("size without stack", a, sizeof(*a));
	*a = (struct clone_args){ .exit_signal = SIGCHLD, .flags = CLONE_INTO_CGROUP, .cgroup = 99 };
	try("cgroup", a, sizeof(*a));
	*a = (struct clone_args){ .exit_signal = SIGCHLD, .set_tid = 8, .set_tid_size = 1 };
	try("set_tid nowhere", a, sizeof(*a));
	*a = (struct clone_args){ .exit_signal = SIGCHLD, .set_tid_size = 1 };
	try("set_tid null", a, sizeof(*a));
	*a = (struct clone_args){ .exit_signal = SIGCHLD, .flags = CLONE_PARENT_SETTID, .parent_tid = 8 };
	try("parent_tid nowhere", a, sizeof(*a));
	memset(gap - sizeof(*a), 0, sizeof(*a));
	((struct clone_args *)(gap - sizeof(*a)))->exit_signal = SIGCHLD;
	try("at the end of a page", gap - sizeof(*a), sizeof(*a));
	try("beyond the end", gap - sizeof(*a) + 8, sizeof(*a));
}

static void nowhere(void)
{
	char *gap = page_before_gap() + sysconf(_SC_PAGESIZE);

	try("null", NULL, sizeof(struct clone_args));
	try("low", (void *)8, sizeof(struct clone_args));
	try("in the gap", gap, sizeof(struct clone_args));
	try("the kernel's", (void *)-4096L, sizeof(struct clone_args));
	try("not canonical", (void *)0x8000000000000000UL, sizeof(struct clone_args));
	printf("after it: %d wrong\n", rounds(2));
}

/* ---- registers ------------------------------------------------------------------------------- */

struct regs {
	long v[12];
};

/* site_clone3 with the registers of *in, and what they are behind it. */
__asm__(".text\n	.p2align 4\n	.type with_regs, @function\nwith_regs:\n"
	"	push %rbx\n	push %rbp\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n	push %rsi\n"
	"	mov %rdi, %rax\n"
	"	mov 0(%rax), %rdi\n	mov 8(%rax), %rsi\n	mov 16(%rax), %rdx\n	mov 24(%rax), %rcx\n"
	"	mov 32(%rax), %r8\n	mov 40(%rax), %r9\n	mov 48(%rax), %rbx\n	mov 56(%rax), %rbp\n"
	"	mov 64(%rax), %r12\n	mov 72(%rax), %r13\n	mov 80(%rax), %r14\n	mov 88(%rax), %r15\n"
	"	call site_clone3\n"
	"	xchg %rax, (%rsp)\n"
	"	mov %rdi, 0(%rax)\n	mov %rsi, 8(%rax)\n	mov %rdx, 16(%rax)\n	mov %r10, 24(%rax)\n"
	"	mov %r8, 32(%rax)\n	mov %r9, 40(%rax)\n	mov %rbx, 48(%rax)\n	mov %rbp, 56(%rax)\n"
	"	mov %r12, 64(%rax)\n	mov %r13, 72(%rax)\n	mov %r14, 80(%rax)\n	mov %r15, 88(%rax)\n"
	"	pop %rax\n	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbp\n	pop %rbx\n	ret\n"
	"	.size with_regs, . - with_regs\n");
long with_regs(const struct regs *in, struct regs *out);

static void registers(void)
{
	static struct clone_args a = { .exit_signal = SIGCHLD };
	int bad = 0, good = 0;

	for (int i = 0; i < TIMES; i++) {
		struct regs in = { { (long)&a, sizeof(a), 3, -4, 5, 6, 7, 8, 9, 10, 11, 12 } }, out = { { 0 } };
		long pid = with_regs(&in, &out);

		if (pid == 0)
			_exit(memcmp(&in, &out, sizeof(in)) == 0 ? 44 : 45);
		bad += memcmp(&in, &out, sizeof(in)) != 0;
		good += WEXITSTATUS(status_of(pid)) == 44;
	}
	printf("registers: %d bad, %d children\n", bad, good);
}

/* ---- threads --------------------------------------------------------------------------------- */

static void *thread(void *arg)
{
	add(&wrong, (long)arg % 8 == 0 ? rounds(1) : site_access("link", R_OK) != 0);
	add(&ended, 1);
	return arg;
}

static int threads(int n, int at_once)
{
	pthread_t t[64];
	int good = 0;
	void *got;

	for (int i = 0; i < n; i += at_once) {
		for (long j = 0; j < at_once; j++)
			NEED(pthread_create(&t[j], NULL, thread, (void *)j) == 0);
		for (long j = 0; j < at_once; j++)
			good += pthread_join(t[j], &got) == 0 && got == (void *)j;
	}
	return good;
}

static void *creates(void *arg)
{
	pthread_t t;

	for (int i = 0; i < 50; i++) {
		NEED(pthread_create(&t, NULL, thread, arg) == 0);
		NEED(pthread_join(t, NULL) == 0);
	}
	return arg;
}

static void creators(void)
{
	pthread_t t[8];

	for (long i = 0; i < 8; i++)
		NEED(pthread_create(&t[i], NULL, creates, (void *)i) == 0);
	for (int i = 0; i < 8; i++)
		NEED(pthread_join(t[i], NULL) == 0);
}

static void on_signal(int sig)
{
	int saved = errno;

	(void)sig;
	add(&wrong, short_round());
	storm_next();
	errno = saved;
}

static void births_in_a_storm(int n)
{
	struct clone_args a = { .exit_signal = SIGCHLD };
	int good = 0, spawned = 0;
	char *const argv[] = { "siteclone", "child", NULL };

	storm_begin(on_signal, SA_RESTART, 1000000);
	for (int i = 0; i < n; i++) {
		long pid = site_clone3(&a, sizeof(a));

		if (pid == 0)
			_exit(short_round() ? 1 : 47);
		good += pid > 0 && WEXITSTATUS(status_of(pid)) == 47;
	}
	for (int i = 0; i < n / 4; i++) {
		pid_t pid;

		spawned += posix_spawn(&pid, "/bin/siteclone", NULL, NULL, argv, environ) == 0 &&
			   WEXITSTATUS(status_of(pid)) == 48;
	}
	storm_end();
	printf("in a storm: %d of %d, %d of %d spawned\n", good, n, spawned, n / 4);
}

/* Killed at any moment around its birth; whoever is born lives in the guest's world or not at all. */
static int gives_birth(void *arg)
{
	(void)arg;
	for (;;) {
		struct clone_args a = { .exit_signal = SIGCHLD };
		long pid = site_clone3(&a, sizeof(a));

		if (pid == 0)
			_exit(site_access(SITES_DIR, F_OK) == 0 ? 0 : 1);
		if (status_of(pid) != 0)
			return 1;
	}
}

static void killed(int n)
{
	int good = 0;

	for (int i = 0; i < n; i++) {
		pid_t pid = start(gives_birth, NULL);

		nap_ms(i % 4);
		kill(pid, SIGKILL);
		good += WIFSIGNALED(status_of(pid));
	}
	printf("killed: %d of %d\n", good, n);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return rounds(2) ? 1 : 48;
	sites_make();
	make_dir("/tmp/other");
	make_file("/tmp/other/only-other", "x\n");
	printf("before: %d wrong\n", rounds(20));
	all_flags();
	NEED(chdir(SITES_DIR) == 0);
	told();
	registers();
	refused();
	printf("one after another: %d\n", threads(1500, 1));
	printf("many at once: %d\n", threads(640, 64));
	creators();
	printf("by many: %d ended, %d wrong\n", ended, wrong);
	births_in_a_storm(200);
	killed(30);
	nowhere();
	printf("after: %d wrong\n", wrong + rounds(10));
	return 0;
}
