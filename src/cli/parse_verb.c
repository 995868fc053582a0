/* SPDX-License-Identifier: MIT */
/*
 * What stands behind a sub-command: options and arguments in any order, but where a command is
 * among them: that begins behind the arguments in front of it, and its options are its own. "--"
 * ends the options.
 */
#include <stdbool.h>
#include <string.h>
#include <talloc.h>

#include "cli/options.h"
#include "cli/parse.h"
#include "cli/parse_impl.h"
#include "cli/verbs.h"

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

static int too_many(const struct verb *v, const char *word, struct fail *fail)
{
	if (!*v->args)
		return fail_set(fail,
				"%s takes no '%s': write pr -- %s to run a program of that name",
				v->name, word, v->name);
	return fail_set(fail, "%s: '%s' is one too many: pr %s [OPTIONS] %s", v->name, word,
			v->name, v->args);
}

/* The words from here on are arguments, the last ones a command. */
static int take_rest(struct request *r, const struct verb_shape *shape, char **argv,
		     struct fail *fail)
{
	while (*argv && r->arg_count < shape->max)
		r->args[r->arg_count++] = *argv++;
	if (*argv && shape->has_command && strcmp(*argv, "--") == 0)
		argv++;
	if (*argv && !shape->has_command)
		return too_many(r->verb, *argv, fail);
	r->session.argv = *argv ? argv : NULL;
	return 0;
}

static int take_words(struct request *r, const struct verb_shape *shape, char **argv,
		      struct fail *fail)
{
	int done = 0;

	while (done == 0 && *argv && !(shape->has_command && r->arg_count == shape->max)) {
		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		if (is_option(*argv))
			done = parse_option(r, &argv, fail);
		else if (r->arg_count == shape->max)
			return too_many(r->verb, *argv, fail);
		else
			r->args[r->arg_count++] = *argv++;
	}
	return done == 0 ? take_rest(r, shape, argv, fail) : done;
}

int parse_verb(struct request *r, char **argv, struct fail *fail)
{
	struct verb_shape shape = verb_shape(r->verb);
	size_t words = 0;
	int done;

	while (argv[words])
		words++;
	r->action = ACTION_VERB;
	r->args = talloc_zero_array(r->env.ctx, char *, words + 1);
	if (!r->args)
		return fail_set(fail, "no memory for arguments");
	done = take_words(r, &shape, argv, fail);
	if (done == 0 && r->arg_count < shape.min)
		return fail_set(fail, "%s: something is missing: pr %s [OPTIONS] %s", r->verb->name,
				r->verb->name, r->verb->args);
	return done < 0 ? -1 : 0;
}
