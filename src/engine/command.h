/* SPDX-License-Identifier: MIT */
/* The last steps of the main process under every engine: directory, search in PATH, exec. */
#ifndef PR_ENGINE_COMMAND_H
#define PR_ENGINE_COMMAND_H

#include <stdbool.h>

#include "base/fail.h"

struct session_config;

/*
 * Enters the directory that was asked for, else the caller's where the guest has it, else "/". The
 * names are the guest's. 0 or -errno.
 */
int command_enter(const struct session_config *config, const char *caller_cwd);

/* What came of trying to run the command, by value: it may lie in shared memory. */
struct command_tried {
	bool path;    /* it was looked for in PATH */
	bool foreign; /* it is a program for another machine, */
	char arch[16]; /* which qemu calls so; "": it does not know it */
};

/*
 * Runs the command, or the shell where there is none. PWD becomes the directory, HOME `home` unless
 * NULL. Returns only with an errno; then *ret says what was tried.
 */
int command_exec(const struct session_config *config, const char *home, struct command_tried *ret);

/* The exit status where exec failed with this errno. */
int command_status(const struct session_config *config, int err, const struct command_tried *tried);

/* Says why the directory could not be entered, or the command not be run. */
void command_explain_enter(const struct session_config *config, int err, struct fail *fail);
void command_explain_exec(const struct session_config *config, int err,
			  const struct command_tried *tried, struct fail *fail);

#endif
