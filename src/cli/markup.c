/* SPDX-License-Identifier: MIT */
/* Markup found, and text for terminals: without markup, and wrapped. */
#include "cli/markup.h"

#include <stdbool.h>
#include <string.h>

static bool begins_word(const char *text, const char *p)
{
	return p == text ||
	       !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", p[-1]);
}

const char *markup_closing(const char *text, const char *p)
{
	if ((*p != '*' && *p != '_') || !p[1] || p[1] == ' ' || !begins_word(text, p))
		return NULL;
	return strchr(p + 1, *p);
}

void markup_print(FILE *out, int columns, const char *text)
{
	const char *end = NULL;
	char word[128];
	int at = 0, n = 0;

	for (const char *p = text;; p++) {
		if (*p && *p != ' ' && !end && (end = markup_closing(text, p)))
			continue;
		if (p == end) {
			end = NULL;
			continue;
		}
		if (*p && *p != ' ' && n < (int)sizeof(word) - 1) {
			word[n++] = *p;
			continue;
		}
		if (at > 0 && at + 1 + n > columns)
			at = fputc('\n', out) * 0;
		at += fprintf(out, "%s%.*s", at > 0 ? " " : "", n, word);
		n = 0;
		if (!*p)
			break;
	}
	fputc('\n', out);
}
