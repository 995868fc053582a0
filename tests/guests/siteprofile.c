// SPDX-License-Identifier: MIT
/*
 * A profiler's view of a program that makes calls: in its signal handler the interrupted program counter
 * lies in the code of the program, its libraries or the vdso as the program was told of them, the stack
 * pointer on its own stack, and the stack unwinds to where it began. Timers of real and processor time.
 *
 * arch: 64 dyn
 */
#include "sites.h"

#include <execinfo.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unwind.h>

/* backtrace(3) loads libgcc at run time; naming it brings it into the guest. */
__attribute__((used)) static void *const needs_libgcc = (void *)_Unwind_ForcedUnwind;

SITE(SYS_sendmsg, site_sendmsg, int, const struct msghdr *, int);
SITE(SYS_recvmsg, site_recvmsg, int, struct msghdr *, int);
SITE(SYS_clone3, site_clone3, struct clone_args *, size_t);

/* All that is profiled is called from a function in this section. */
extern const char __start_worktext[], __stop_worktext[];

static struct range {
	unsigned long begin, end;
} code[64];
static int codes;

static void learn_code(void)
{
	char *maps = read_all("/proc/self/maps"), *save, name[256], rights[8];
	unsigned long begin, end;

	codes = 0;
	for (char *line = strtok_r(maps, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		name[0] = '\0';
		NEED(sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &begin, &end, rights, name) >= 3);
		if (rights[2] != 'x')
			continue;
		if (name[0] != '/' && strcmp(name, "[vdso]") != 0 && strcmp(name, "[vsyscall]") != 0)
			printf("code of unknown name: %s\n", name);
		else if (codes < 64)
			code[codes++] = (struct range){ begin, end };
	}
	free(maps);
}

static bool known(unsigned long pc)
{
	for (int i = 0; i < codes; i++)
		if (pc >= code[i].begin && pc < code[i].end)
			return true;
	return false;
}

static volatile int samples, pcs_elsewhere, sps_elsewhere, frames_elsewhere, unrooted;

static void add(volatile int *sum, bool one)
{
	__atomic_add_fetch(sum, one, __ATOMIC_RELAXED);
}

/* The first two frames are the handler's and the kernel's trampoline. */
static void look_at_stack(void)
{
	void *frames[64];
	int n = backtrace(frames, 64);
	bool rooted = false;

	for (int i = 0; i < n; i++) {
		add(&frames_elsewhere, !known((unsigned long)frames[i]));
		rooted |= (char *)frames[i] >= __start_worktext && (char *)frames[i] <= __stop_worktext;
	}
	add(&unrooted, !rooted);
}

static void on_sample(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	unsigned long pc = u->uc_mcontext.gregs[REG_RIP], sp = u->uc_mcontext.gregs[REG_RSP];
	int saved = errno;

	(void)info;
	add(&samples, true);
	add(&pcs_elsewhere, !known(pc));
	/* below it: the red zone and the frame of the signal */
	add(&sps_elsewhere, sp < (unsigned long)&u || sp - (unsigned long)&u > 32768);
	look_at_stack();
	if (sig == SIGALRM)
		storm_next();
	errno = saved;
}

__attribute__((noinline, section("worktext"))) static int work(int n)
{
	int wrong = 0;

	for (int i = 0; i < n; i++)
		wrong += libc_round() + site_round();
	__asm__ volatile(""); /* no tail call */
	return wrong;
}

static volatile int done, wrong_elsewhere;

__attribute__((noinline, section("worktext"))) static void *works(void *arg)
{
	while (!done)
		__atomic_add_fetch(&wrong_elsewhere, work(1), __ATOMIC_RELAXED);
	return arg;
}

/* Some code of a static C library has no unwind information: not all stacks unwind natively. */
static const char *few(int n)
{
	return n * 20 > samples ? "many" : "hardly any";
}

static void report(const char *what, int wrong)
{
	printf("%s: %s, %d wrong\n", what, samples > 20 ? "sampled" : "not sampled", wrong);
	printf("  elsewhere: %d program counters, %d stack pointers, %s frames; without root: %s\n",
	       pcs_elsewhere, sps_elsewhere, few(frames_elsewhere), few(unrooted));
	samples = frames_elsewhere = unrooted = 0;
}

static void handle(int sig)
{
	struct sigaction act = { .sa_sigaction = on_sample, .sa_flags = SA_SIGINFO | SA_RESTART };

	NEED(sigaction(sig, &act, NULL) == 0);
}

static void real_time(void)
{
	int wrong = 0;

	storm_begin(SIG_IGN, 0, 500);
	handle(SIGALRM);
	storm_left = 500;
	storm_next();
	while (storm_left > 0)
		wrong += work(1);
	storm_end();
	report("real time", wrong);
}

/* Asleep in a receive, sending, or being born. */
__attribute__((noinline, section("worktext"))) static int messages(const int pair[2])
{
	struct clone_args a = { .exit_signal = SIGCHLD };
	char text[8];
	struct iovec v = { "text", 4 }, to = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 }, n = { .msg_iov = &to, .msg_iovlen = 1 };
	int got = 0;
	long pid;

	site_sendmsg(pair[0], &m, 0);
	/* until it is interrupted while it sleeps, or before */
	while (site_recvmsg(pair[1], &n, 0) == 4)
		got++;
	pid = site_clone3(&a, sizeof(a));
	if (pid == 0)
		_exit(0);
	while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
		;
	__asm__ volatile("");
	return got > 1 || pid < 0;
}

static void calls_as_they_are(void)
{
	struct itimerval t = { { 0, 500 }, { 0, 500 } }, none = { { 0, 0 }, { 0, 0 } };
	struct sigaction act = { .sa_sigaction = on_sample, .sa_flags = SA_SIGINFO };
	int pair[2], wrong = 0;

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	NEED(sigaction(SIGALRM, &act, NULL) == 0);
	NEED(setitimer(ITIMER_REAL, &t, NULL) == 0);
	while (samples < 400)
		wrong += messages(pair);
	setitimer(ITIMER_REAL, &none, NULL);
	report("messages", wrong);
	close(pair[0]);
	close(pair[1]);
}

static void processor_time(const char *what, int threads)
{
	struct itimerval t = { { 0, 1000 }, { 0, 1000 } }, none = { { 0, 0 }, { 0, 0 } };
	pthread_t thread[4];
	int wrong = 0;

	done = wrong_elsewhere = 0;
	handle(SIGPROF);
	for (int i = 0; i < threads; i++)
		NEED(pthread_create(&thread[i], NULL, works, NULL) == 0);
	NEED(setitimer(ITIMER_PROF, &t, NULL) == 0);
	while (samples < 60)
		wrong += work(1);
	setitimer(ITIMER_PROF, &none, NULL);
	done = 1;
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	report(what, wrong + wrong_elsewhere);
}

int main(void)
{
	void *frames[4];

	sites_make();
	backtrace(frames, 4); /* what it loads is loaded now */
	printf("before: %d wrong\n", work(100));
	learn_code();
	real_time();
	processor_time("processor time", 0);
	processor_time("threads", 3);
	calls_as_they_are();
	learn_code();
	return 0;
}
