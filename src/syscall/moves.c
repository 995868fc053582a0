// SPDX-License-Identifier: MIT
/*
 * mremap(2) to another place. Jumps to the agent lead from where they are: code that moves must be
 * the file's own.
 */
#include "syscall/handlers.h"
#include "tracee/call.h"
#include "tracee/sites.h"

int sys_mremap(struct call *c)
{
	sites_restore(c->t, c->guest_arg[0], c->guest_arg[0] + c->guest_arg[1]);
	return 0;
}
