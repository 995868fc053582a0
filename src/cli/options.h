/* SPDX-License-Identifier: MIT */
/*
 * The option table: what the parser, the help, the manual and the completions are made from.
 */
#ifndef PR_CLI_OPTIONS_H
#define PR_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* The form without a sub-command. */
#define PLAIN "-"
#define EVERYWHERE "*"

struct fail;
struct request;

enum option_value {
	NONE,
	NEEDED,
	MAYBE, /* behind '=' alone */
	PAIR,  /* the next word where it is N:N, or behind '=' */
	IDS,   /* NEEDED; in a sub-command the letter is this option only before UID:GID */
};

enum option_group {
	GROUP_FILES,
	GROUP_SESSION,
	GROUP_NAMESPACES,
	GROUP_ENVIRONMENT,
	GROUP_LOOK,
	GROUP_VERBS, /* of sub-commands alone */
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
	const char *where; /* who knows it, see options.def */
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

/* Does this form know it: PLAIN, or a sub-command's name? */
bool option_is_known(const struct option *o, const char *form);
/* Has the list of names, or of forms, this one? */
bool names_have(const char *names, const char *name, size_t len);

/* The handlers, in options*.c. */
#define OPTION(name, ...) int opt_##name(struct request *r, const char *value, struct fail *fail);
#define LATER(...)
#include "cli/options.def"
#undef OPTION
#undef LATER

#endif
