/* SPDX-License-Identifier: MIT */
/* The option that a mistyped word was probably meant to be. */
#ifndef PR_CLI_SUGGEST_H
#define PR_CLI_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * `word` is without its dashes; what follows a '=' is passed over. `form` is PLAIN or a
 * sub-command's name. False: nothing that it knows is near.
 */
bool suggest_option(const char *word, const char *form, char *ret_name, size_t size);

#endif
