/* SPDX-License-Identifier: MIT */
/*
 * The option table: what the parser, the help, the manual and the completions are made from.
 */
#ifndef PR_CLI_OPTIONS_H
#define PR_CLI_OPTIONS_H

#include <stddef.h>

struct fail;
struct request;

enum option_value { NONE, NEEDED, MAYBE };

enum option_group {
	GROUP_FILES,
	GROUP_SESSION,
	GROUP_NAMESPACES,
	GROUP_ENVIRONMENT,
	GROUP_LOOK,
	GROUP_SUBCOMMAND, /* of sub-commands alone: the plain form does not know it */
	GROUP_DEBUG,
	GROUP_HELP,
	GROUP_HIDDEN,
};

/* What a handler returns when the rest of the line does not matter any more. */
enum { OPTIONS_DONE = 1 };

struct option {
	char letter;	   /* or 0 */
	const char *names; /* long names, a space between two */
	enum option_value value;
	const char *value_name;
	enum option_group group;
	const char *help;
	const char *manual;
	const char *later; /* not NULL: refused, this is missing */
	/* `value` is NULL where none was given. 0, OPTIONS_DONE, or -1. */
	int (*apply)(struct request *r, const char *value, struct fail *fail);
};

struct debug_word {
	const char *word;
	unsigned flag; /* enum debug_flags */
	const char *help;
};

extern const struct option options_table[];   /* ends with names NULL */
extern const struct debug_word debug_words[]; /* ends with word NULL */

/* The first long name of a row, as a length into `names`. */
size_t option_name_len(const char *names);

#endif
