/* SPDX-License-Identifier: MIT */
/*
 * The parser. PRoot's grammar: from left to right, a letter takes the next word, a long name the
 * next word or what follows '='; the first word that is no option, or the one behind "--", begins
 * the command. Letters are never grouped.
 *
 * The first word of all, and only that, may be a sub-command: any option in front, or "--", makes
 * it a program's name, and so does a program called `proot`.
 */
#include "cli/parse.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/suggest.h"

static bool has_name(const char *names, const char *name, size_t len)
{
	for (const char *p = names; *p; p += *p == ' ') {
		size_t n = option_name_len(p);

		if (n == len && strncmp(p, name, len) == 0)
			return true;
		p += n;
	}
	return false;
}

/* A sub-command's own letters mean something else in the plain form. */
static bool is_known(const struct request *r, const struct option *o)
{
	return o->group != GROUP_SUBCOMMAND || r->action == ACTION_PS;
}

static const struct option *find_option(const struct request *r, const char *word,
					const char **ret_value)
{
	bool is_long = word[1] == '-';
	size_t len = is_long ? strcspn(word + 2, "=") : 0;

	*ret_value = is_long && word[2 + len] ? word + 2 + len + 1 : NULL;
	for (const struct option *o = options_table; o->names; o++) {
		if (!is_known(r, o))
			continue;
		if (is_long && len > 0 && has_name(o->names, word + 2, len))
			return o;
		if (!is_long && o->letter == word[1] && word[2] == '\0')
			return o;
	}
	return NULL;
}

/* ---- mistakes: name the word and the fix ---- */

