/* SPDX-License-Identifier: MIT */
/* The command line has checked them; the rules of what matches are those of cli/env.c. */
#include "engine/sessions/environ.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>

static bool has_name(const char *entry, const char *name, size_t len)
{
	return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

static bool is_removed(void *ctx, const char *entry, const char *edit)
{
	char *name;
	bool matches;

	if (edit[0] == '!')
		return true;
	if (edit[0] == '+')
		return has_name(entry, edit + 1, strcspn(edit + 1, "="));
	name = talloc_strndup(ctx, entry, strcspn(entry, "="));
	matches = name && fnmatch(edit + 1, name, 0) == 0;
	talloc_free(name);
	return matches;
}

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

char **environ_edit(void *ctx, char *const *base, const char *const *edits)
{
	size_t n = count((const char *const *)base), kept;
	char **list = talloc_array(ctx, char *, n + count(edits) + 1);

	if (!list)
		return NULL;
	memcpy(list, base, n * sizeof(*list));
	for (; *edits; edits++) {
		kept = 0;
		for (size_t i = 0; i < n; i++)
			if (!is_removed(ctx, list[i], *edits))
				list[kept++] = list[i];
		if ((*edits)[0] == '+')
			list[kept++] = (char *)(uintptr_t)(*edits + 1);
		n = kept;
	}
	list[n] = NULL;
	return list;
}
