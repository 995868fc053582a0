/* SPDX-License-Identifier: MIT */
/*
 * A session with a tracer, for who runs it inside namespaces: the caller is its front. All of it is
 * found and made where the caller stands: pids, mounts, ids.
 */
#ifndef PR_ENGINE_PTRACE_TRACED_H
#define PR_ENGINE_PTRACE_TRACED_H

#include <signal.h>

#include "base/fail.h"
#include "engine/sessions/serve.h"

struct session;
struct session_config;

struct traced {
	const struct session_config *config;
	struct session *session;
	sigset_t caller_mask; /* the guest's */
	struct door door;     /* where pr exec comes in */
	int stops_fd; /* gets a byte for each stop of the command, from a process 1; -1: it stops */
};

/* All that can fail for reasons of the host or the root. NULL, and why: nothing is left. */
struct session *traced_prepare(const struct session_config *config, struct fail *fail);

/* With all signals blocked: to its end, as an engine's run. The session is closed. */
int traced_run(const struct traced *traced, struct fail *fail);

#endif
