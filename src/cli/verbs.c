/* SPDX-License-Identifier: MIT */
/* The table of sub-commands, made from verbs.def, and how its patterns are read. */
#include "cli/verbs.h"

#include <stdint.h>
#include <string.h>

#include "cli/options.h"

const struct verb verbs_table[] = {
#define VERB(name, aliases, group, args, help, manual) \
	{ #name, aliases, group, args, help, manual, verb_##name },
#include "cli/verbs.def"
#undef VERB
	{ .name = NULL },
};

const struct verb *verb_find(const char *word)
{
	for (const struct verb *v = verbs_table; v->name; v++)
		if (strcmp(v->name, word) == 0 || names_have(v->aliases, word, strlen(word)))
			return v;
	return NULL;
}

/* docker's words behind "image" and "container" that are not the sub-command's own name. */
static const struct {
	const char *noun;
	enum verb_group group;
	const char *words, *verb;
} nouns[] = {
	{ "image", VERBS_IMAGES, "ls list", "images" },
	{ "image", VERBS_IMAGES, "rm remove", "rmi" },
	{ "container", VERBS_CONTAINERS, "ls list", "ps" },
};

enum { NOUNS = sizeof(nouns) / sizeof(nouns[0]) };

const struct verb *verb_begin(char *const *words, int *ret_count)
{
	const struct verb *v = verb_find(words[0]);

	*ret_count = 1;
	for (int i = 0; i < NOUNS && !v && words[1]; i++) {
		const struct verb *second = verb_find(words[1]);

		*ret_count = 2;
		if (strcmp(words[0], nouns[i].noun) != 0)
			continue;
		if (names_have(nouns[i].words, words[1], strlen(words[1])))
			return verb_find(nouns[i].verb);
		/* Not at the first row: another one of the noun may have the word. */
		if (second && second->group == nouns[i].group &&
		    (i + 1 == NOUNS || strcmp(nouns[i + 1].noun, words[0]) != 0))
			return second;
	}
	return v;
}

/* The length of a pattern's first word: blanks in brackets do not end it. */
static size_t word_length(const char *pattern)
{
	int depth = 0;
	size_t n;

	for (n = 0; pattern[n] && (pattern[n] != ' ' || depth > 0); n++)
		depth += (pattern[n] == '[') - (pattern[n] == ']');
	return n;
}

static bool ends_with_dots(const char *word, size_t len)
{
	return len > 3 && strncmp(word + len - 3, "...", 3) == 0;
}

struct verb_shape verb_shape(const struct verb *v)
{
	struct verb_shape s = { 0, 0, false };
	size_t len;

	for (const char *p = v->args; *p; p += len + (p[len] == ' ')) {
		bool optional = *p == '[';

		len = word_length(p);
		if (strncmp(p + optional, "COMMAND", 7) == 0) {
			s.has_command = true;
			break;
		}
		s.min += !optional;
		s.max += s.max < SIZE_MAX;
		if (ends_with_dots(p, len))
			s.max = SIZE_MAX;
	}
	return s;
}
