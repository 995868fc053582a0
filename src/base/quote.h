/* SPDX-License-Identifier: MIT */
/* Text from guests, shown at a terminal: control characters become visible escapes. */
#ifndef PR_BASE_QUOTE_H
#define PR_BASE_QUOTE_H

#include <stddef.h>

/*
 * Copies text into ret[size], "\n" and "\t" by name, other control characters (C1 in UTF-8
 * included) in octal; a backslash stays. What does not fit is cut, not within an escape.
 * Returns ret.
 */
const char *quote_text(const char *text, char *ret, size_t size);

#endif
