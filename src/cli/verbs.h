/* SPDX-License-Identifier: MIT */
/*
 * The table of sub-commands, verbs.def: what the parser, the help, the manual and the completions
 * of shells are made from. Which options one knows stands with the options, in options.def.
 */
#ifndef PR_CLI_VERBS_H
#define PR_CLI_VERBS_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct request;

enum verb_group { VERBS_IMAGES, VERBS_CONTAINERS, VERBS_HOST, VERB_GROUPS };

struct verb {
	const char *name;
	const char *aliases; /* a blank between two */
	enum verb_group group;
	const char *args;   /* the pattern of its arguments, as it is printed */
	const char *help;   /* one line, "lists images" */
	const char *manual; /* a paragraph, with markup */
	/* Does it. Returns an exit status; `fail` is printed where it is set. */
	int (*run)(struct request *r, struct fail *fail);
};

/* What is wrong or missing, where the command line is not: nothing was changed. */
enum { EXIT_FAILED = 1, EXIT_OURS = 125 };

extern const struct verb verbs_table[]; /* ends with name NULL */

/* By name or alias; NULL: there is none. */
const struct verb *verb_find(const char *word);

/*
 * The one that a command line (without the program's name) begins with, and how many words that
 * is: "rmi", or "image rm" as docker also has it. NULL: it begins with none.
 */
const struct verb *verb_begin(char *const *words, int *ret_count);

/* What a pattern asks for: "IMAGE...", "[FILE|-]", "SESSION [COMMAND [ARG]...]". */
struct verb_shape {
	size_t min, max;  /* arguments; SIZE_MAX: any number */
	bool has_command; /* behind them comes a command, whose options are its own */
};

struct verb_shape verb_shape(const struct verb *v);

/* The handlers. */
#define VERB(name, ...) int verb_##name(struct request *r, struct fail *fail);
#include "cli/verbs.def"
#undef VERB

#endif