static int unknown_option(const struct request *r, const char *word, struct fail *fail)
{
	char near[64];

	if (word[1] != '-' && word[2] != '\0') {
		char alone[] = { '-', word[1], '\0' };
		const char *value;
		const struct option *o = find_option(r, alone, &value);

		if (o && o->value == NEEDED)
			return fail_set(fail, "%s: put a space behind the letter: %s %s", word,
					alone, word + 2);
		if (o)
			return fail_set(fail,
					"%s: letters are not grouped, write each with its own '-'",
					word);
	}
	if (word[1] == '-' && suggest_option(word + 2, near, sizeof(near)))
		return fail_set(fail, "unknown option %s: did you mean --%s?", word, near);
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

/* ---- the walk over argv ---- */

/* Takes the option at *argv and its value; moves *argv behind them. */
static int take_option(struct request *r, char ***argv, struct fail *fail)
{
	const char *word = *(*argv)++, *value;
	const struct option *o = find_option(r, word, &value);

	if (!o)
		return unknown_option(r, word, fail);
	if (o->later)
		return refuse_later(o, word, fail);
	if (o->value == NONE && value)
		return fail_set(fail, "%s: --%.*s takes no value", word,
				(int)option_name_len(o->names), o->names);
	if (o->value == NEEDED && !value) {
		value = **argv;
		if (!value)
			return missing_value(o, word, fail);
		++*argv;
	}
	return o->apply(r, value, fail);
}

static bool in_search_path(const char *name)
{
	const char *path = getenv("PATH");
	bool found = false;

	while (path && *path && !found) {
		size_t len = strcspn(path, ":");
		char *file = talloc_asprintf(NULL, "%.*s/%s", (int)len, path, name);

		found = file && access(file, X_OK) == 0;
		talloc_free(file);
		path += len + (path[len] == ':');
	}
	return found;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* "+7", "-3", or a file to print that could not be a command. */
static bool is_for_coreutils(const char *word)
{
	if ((word[0] == '+' || word[0] == '-') && word[1] >= '1' && word[1] <= '9')
		return true;
	return word[0] != '-' && is_file(word) && access(word, R_OK) == 0 &&
	       access(word, X_OK) < 0 && (strchr(word, '/') || !in_search_path(word));
}

static enum manners manners_of(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	return argv0 && strcmp(slash ? slash + 1 : argv0, "proot") == 0 ? MANNERS_PROOT
									: MANNERS_PR;
}

/* Which engine, unless --engine says. */
static int default_engine(struct request *r, struct fail *fail)
{
	const char *name = getenv("PR_ENGINE");

	if (!name || !*name || engine_by_name(name, &r->session.engine) == 0)
		return 0;
	return fail_set(fail, "PR_ENGINE: no engine '%s': use auto, userns or ptrace", name);
}

/* ---- sub-commands ---- */

static const struct subcommand {
	const char *name;
	enum action action;
	const char *options; /* those of the table that it takes, by their chief names */
	bool has_command;    /* words behind the options */
} subcommands[] = {
	{ "doctor", ACTION_DOCTOR, "rootfs engine json help", false },
	{ "ps", ACTION_PS, "json quiet help", false },
	{ "exec", ACTION_EXEC,
	  "cwd root-id change-id user groups env env-file unset-env clear-env help", true },
	{ "convert", ACTION_CONVERT, "rootfs to keep-records dry-run help", false },
};

static const struct subcommand *find_subcommand(const struct request *r, const char *word)
{
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (r->manners == MANNERS_PR && strcmp(word, subcommands[i].name) == 0)
			return &subcommands[i];
	return NULL;
}

static bool takes(const struct request *r, const struct subcommand *s, const char *word)
{
	const char *value;
	const struct option *o = find_option(r, word, &value);

	/* Let the parser say what is wrong with one that nobody knows. */
	return !o || (o->names[0] && has_name(s->options, o->names, option_name_len(o->names)));
}

/* What it cannot do without. */
static int check_convert(struct request *r, struct fail *fail)
{
	if (r->convert.to == CONVERT_TO_NOTHING || strcmp(r->session.rootfs, "/") == 0)
		return fail_set(fail, "write pr convert --to=ids -r PATH, or --to=records");
	if (r->convert.keep_records && r->convert.to == CONVERT_TO_RECORDS)
		return fail_set(fail, "--keep-records belongs to --to=ids");
	r->convert.rootfs = r->session.rootfs;
	r->convert.dry_run = r->session.dry_run;
	return 0;
}

static bool is_option(const char *word)
{
	return word && word[0] == '-' && word[1] && strcmp(word, "--") != 0;
}

/* The session, then the command. */
static int take_target(struct request *r, char **argv, struct fail *fail)
{
	if (*argv && strcmp(*argv, "--") == 0)
		argv++;
	if (!*argv)
		return fail_set(fail, "exec: which session? pr exec SESSION COMMAND; pr ps lists "
				      "them");
	r->target = *argv++;
	if (*argv && strcmp(*argv, "--") == 0)
		argv++;
	r->session.argv = *argv ? argv : NULL;
	return 0;
}

static int take_subcommand(struct request *r, const struct subcommand *s, char **argv,
			   struct fail *fail)
{
	int done = 0;

	r->action = s->action;
	while (done == 0 && is_option(*argv)) {
		if (!takes(r, s, *argv))
			return fail_set(fail, "%s takes no %s: see pr %s --help", s->name, *argv,
					s->name);
		done = take_option(r, &argv, fail);
	}
	if (done != 0)
		return done < 0 ? -1 : 0;
	if (s->has_command)
		return take_target(r, argv, fail);
	if (*argv)
		return fail_set(fail, "%s takes no '%s': write pr -- %s to run a program of that "
				      "name", s->name, *argv, s->name);
	return r->action == ACTION_CONVERT ? check_convert(r, fail) : 0;
}

/* ---- the plain form ---- */

static int take_all(struct request *r, char **argv, struct fail *fail)
{
	int done = 0;

	while (done == 0 && *argv && (*argv)[0] == '-' && (*argv)[1]) {
		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		done = take_option(r, &argv, fail);
	}
	r->session.argv = *argv ? argv : NULL;
	return done < 0 ? -1 : 0;
}

static int finish(struct request *r, struct fail *fail)
{
	if (r->session.groups && r->session.identity == IDENTITY_NONE)
		return fail_set(fail,
				"--groups needs to know who: add -0, -i UID:GID or --user USER");
	r->session.envp = r->env.list;
	r->session.keep_home = r->env.home_asked;
	return 0;
}

int parse_command_line(void *ctx, char **argv, char *const *caller, struct request *ret,
		       struct fail *fail)
{
	const struct subcommand *subcommand;

	*ret = (struct request){ .manners = manners_of(argv[0]) };
	ret->session.rootfs = "/";
	ret->session.wait_leftovers = ret->manners == MANNERS_PROOT;
	if (env_init(&ret->env, ctx, caller, fail) < 0)
		return -1;
	if (!argv[0] || !argv[1]) {
		ret->action = ACTION_USAGE;
		return 0;
	}
	subcommand = find_subcommand(ret, argv[1]);
	if (subcommand && (default_engine(ret, fail) < 0 ||
			   take_subcommand(ret, subcommand, argv + 2, fail) < 0))
		return -1;
	if (subcommand)
		return finish(ret, fail);
	if (ret->manners == MANNERS_PR && is_for_coreutils(argv[1]))
		return fail_set(fail,
				"%s: this is not pr(1) of coreutils, which may be /usr/bin/pr",
				argv[1]);
	if (default_engine(ret, fail) < 0 || take_all(ret, argv + 1, fail) < 0)
		return -1;
	return finish(ret, fail);
}
