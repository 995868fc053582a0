/* SPDX-License-Identifier: MIT */
/*
 * The parser. PRoot's grammar in the plain form: from left to right, options (parse_option.c); the
 * first word that is no option, or the one behind "--", begins the command.
 *
 * The first word of all, and only that, may be a sub-command (parse_verb.c): any option in front,
 * or "--", makes it a program's name, and so does a program called `proot`.
 */
#include "cli/parse.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/parse_impl.h"
#include "cli/verbs.h"

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

/* PRoot's variables, but for those that work around faults: its own, and old kernels'. */
static int take_proot_environment(struct request *r, struct fail *fail)
{
	const char *verbose = getenv("PROOT_VERBOSE");

	if (getenv("PROOT_NO_SECCOMP"))
		r->session.debug |= DEBUG_NO_SECCOMP;
	r->quiet_binds = getenv("PROOT_IGNORE_MISSING_BINDINGS");
	return verbose && *verbose ? opt_verbose(r, verbose, fail) : 0;
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
		done = parse_option(r, &argv, fail);
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

/* What the line begins with: a sub-command, or nothing of that kind (1). */
static int take_verb(struct request *r, char **argv, struct fail *fail)
{
	int words;

	r->verb = r->manners == MANNERS_PR ? verb_begin(argv + 1, &words) : NULL;
	return r->verb ? parse_verb(r, argv + 1 + words, fail) : 1;
}

int parse_command_line(void *ctx, char **argv, char *const *caller, struct request *ret,
		       struct fail *fail)
{
	int r;

	*ret = (struct request){ .manners = manners_of(argv[0]) };
	ret->session.rootfs = "/";
	ret->session.wait_leftovers = ret->manners == MANNERS_PROOT;
	if (env_init(&ret->env, ctx, caller, fail) < 0)
		return -1;
	if (!argv[0] || !argv[1]) {
		ret->action = ACTION_USAGE;
		return 0;
	}
	if (ret->manners == MANNERS_PROOT && take_proot_environment(ret, fail) < 0)
		return -1;
	if (default_engine(ret, fail) < 0)
		return -1;
	r = take_verb(ret, argv, fail);
	if (r > 0 && ret->manners == MANNERS_PR && is_for_coreutils(argv[1]))
		return fail_set(fail,
				"%s: this is not pr(1) of coreutils, which may be /usr/bin/pr",
				argv[1]);
	if (r > 0)
		r = take_all(ret, argv + 1, fail);
	return r < 0 ? -1 : finish(ret, fail);
}
