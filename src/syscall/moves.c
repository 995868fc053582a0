// SPDX-License-Identifier: MIT
/*
 * mremap(2) to another place, and munmap(2) of whole regions or low ones: what they do to the
 * agent's memory and to its jumps, of which the guest knows nothing.
 */
#include "syscall/handlers.h"
#include "tracee/agent.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/sites.h"
#include "tracee/tracee.h"

/* Jumps lead from where they are: code that moves must be the file's own. */
int sys_mremap(struct call *c)
{
	sites_restore(c->t, c->guest_arg[0], c->guest_arg[0] + c->guest_arg[1]);
	return 0;
}

static bool holds(const struct call *c, uint64_t addr)
{
	return addr - c->guest_arg[0] < c->guest_arg[1];
}

/* It was not to be seen, so nobody minds that it goes; but nothing may lead there any more. */
int sys_munmap(struct call *c)
{
	const struct agent_host *h = tracee_session(c->t)->agents;
	uint64_t island;

	if (!h || !c->t->mm || !c->t->mm->agent)
		return 0;
	if (holds(c, h->window) || (agent_find_island(c->t, &island) && holds(c, island))) {
		sites_restore(c->t, 0, UINT64_MAX);
		agent_turn_off(c->t);
	}
	return 0;
}
