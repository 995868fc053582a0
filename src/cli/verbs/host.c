/* SPDX-License-Identifier: MIT */
/* The sub-commands of sessions and of the host: from a request to the engine's own call. */
#include <errno.h>
#include <string.h>

#include "cli/help.h"
#include "cli/parse.h"
#include "cli/verbs.h"

int verb_doctor(struct request *r, struct fail *fail)
{
	return engine_doctor(&r->session, r->json, fail);
}

/* What it cannot do without. */
static int check_convert(const struct request *r, struct fail *fail)
{
	if (r->convert.to == CONVERT_TO_NOTHING || strcmp(r->session.rootfs, "/") == 0)
		return fail_set(fail, "write pr convert --to=ids -r PATH, or --to=records");
	if (r->convert.keep_records && r->convert.to == CONVERT_TO_RECORDS)
		return fail_set(fail, "--keep-records belongs to --to=ids");
	return 0;
}

int verb_convert(struct request *r, struct fail *fail)
{
	if (check_convert(r, fail) < 0)
		return EXIT_OURS;
	r->convert.rootfs = r->session.rootfs;
	r->convert.dry_run = r->session.dry_run;
	return engine_convert(&r->convert, fail);
}

int verb_help(struct request *r, struct fail *fail)
{
	const struct verb *v = r->arg_count ? verb_find(r->args[0]) : NULL;

	if (r->arg_count && !v) {
		fail_set(fail, "help: there is no sub-command '%s': pr help lists them",
			 r->args[0]);
		return EXIT_OURS;
	}
	if (r->numbers)
		for (v = verbs_table; v->name; v++)
			puts(v->name);
	else if (v)
		help_verb(stdout, program_invocation_short_name, v);
	else
		help_verbs(stdout, program_invocation_short_name);
	return 0;
}

int verb_completion(struct request *r, struct fail *fail)
{
	if (completion_print(stdout, program_invocation_short_name, r->args[0]) == 0)
		return 0;
	fail_set(fail, "completion: '%s' is no shell that is known: bash, zsh or fish", r->args[0]);
	return EXIT_OURS;
}
