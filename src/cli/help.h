/* SPDX-License-Identifier: MIT */
/* What the program prints about itself, made from the option table. */
#ifndef PR_CLI_HELP_H
#define PR_CLI_HELP_H

#include <stdio.h>

/* `program` is the name it was called by. */
void help_usage(FILE *out, const char *program);
void help_options(FILE *out, const char *program);
void help_debug(FILE *out);
void help_version(FILE *out);

/* The manual page, in man(7) macros. */
void man_print(FILE *out);

#endif
