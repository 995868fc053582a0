/* SPDX-License-Identifier: MIT */
/*
 * One option and its value. A long name takes the next word or what follows '='. In the plain form
 * a letter takes the next word and letters are never grouped, as PRoot has it; in a sub-command
 * they may be, and a value may stand right behind its letter, as docker has it: -it, -qf, -oFILE.
 */
#include <stdbool.h>
#include <string.h>

#include "cli/options.h"
#include "cli/parse.h"
#include "cli/parse_impl.h"
#include "cli/suggest.h"
#include "cli/verbs.h"
#include "tracee/ports.h"

static const char *form_of(const struct request *r)
{
	return r->verb ? r->verb->name : PLAIN;
}

/* "1000:1000" */
static bool is_ids(const char *word)
{
	size_t n = word ? strspn(word, "0123456789") : 0;

	return n > 0 && word[n] == ':' && word[n + 1] &&
	       !word[n + 1 + strspn(word + n + 1, "0123456789")];
}

static const struct option *find_long(const char *form, const char *name, size_t len)
{
	for (const struct option *o = options_table; o->names && len > 0; o++)
		if (option_is_known(o, form) && names_have(o->names, name, len))
			return o;
	return NULL;
}

/* `next` is the word that would be its value. */
static const struct option *find_letter(const struct request *r, char letter, const char *next)
{
	for (const struct option *o = options_table; o->names; o++)
		if (o->letter == letter && option_is_known(o, form_of(r)) &&
		    (o->value != IDS || !r->verb || is_ids(next)))
			return o;
	return NULL;
}

/* ---- mistakes: name the word and the fix ---- */

/* One that others know: who is the first of them? */
static int unknown_here(const struct request *r, const char *word, struct fail *fail)
{
	size_t len = strcspn(word + 2, "=");

	for (const struct option *o = options_table; o->names && word[1] == '-'; o++) {
		if (!names_have(o->names, word + 2, len) || len == 0 || o->later)
			continue;
		if (!r->verb)
			return fail_set(fail, "%s belongs to a sub-command: pr %.*s", word,
					(int)option_name_len(o->where), o->where);
		return fail_set(fail, "%s takes no %s: see pr %s --help", r->verb->name, word,
				r->verb->name);
	}
	return 0;
}

static int unknown_long(const struct request *r, const char *word, struct fail *fail)
{
	char near[64];

	if (unknown_here(r, word, fail) < 0)
		return -1;
	if (suggest_option(word + 2, form_of(r), near, sizeof(near)))
		return fail_set(fail, "unknown option %s: did you mean --%s?", word, near);
	if (r->verb)
		return fail_set(fail, "unknown option %s: see pr %s --help", word, r->verb->name);
	return fail_set(fail, "unknown option %s: --help lists them, -- comes before a command",
			word);
}

static int unknown_letter(const struct request *r, const char *word, struct fail *fail)
{
	const struct option *o = word[2] ? find_letter(r, word[1], NULL) : NULL;

	if (r->verb)
		return fail_set(fail, "%s takes no -%c: see pr %s --help", r->verb->name, word[1],
				r->verb->name);
	if (o && o->value != NONE && o->value != MAYBE)
		return fail_set(fail, "%s: put a space behind the letter: -%c %s", word, word[1],
				word + 2);
	if (o)
		return fail_set(fail, "%s: letters are not grouped, write each with its own '-'",
				word);
	return fail_set(fail, "unknown option %s: --help lists them, -- comes before a command",
			word);
}

static int missing_value(const struct option *o, const char *word, struct fail *fail)
{
	return fail_set(fail, "%s needs a value: %s %s", word, word, o->value_name);
}

static int refuse_later(const struct option *o, const char *word, struct fail *fail)
{
	return fail_set(fail, "%s: %s is not built yet, leave it out", word, o->later);
}

/* ---- */

static bool needs_value(const struct option *o)
{
	return o->value == NEEDED || o->value == IDS;
}

static int take_long(struct request *r, char ***argv, struct fail *fail)
{
	const char *word = *(*argv)++, *value;
	size_t len = strcspn(word + 2, "=");
	const struct option *o = find_long(form_of(r), word + 2, len);

	if (!o)
		return unknown_long(r, word, fail);
	if (o->later)
		return refuse_later(o, word, fail);
	value = word[2 + len] ? word + 2 + len + 1 : NULL;
	if (o->value == NONE && value)
		return fail_set(fail, "%s: --%.*s takes no value", word,
				(int)option_name_len(o->names), o->names);
	if (needs_value(o) && !value && !**argv)
		return missing_value(o, word, fail);
	if (needs_value(o) && !value)
		value = *(*argv)++;
	return o->apply(r, value, fail);
}

/* What a letter has for a value, and argv behind it. NULL: nothing. */
static const char *value_of_letter(const struct option *o, char ***argv)
{
	if (needs_value(o) || (o->value == PAIR && **argv && ports_is_pair(**argv)))
		return *(*argv)++;
	return NULL;
}

static int take_letter(struct request *r, char ***argv, struct fail *fail)
{
	const char *word = *(*argv)++;
	const struct option *o = word[2] ? NULL : find_letter(r, word[1], **argv);

	if (!o)
		return unknown_letter(r, word, fail);
	if (o->later)
		return refuse_later(o, word, fail);
	if (needs_value(o) && !**argv)
		return missing_value(o, word, fail);
	return o->apply(r, value_of_letter(o, argv), fail);
}

/* "-it", "-oFILE": from left to right, and what is behind a letter with a value is that. */
static int take_letters(struct request *r, char ***argv, struct fail *fail)
{
	const char *word = *(*argv)++;
	int done = 0;

	for (const char *p = word + 1; *p && done == 0; p++) {
		const char *value = p[1] ? p + 1 : **argv;
		const struct option *o = find_letter(r, *p, value);
		char alone[] = { '-', *p, '\0' };

		if (!o)
			return unknown_letter(r, alone, fail);
		if (!needs_value(o)) {
			done = o->apply(r, NULL, fail);
			continue;
		}
		if (!value)
			return missing_value(o, alone, fail);
		*argv += !p[1];
		return o->apply(r, value, fail);
	}
	return done;
}

int parse_option(struct request *r, char ***argv, struct fail *fail)
{
	if ((**argv)[1] == '-')
		return take_long(r, argv, fail);
	return r->verb ? take_letters(r, argv, fail) : take_letter(r, argv, fail);
}
