/* SPDX-License-Identifier: MIT */
/* What each engine tells the choice between them (choice.c). */
#ifndef PR_ENGINE_CHOICE_H
#define PR_ENGINE_CHOICE_H

#include "base/fail.h"
#include "engine/engine.h"

/*
 * run's, in place of a status: the set-up failed, nothing of it is left, `fail` says why. Refused:
 * and no other can be tried after it, as the caller's files are closed.
 */
enum { ENGINE_UNFIT = -1, ENGINE_REFUSED = -2 };

struct engine {
	const char *name;
	/*
	 * An option asked for that it cannot give, or NULL; "" where it is not for such sessions at
	 * all. Looks at nothing but options.
	 */
	const char *(*lacks)(const struct session_config *config);
	/* As engine_run, or one of these. */
	int (*run)(const struct session_config *config, struct fail *fail);
};

/* Those that are tried for this name, in order: up to ENGINE_ORDER_MAX, NULL behind fewer. */
enum { ENGINE_ORDER_MAX = 3 };
const struct engine *const *engine_order(enum engine_name name);

extern const struct engine userns_engine;	  /* userns/run.c: the kernel keeps the owners */
extern const struct engine userns_records_engine; /* the same file: pr does, with one id */
extern const struct engine ptrace_engine;	  /* ptrace/run.c */

#endif
