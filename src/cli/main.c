/* SPDX-License-Identifier: MIT */
/* From the command line to an exit status. The only file that prints a failure or exits. */
#include <errno.h>
#include <stdio.h>
#include <talloc.h>
#include <unistd.h>

#include "base/log.h"
#include "base/quote.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/verbs.h"
#include "exec/loaderfile.h"

extern char **environ;

static void say(const char *kind, const char *text)
{
	char quoted[2048];

	quote_text(text, quoted, sizeof(quoted));
	fprintf(stderr, "%s: %s%s\n", program_invocation_short_name, kind, quoted);
}

/* PRoot's manners: a bind whose source is missing is a warning. */
static void drop_missing_binds(struct request *r)
{
	struct session_config *s = &r->session;
	size_t kept = 0;

	for (size_t i = 0; i < s->bind_count; i++) {
		const struct bind_request *b = &r->binds[i];

		if (b->optional || access(b->host, F_OK) == 0) {
			r->binds[kept++] = *b;
			continue;
		}
		if (r->verbosity >= 0 && !r->quiet_binds)
			say("warning: nothing to bind: ", b->host);
	}
	s->bind_count = kept;
}

static void print_session(const struct session_config *s)
{
	say("root: ", s->rootfs);
	for (size_t i = 0; i < s->bind_count; i++) {
		const struct bind_request *b = &s->binds[i];
		char line[1024];

		if (b->optional && access(b->host, F_OK) < 0)
			continue;
		snprintf(line, sizeof(line), "%s as %s%s", b->host, b->guest ? b->guest : b->host,
			 b->read_only ? ", read-only" : "");
		say("bind: ", line);
	}
}

static int run(struct request *r, struct fail *fail)
{
	if (r->manners == MANNERS_PROOT)
		drop_missing_binds(r);
	if (r->verbosity >= 1)
		print_session(&r->session);
	switch (r->action) {
	case ACTION_EXPLAIN:
		return engine_explain(&r->session, r->explain, fail);
	case ACTION_DUMP_FILTER:
		return engine_dump_filter(&r->session, fail);
	default:
		return engine_run(&r->session, fail);
	}
}

static int act(struct request *r, struct fail *fail)
{
	switch (r->action) {
	case ACTION_USAGE:
		help_usage(stderr, program_invocation_short_name);
		return EXIT_OURS;
	case ACTION_HELP:
		if (r->verb)
			help_verb(stdout, program_invocation_short_name, r->verb);
		else
			help_options(stdout, program_invocation_short_name);
		return 0;
	case ACTION_VERB:
		return r->verb->run(r, fail);
	case ACTION_HELP_DEBUG:
		help_debug(stdout);
		return 0;
	case ACTION_VERSION:
		help_version(stdout);
		return 0;
	case ACTION_WRITE_LOADER:
		return loaderfile_export(r->output, fail) < 0 ? EXIT_OURS : 0;
	default:
		return run(r, fail);
	}
}

int main(int argc, char **argv)
{
	void *ctx = talloc_named_const(NULL, 0, "command line");
	struct fail fail = { "" };
	struct request r;
	int status = EXIT_OURS;

	(void)argc;
	log_init();
	if (parse_command_line(ctx, argv, environ, &r, &fail) == 0)
		status = act(&r, &fail);
	if (fail.text[0])
		say("", fail.text);
	if (fflush(stdout) != 0 && status == 0) {
		perror(program_invocation_short_name);
		status = EXIT_OURS;
	}
	talloc_free(ctx);
	return status;
}
