/* SPDX-License-Identifier: MIT */
/* JSON is printed by hand (docs/decisions/0010.md); what takes care is its strings. */
#ifndef PR_BASE_JSON_H
#define PR_BASE_JSON_H

#include <stdio.h>

/* Prints text as a JSON string. Bytes that are no UTF-8 (of a path) become '?'. */
void json_put_string(FILE *out, const char *text);
/* One more member of an object, null where there is no text: `, "key": "text"`. */
void json_put_member(FILE *out, const char *key, const char *text);

#endif
