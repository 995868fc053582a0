/* SPDX-License-Identifier: MIT */
/* Runs something in a child that has a terminal of its own, relayed to the caller's. */
#ifndef PR_ENGINE_ATTACH_H
#define PR_ENGINE_ATTACH_H

#include <stdbool.h>

#include "base/fail.h"

struct engine_attach {
	int (*run)(void *ctx, struct fail *fail); /* in the child; as engine_run */
	void *ctx;
	bool reads;   /* what is typed at ours */
	int child_fd; /* the child's alone from then on; -1: none */
};

/* Returns what `run` does. */
int engine_attach(const struct engine_attach *request, struct fail *fail);

#endif
