/* SPDX-License-Identifier: MIT */
/*
 * One thing tried on this host, for real and in a child, so that whatever it makes (a namespace, a
 * filter, a mount) is gone when it ends, and its death by a signal is an answer too.
 */
#ifndef PR_ENGINE_DOCTOR_TRIAL_H
#define PR_ENGINE_DOCTOR_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct probe;
struct session_config;

enum outcome {
	OUTCOME_OK,
	OUTCOME_FAILED,
	OUTCOME_SKIPPED, /* probe->needs has failed */
};

/* Shared between the child that tries and the one who asked. */
struct trial {
	const struct probe *probe;
	const struct session_config *config;
	enum outcome outcome;
	char step[160];	  /* what was being done last; of a failure: what failed */
	int error;	  /* its errno; 0: it has none */
	char detail[600]; /* of a success: what was found; of a failure without errno: why */
	/* causes.c: what stands behind the failure, and what to do about it; or empty. */
	char cause[256], remedy[256];
	bool is_guess;
};

/*
 * A probe's function runs in the child. 0, -errno of the step named last, or TRIAL_SAID: it failed
 * and `detail` says why.
 */
enum { TRIAL_SAID = 1 };

/* Names what is done next. Always 0. */
int trial_step(struct trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Fills in `detail`; returns TRIAL_SAID, for `return trial_say(...)`. */
int trial_say(struct trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs t->probe in a child and fills in outcome, step, error and detail. */
void trial_run(struct trial *t);

/*
 * In a trial: a child made with these namespaces (0: fork) that ends with us and runs `inside`.
 * What it returns, or -errno where it could not be made.
 */
int trial_child(struct trial *t, unsigned long namespaces, int (*inside)(struct trial *t));
/* The same in two steps: its pid or -errno; what it returned. */
pid_t trial_start(struct trial *t, unsigned long namespaces, int (*inside)(struct trial *t));
int trial_finish(struct trial *t, pid_t pid);

#endif
