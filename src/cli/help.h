/* SPDX-License-Identifier: MIT */
/* What the program prints about itself, made from the option table. */
#ifndef PR_CLI_HELP_H
#define PR_CLI_HELP_H

#include <stdio.h>

struct verb;

/* `program` is the name it was called by. */
void help_usage(FILE *out, const char *program);
void help_options(FILE *out, const char *program);
/* All sub-commands; one of them. */
void help_verbs(FILE *out, const char *program);
void help_verb(FILE *out, const char *program, const struct verb *v);
void help_debug(FILE *out);
void help_version(FILE *out);

/* For "bash", "zsh" or "fish", where `program` is to be completed. -1: no such shell. */
int completion_print(FILE *out, const char *program, const char *shell);

/* The manual page, in man(7) macros. */
void man_print(FILE *out);

#endif
