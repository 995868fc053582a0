/* SPDX-License-Identifier: MIT */
/*
 * Edit distance over the long names of the option table. A word that begins exactly one name is
 * nearest to that one, whatever is missing behind it.
 */
#include "cli/suggest.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"

enum { LONGEST = 40 }; /* no option name is longer; a longer word has nothing near */

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][LONGEST +
		       1]; /* of a's prefixes: this one, the one before, the one before that */

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *up_twice = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool differ = a[i - 1] != b[j - 1];
			bool swapped =
				i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];

			row[j] = min3(up[j] + 1, row[j - 1] + 1, up[j - 1] + differ);
			if (swapped)
				row[j] = min3(row[j], up_twice[j - 2] + 1, row[j]);
		}
	}
	return rows[a_len % 3][b_len];
}

static bool is_for(const struct option *o, const char *form)
{
	return !o->later && option_is_known(o, form);
}

bool suggest_option(const char *word, const char *form, char *ret_name, size_t size)
{
	size_t len = strcspn(word, "=");
	size_t best = len / 3 + 1; /* as far as this is still a typing error */
	const char *near = NULL;
	size_t near_len = 0;

	if (len < 2 || len > LONGEST)
		return false;
	for (const struct option *o = options_table; o->names; o++) {
		for (const char *name = o->names; *name && is_for(o, form); name += *name == ' ') {
			size_t n = option_name_len(name);
			size_t d = strncmp(name, word, len) == 0 ? 0 : distance(word, len, name, n);

			if (d < best) {
				best = d;
				near = name;
				near_len = n;
			}
			name += n;
		}
	}
	if (near)
		snprintf(ret_name, size, "%.*s", (int)near_len, near);
	return near;
}
