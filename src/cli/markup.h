/* SPDX-License-Identifier: MIT */
/* The markup of the manual's texts: *bold* and _placeholder_. */
#ifndef PR_CLI_MARKUP_H
#define PR_CLI_MARKUP_H

#include <stdio.h>

/* Where the markup that opens at p (in `text`) ends, or NULL: a lone '*' or '_' is a character. */
const char *markup_closing(const char *text, const char *p);
/* Prints it without the markup, in lines of at most `columns`. */
void markup_print(FILE *out, int columns, const char *text);

#endif
