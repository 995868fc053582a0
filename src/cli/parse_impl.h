/* SPDX-License-Identifier: MIT */
/* What the files of the parser share. */
#ifndef PR_CLI_PARSE_IMPL_H
#define PR_CLI_PARSE_IMPL_H

struct fail;
struct request;

/*
 * Takes the option at *argv (a word that begins with '-' and is longer) and its value, by the rules
 * of the request's form; moves *argv behind them. 0, OPTIONS_DONE, or -1.
 */
int parse_option(struct request *r, char ***argv, struct fail *fail);

/* What stands behind the sub-command r->verb. 0, or -1. */
int parse_verb(struct request *r, char **argv, struct fail *fail);

#endif
