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

/*
 * Runs the command, or the shell where there is none. PWD becomes the directory, HOME `home` unless
 * NULL. Returns only with an errno; *ret_tried_path: it was looked for in PATH.
 */
int command_exec(const struct session_config *config, const char *home, bool *ret_tried_path);

/* The exit status where exec failed with this errno. */
int command_status(int err);

/* Says why the directory could not be entered, or the command not be run. */
void command_explain_enter(const struct session_config *config, int err, struct fail *fail);
void command_explain_exec(const struct session_config *config, int err, bool tried_path,
			  struct fail *fail);

#endif
