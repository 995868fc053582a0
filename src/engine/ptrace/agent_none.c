// SPDX-License-Identifier: MIT
/* On a machine without an agent no signal finds a thread in it. */
#include "engine/ptrace/agent.h"

enum agent_was agent_leave(struct tracee *t, int sig)
{
	(void)t, (void)sig;
	return AGENT_WAS_NOT_THERE;
}
