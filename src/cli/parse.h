/* SPDX-License-Identifier: MIT */
/*
 * The command line, parsed: what to do, and the session to do it in. Prints nothing and never
 * exits; a mistake is one line in a struct fail that names the word and the fix.
 */
#ifndef PR_CLI_PARSE_H
#define PR_CLI_PARSE_H

#include <stdbool.h>

#include "base/fail.h"
#include "cli/env.h"
#include "engine/engine.h"
#include "image/layout.h"

#define PR_VERSION "0.1"
#define PR_RELEASED "2026-11-22"

enum action {
	ACTION_RUN,
	ACTION_EXPLAIN,
	ACTION_DUMP_FILTER,
	ACTION_VERB, /* a sub-command */
	ACTION_HELP, /* of the verb, if there is one */
	ACTION_HELP_DEBUG,
	ACTION_VERSION,
	ACTION_WRITE_LOADER,
	ACTION_USAGE, /* nothing was asked for: a short usage, and failure */
};

/* Whose defaults: ours, or PRoot's where the program is called `proot`. */
enum manners { MANNERS_PR, MANNERS_PROOT };

struct request {
	enum action action;
	enum manners manners;
	bool quiet_binds; /* no warnings of binds that are left out */
	struct session_config session;
	const struct verb *verb; /* with ACTION_VERB */
	char **args; /* its arguments, as many as it takes, without the command; ends with NULL */
	size_t arg_count;
	bool json;    /* --json */
	bool numbers; /* -q */
	struct convert_request convert;
	const char *input, *output; /* -i, -o; or NULL */
	const char *tag;	    /* -t: a whole name, or NULL */
	enum save_format format;
	struct platform *platform; /* or NULL */
	bool all, force, containers;
	const char *entrypoint;	  /* of containers; or NULL */
	const char **volumes;	  /* -v: words; ends with NULL, or NULL */
	bool remove, detach, attach, tty, interactive, follow;
	const char *signal, *mirror; /* or NULL */
	int seconds;	    /* stop's, plus one; 0: not said */
	long tail;	    /* of logs, plus one; 0: all */
	const char *explain; /* with ACTION_EXPLAIN: the path */
	int verbosity;
	struct env env;		    /* session.envp, still open for edits */
	struct bind_request *binds; /* session.binds, likewise */
};

/*
 * Parses argv (ends with NULL) into `ret`; what it allocates is a child of ctx, strings may borrow
 * from argv and caller (an environ). 0, or -1 with `fail` set.
 */
int parse_command_line(void *ctx, char **argv, char *const *caller, struct request *ret,
		       struct fail *fail);

#endif
