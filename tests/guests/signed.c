// SPDX-License-Identifier: MIT
/*
 * Signed return addresses (PAC): keys are a process's own from exec on, children have their parent's,
 * and they are the same in front of and behind calls, signals and births.
 *
 * machine: aarch64
 * arch: 64
 */
#include "guest.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#ifndef PR_PAC_RESET_KEYS
#define PR_PAC_RESET_KEYS 54
#endif

enum { HWCAP_SIGNS = 1 << 30 };

/* pacia and autia of x17 with x16: hints, so that they are instructions to every processor. */
static unsigned long sign(unsigned long p, unsigned long with)
{
	register unsigned long x17 __asm__("x17") = p;
	register unsigned long x16 __asm__("x16") = with;

	__asm__ volatile("hint #8" : "+r"(x17) : "r"(x16));
	return x17;
}

static unsigned long check(unsigned long p, unsigned long with)
{
	register unsigned long x17 __asm__("x17") = p;
	register unsigned long x16 __asm__("x16") = with;

	__asm__ volatile("hint #12" : "+r"(x17) : "r"(x16));
	return x17;
}

/* With 52 bits of address a signature has three: one alone proves little. */
enum { TRIES = 24 };
static unsigned long plain, made[TRIES];
static volatile sig_atomic_t came;

static void compare(const char *where)
{
	int same = 0;

	for (int i = 0; i < TRIES; i++)
		same += sign(plain, i) == made[i];
	printf("%s: %s\n", where, same == TRIES ? "as before" : "otherwise");
}

static void on_signal(int sig)
{
	came = sig;
}

static void *thread(void *arg)
{
	compare("thread");
	return arg;
}

/* Every return through here is signed and checked. */
__attribute__((target("branch-protection=pac-ret+leaf"), noinline)) static long deep(int n)
{
	struct stat st;

	if (n == 0)
		return stat("/tmp", &st);
	if (n == 5)
		raise(SIGUSR1);
	return deep(n - 1) + stat("/nowhere", &st);
}

int main(int argc, char **argv)
{
	int others = 0, right = 0;
	pthread_t t;
	pid_t pid;

	plain = (unsigned long)main;
	for (int i = 0; i < TRIES; i++) {
		made[i] = sign(plain, i);
		others += made[i] != plain;
		right += check(made[i], i) == plain;
	}
	printf("the processor signs: %d\n", !!(getauxval(AT_HWCAP) & HWCAP_SIGNS));
	printf("signed is another: %d\n", others > 0);
	printf("checked: %d\n", right == TRIES);
	if (argc > 1)
		return 0;
	signal(SIGUSR1, on_signal);
	printf("deep: %ld, signal %d\n", deep(20), came == SIGUSR1);
	compare("after calls");
	NEED(pthread_create(&t, NULL, thread, NULL) == 0);
	pthread_join(t, NULL);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		compare("child");
		fflush(stdout);
		execl("/proc/self/exe", argv[0], "again", NULL);
	}
	finish("child", pid);
	SHOW(syscall(SYS_prctl, PR_PAC_RESET_KEYS, 0, 0, 0, 0));
	return 0;
}
