/* SPDX-License-Identifier: MIT */
/* What is known of the terminal that output goes to, if it goes to one. */
#ifndef PR_CLI_TERMINAL_H
#define PR_CLI_TERMINAL_H

#include <stdbool.h>

/* 80 where it is none, or does not say. */
int terminal_columns(int fd);
/* A phone's: one thing below the other. */
bool terminal_is_narrow(int columns);

#endif
