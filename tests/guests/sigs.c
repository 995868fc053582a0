// SPDX-License-Identifier: MIT
/*
 * Signals as the kernel delivers them: siginfo of kill, tgkill, sigqueue, faults, int3 and children;
 * order of real-time signals, masks of pselect and sigsuspend, alternate stacks, SIGTRAP as any other.
 *
 * arch: 64 32 dyn
 */
#include "guest.h"

#include <pthread.h>
#include <setjmp.h>
#include <sys/select.h>
#include <sys/signalfd.h>

static sigjmp_buf escape;
static siginfo_t last;
static char order[64];

static void on_info(int sig, siginfo_t *info, void *context)
{
	(void)context;
	last = *info;
	snprintf(order + strlen(order), sizeof(order) - strlen(order), "%d ", sig - SIGRTMIN);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	last = *info;
	last.si_signo = sig;
	siglongjmp(escape, 1);
}

static void handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction act = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	NEED(sigaction(sig, &act, NULL) == 0);
}

static void show_info(const char *what)
{
	printf("%s: %s code %d pid %s uid %s value %d\n", what, sigabbrev_np(last.si_signo), last.si_code,
	       last.si_pid == getpid() ? "own" : last.si_pid ? "other" : "0",
	       last.si_uid == getuid() ? "own" : "other",
	       last.si_code == SI_QUEUE ? last.si_value.sival_int : 0);
	memset(&last, 0, sizeof(last));
}

static int kill_parent(void *arg)
{
	kill(getppid(), SIGUSR1);
	(void)arg;
	return 0;
}

static void senders(void)
{
	sigset_t set, old;
	pid_t pid;

	handle(SIGUSR1, on_info, 0);
	kill(getpid(), SIGUSR1);
	show_info("kill");
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
	show_info("tgkill");
	syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1);
	show_info("tkill");
	sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 77 });
	show_info("sigqueue");
	raise(SIGUSR1);
	show_info("raise");
	pthread_kill(pthread_self(), SIGUSR1);
	show_info("pthread_kill");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = start(kill_parent, NULL);
	waitpid(pid, NULL, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	printf("child's kill: pid %s\n", last.si_pid == pid ? "the child's" : "another");
}

static void fault(const char *what, int sig, void (*fn)(void))
{
	handle(sig, on_fault, 0);
	memset(&last, 0, sizeof(last));
	if (sigsetjmp(escape, 1) == 0)
		fn();
	printf("%s: %s code %#x address %s\n", what, last.si_signo ? sigabbrev_np(last.si_signo) : "none",
	       last.si_code, last.si_addr == (void *)16 ? "16" : last.si_addr ? "some" : "null");
	signal(sig, SIG_DFL);
}

static void f_null(void)
{
	char *volatile p = (char *)16;

	*p = 1;
}

static void f_int3(void)
{
	__asm__ volatile("int3");
}

static void f_ud2(void)
{
	__asm__ volatile("ud2");
}

static void f_divide(void)
{
	volatile int zero = 0, seven = 7;

	seven = seven / zero;
}

static void f_bus(void)
{
	int fd = open("/tmp/short", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	volatile char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	close(fd);
	(void)*p;
}

static void f_privileged(void)
{
	__asm__ volatile("hlt");
}

/* Single-stepping ourselves by the trap flag. */
static void f_step(void)
{
#ifdef __x86_64__
	__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop" ::: "memory", "cc");
#else
	__asm__ volatile("pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tnop" ::: "memory", "cc");
#endif
}

static void faults(void)
{
	fault("null", SIGSEGV, f_null);
	fault("int3", SIGTRAP, f_int3);
	fault("ud2", SIGILL, f_ud2);
	fault("divide", SIGFPE, f_divide);
	fault("bus", SIGBUS, f_bus);
	fault("privileged", SIGSEGV, f_privileged);
	fault("trap flag", SIGTRAP, f_step);
}

static void trap_signal(void)
{
	handle(SIGTRAP, on_info, 0);
	kill(getpid(), SIGTRAP);
	show_info("kill TRAP");
	raise(SIGTRAP);
	show_info("raise TRAP");
	sigqueue(getpid(), SIGTRAP, (union sigval){ .sival_int = 5 });
	show_info("queue TRAP");
	signal(SIGTRAP, SIG_IGN);
	SHOW(kill(getpid(), SIGTRAP));
	signal(SIGTRAP, SIG_DFL);
}

static int dies_by(void *arg)
{
	int sig = *(int *)arg;

	if (sig < 0) {
		f_int3();
		return 0;
	}
	signal(sig, SIG_DFL);
	raise(sig);
	return 1;
}

static void deaths(void)
{
	static int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGKILL, SIGSEGV,
			      SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGSYS, SIGXCPU, SIGVTALRM, -1 };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		finish("death", start(dies_by, &sigs[i]));
}

static void queue_order(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	for (int i = 0; i < 4; i++) {
		handle(SIGRTMIN + i, on_info, 0);
		sigaddset(&set, SIGRTMIN + i);
	}
	sigprocmask(SIG_BLOCK, &set, &old);
	order[0] = '\0';
	for (int i = 3; i >= 0; i--) {
		sigqueue(getpid(), SIGRTMIN + i, (union sigval){ .sival_int = i });
		sigqueue(getpid(), SIGRTMIN + i, (union sigval){ .sival_int = i + 10 });
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	printf("order %s, last value %d\n", order, last.si_value.sival_int);
}

static void masks(void)
{
	sigset_t set, none, pending;
	struct timespec t = { 5, 0 };
	struct signalfd_siginfo info;
	int fd;

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	handle(SIGUSR1, on_info, 0);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	sigpending(&pending);
	printf("pending %d\n", sigismember(&pending, SIGUSR1));
	SHOW(pselect(0, NULL, NULL, NULL, &t, &none));
	show_info("in pselect");
	kill(getpid(), SIGUSR1);
	SHOW(sigsuspend(&none));
	show_info("in sigsuspend");
	kill(getpid(), SIGUSR1);
	printf("sigtimedwait %s\n", sigabbrev_np(sigtimedwait(&set, &last, &t)));
	show_info("waited");
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	kill(getpid(), SIGUSR1);
	SHOW(read(fd, &info, sizeof(info)));
	printf("signalfd %s\n", sigabbrev_np(info.ssi_signo));
	close(fd);
	t.tv_sec = 0;
	SHOW(sigtimedwait(&set, NULL, &t));
	SHOW(access("/tmp", F_OK));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static char alternate[65536] __attribute__((aligned(64)));

static void on_alternate(int sig, siginfo_t *info, void *context)
{
	char here;
	struct stat st;
	stack_t now;

	(void)sig, (void)info, (void)context;
	sigaltstack(NULL, &now);
	printf("on the alternate stack: %s, flags %d, stat %d\n",
	       &here > alternate && &here < alternate + sizeof(alternate) ? "yes" : "no", now.ss_flags,
	       stat("/tmp", &st));
}

static void alternate_stack(void)
{
	stack_t s = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	SHOW(sigaltstack(&s, NULL));
	handle(SIGUSR2, on_alternate, SA_ONSTACK);
	raise(SIGUSR2);
	handle(SIGUSR2, on_info, SA_RESETHAND | SA_NODEFER);
	raise(SIGUSR2);
	finish("reset handler", start(dies_by, &(int){ SIGUSR2 }));
}

int main(void)
{
	senders();
	faults();
	trap_signal();
	deaths();
	queue_order();
	masks();
	alternate_stack();
	return 0;
}
