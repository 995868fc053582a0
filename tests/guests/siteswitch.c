// SPDX-License-Identifier: MIT
/*
 * A scheduler in a signal handler: coroutines that make calls from places in use are left in the middle of
 * them, at ten kilohertz, for others, and gone on with later, out of another's handler. And handlers that
 * have children, by fork and vfork, out of the middle of a call.
 *
 * arch: 64 32 dyn
 * timeout: 90
 */
#include "sites.h"

#include <ucontext.h>

enum { COROUTINES = 6, STACK_BYTES = 65536, SWITCHES = 3000, CHILDREN = 300 };

/* ---- coroutines ---------------------------------------------------------------------------------- */

static struct coroutine {
	ucontext_t context;
	volatile bool ended;
	int wrong;
} all[COROUTINES];

static ucontext_t origin;
static volatile int current;

/* The next that has not ended, or -1. */
static int next_of(int from)
{
	for (int i = 1; i <= COROUTINES; i++)
		if (!all[(from + i) % COROUTINES].ended)
			return (from + i) % COROUTINES;
	return -1;
}

static void on_switch(int sig)
{
	int saved = errno, from = current, to = next_of(from);

	(void)sig;
	storm_next();
	if (to >= 0 && to != from) {
		current = to;
		swapcontext(&all[from].context, &all[to].context);
	}
	errno = saved;
}

static void block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	NEED(sigprocmask(how, &set, NULL) == 0);
}

static void body(int self)
{
	struct coroutine *c = &all[self];
	int to;

	block(SIG_UNBLOCK);
	do
		c->wrong += site_round() + libc_round();
	while (storm_left > 0);
	block(SIG_BLOCK);
	c->ended = true;
	to = next_of(self);
	current = to;
	setcontext(to < 0 ? &origin : &all[to].context);
}

static void start_coroutines(void)
{
	block(SIG_BLOCK);
	for (int i = 0; i < COROUTINES; i++) {
		ucontext_t *u = &all[i].context;

		NEED(getcontext(u) == 0);
		u->uc_stack.ss_sp = malloc(STACK_BYTES);
		u->uc_stack.ss_size = STACK_BYTES;
		makecontext(u, (void (*)(void))body, 1, i);
	}
	storm_begin(on_switch, 0, SWITCHES);
	NEED(swapcontext(&origin, &all[0].context) == 0);
	storm_end();
	block(SIG_UNBLOCK);
}

static void coroutines(void)
{
	int wrong = 0, ended = 0;

	start_coroutines();
	for (int i = 0; i < COROUTINES; i++) {
		wrong += all[i].wrong;
		ended += all[i].ended;
	}
	printf("coroutines: %d ended, %d wrong\n", ended, wrong);
}

/* ---- children ------------------------------------------------------------------------------------ */

static volatile int born, bad;

static void on_birth(int sig)
{
	int saved = errno, status;
	pid_t pid = born++ % 2 ? vfork() : fork();

	(void)sig;
	if (pid == 0)
		_exit(born % 2 && short_round() ? 1 : 7);
	bad += waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 7;
	errno = saved;
	storm_next();
}

static void children(void)
{
	int wrong = 0;

	storm_begin(on_birth, SA_RESTART, CHILDREN);
	while (storm_left > 0)
		wrong += libc_round() + site_round();
	storm_end();
	printf("children: %d, %d bad, %d wrong\n", born >= CHILDREN - 1, bad, wrong);
}

int main(void)
{
	sites_make();
	printf("before: %d wrong\n", rounds(100));
	coroutines();
	children();
	printf("after: %d wrong, %d descriptors\n", rounds(10), open_descriptors());
	return 0;
}
