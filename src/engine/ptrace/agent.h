/* SPDX-License-Identifier: MIT */
/* Threads in the agent. Private to engine/ptrace. */
#ifndef PR_ENGINE_PTRACE_AGENT_H
#define PR_ENGINE_PTRACE_AGENT_H

struct tracee;

enum agent_was {
	AGENT_WAS_NOT_THERE,
	AGENT_LEFT,    /* the thread stands at the guest's own call now */
	AGENT_FAULTED, /* the same; the signal was the agent's own, and is to be dropped */
};

/* In a signal-delivery stop. */
enum agent_was agent_leave(struct tracee *t, int sig);

#endif
