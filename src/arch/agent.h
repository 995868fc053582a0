/* SPDX-License-Identifier: MIT */
/* The agent's view of the machine that it is built for. Freestanding. */
#ifndef PR_ARCH_AGENT_H
#define PR_ARCH_AGENT_H

#if defined(__x86_64__)
#include "arch/x86_64/agent.h"
#else
#error "no agent for this machine"
#endif

#endif
