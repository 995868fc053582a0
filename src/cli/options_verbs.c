/* SPDX-License-Identifier: MIT */
/* What the options of sub-commands do to a request. */
#include <string.h>
#include <talloc.h>

#include "cli/options.h"
#include "cli/parse.h"
#include "image/reference.h"

int opt_json(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->json = true;
	return 0;
}

int opt_numbers(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->numbers = true;
	return 0;
}

int opt_to(struct request *r, const char *value, struct fail *fail)
{
	if (strcmp(value, "ids") == 0)
		r->convert.to = CONVERT_TO_IDS;
	else if (strcmp(value, "records") == 0)
		r->convert.to = CONVERT_TO_RECORDS;
	else
		return fail_set(fail, "--to=%s: write ids or records", value);
	return 0;
}

int opt_keep_records(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->convert.keep_records = true;
	return 0;
}

/* ---- images ---- */

int opt_input(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->input = value;
	return 0;
}

int opt_output(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->output = value;
	return 0;
}

int opt_format(struct request *r, const char *value, struct fail *fail)
{
	r->format = strcmp(value, "oci") == 0 ? SAVE_OCI : SAVE_DOCKER;
	if (r->format == SAVE_OCI || strcmp(value, "docker") == 0)
		return 0;
	return fail_set(fail, "--format=%s: write docker or oci", value);
}

int opt_platform(struct request *r, const char *value, struct fail *fail)
{
	r->platform = talloc(r->env.ctx, struct platform);
	if (!r->platform)
		return fail_set(fail, "no memory for --platform");
	return platform_parse(value, r->platform, fail) < 0 ? -1 : 0;
}

int opt_tag(struct request *r, const char *value, struct fail *fail)
{
	return reference_normalize(r->env.ctx, value, &r->tag, fail) < 0 ? -1 : 0;
}

int opt_all(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->all = true;
	return 0;
}

int opt_force(struct request *r, const char *value, struct fail *fail)
{
	(void)value, (void)fail;
	r->force = true;
	return 0;
}
