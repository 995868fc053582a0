/* SPDX-License-Identifier: MIT */
/* What the files that run containers share. */
#ifndef PR_CONTAINER_START_H
#define PR_CONTAINER_START_H

#include <stdbool.h>

#include "container/place.h"
#include "engine/engine.h"

struct run {
	const char *name, *rootfs, *log;
	struct settings *settings;
	struct session_config config;
	struct run_status status;
	int lock_fd; /* ours */
	bool terminal, interactive, remove;
};

/* In this process: its exit status, when it has ended and status.json says so. */
int run_session(struct run *run, struct fail *fail);
/* In a process of its own. 0 as soon as the command runs, else as run_session. */
int run_detached(struct run *run, struct fail *fail);

/* The binds of a container, the host's own first; *ret is a child of ctx. 0 or negative. */
int run_binds(void *ctx, const struct settings *settings, struct session_config *c,
	      struct fail *fail);

/* Its lock is this process's. */
int container_remove_locked(struct state *s, const char *name, struct fail *fail);

#endif
