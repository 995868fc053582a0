/* SPDX-License-Identifier: MIT */
/*
 * Lists for people: columns as wide as what is in them, or, where a terminal is too narrow for
 * them, each row as a block of lines.
 */
#ifndef PR_CLI_TABLE_H
#define PR_CLI_TABLE_H

#include <stdio.h>

struct table;

/* `heads` ends with NULL and is borrowed. A child of ctx, or NULL. */
struct table *table_new(void *ctx, const char *const *heads);
/* As many cells as heads; they are copied, control characters made visible. 0 or -ENOMEM. */
int table_add(struct table *t, const char *const *cells);
/* `columns`: 0, there is no terminal to fit. */
void table_print(const struct table *t, FILE *out, int columns);

#endif
