// SPDX-License-Identifier: MIT
/*
 * The kernel sends SIGBUS to the thread that touches a page behind the end of its file: mmap(2).
 * The handler puts an anonymous page there. A SIGBUS of any other origin ends the process as it
 * would have; a caller's choice to ignore the signal is left to the programs that it was made for.
 */
#include "ident/store_guard.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

/* A signal handler has no other way to know. Changed before threads are started, or by tests. */
static struct guard *guards;

static bool covers(const struct guard *g, const void *addr)
{
	return (uintptr_t)addr >= (uintptr_t)g->page &&
	       (uintptr_t)addr < (uintptr_t)g->page + g->bytes;
}

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };

	(void)context;
	for (struct guard *g = guards; g; g = g->next) {
		if (!covers(g, info->si_addr))
			continue;
		if (mmap(g->page, g->bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			break;
		g->lost = 1;
		return;
	}
	sigaction(sig, &by_default, NULL); /* and again */
}

void guard_add(struct guard *g)
{
	struct sigaction sa = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO }, old;

	if (!guards && sigaction(SIGBUS, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
		sigaction(SIGBUS, &sa, NULL);
	g->lost = 0;
	g->next = guards;
	guards = g;
}

void guard_remove(struct guard *g)
{
	struct guard **at = &guards;

	while (*at && *at != g)
		at = &(*at)->next;
	if (*at)
		*at = g->next;
}
