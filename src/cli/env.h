/* SPDX-License-Identifier: MIT */
/* The guest's environment while options edit it: a list of "NAME=VALUE", ended by NULL. */
#ifndef PR_CLI_ENV_H
#define PR_CLI_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

struct env {
	void *ctx;	       /* owns the list and what is written into it */
	char *const *caller;   /* borrowed: where a bare NAME takes its value from */
	char **list;	       /* `count` strings, borrowed or children of ctx, and a NULL */
	size_t count;
	const char **edits; /* what was done, as engine_exec wants it: ends with NULL */
	size_t edit_count;
	bool home_asked; /* some option named HOME */
};

/* Starts as a copy of the caller's. 0, or negative with `fail` set, as all below. */
int env_init(struct env *e, void *ctx, char *const *caller, struct fail *fail);

/*
 * "NAME=VALUE" sets; "NAME" takes the caller's value, or unsets it where the caller has none.
 * Copies `word`. Fails on an empty name.
 */
int env_set(struct env *e, const char *word, struct fail *fail);

/* env_set for every line of a file, but for empty ones and comments. */
int env_set_file(struct env *e, const char *path, struct fail *fail);

/* Removes the variables whose names match a shell pattern. */
int env_unset(struct env *e, const char *glob, struct fail *fail);

int env_clear(struct env *e, struct fail *fail);

#endif
