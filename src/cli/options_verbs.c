/* SPDX-License-Identifier: MIT */
/* What the options of sub-commands do to a request. */
#include <stdlib.h>
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

/* ---- containers ---- */

int opt_volume(struct request *r, const char *value, struct fail *fail)
{
	size_t n = 0;
	const char **list;

	while (r->volumes && r->volumes[n])
		n++;
	list = talloc_realloc(r->env.ctx, r->volumes, const char *, n + 2);
	if (!list)
		return fail_set(fail, "no memory for -v %s", value);
	list[n] = value;
	list[n + 1] = NULL;
	r->volumes = list;
	return 0;
}

int opt_entrypoint(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->entrypoint = value;
	return 0;
}

#define FLAG_OPTION(name)                                                                  \
	int opt_##name(struct request *r, const char *value, struct fail *fail)            \
	{                                                                                  \
		(void)value, (void)fail;                                                   \
		r->name = true;                                                            \
		return 0;                                                                  \
	}
FLAG_OPTION(remove)
FLAG_OPTION(containers)
FLAG_OPTION(detach)
FLAG_OPTION(attach)
FLAG_OPTION(tty)
FLAG_OPTION(interactive)
FLAG_OPTION(follow)

int opt_signal(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->signal = value;
	return 0;
}

int opt_mirror(struct request *r, const char *value, struct fail *fail)
{
	(void)fail;
	r->mirror = value;
	return 0;
}

int opt_seconds(struct request *r, const char *value, struct fail *fail)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end || n < 0 || n > 1000000)
		return fail_set(fail, "--time=%s: a number of seconds is wanted", value);
	r->seconds = (int)n + 1;
	return 0;
}

int opt_tail(struct request *r, const char *value, struct fail *fail)
{
	char *end;
	long n = strtol(value, &end, 10);

	r->tail = 0;
	if (strcmp(value, "all") == 0)
		return 0;
	if (end == value || *end || n < 0 || n > 1000000000)
		return fail_set(fail, "--tail=%s: a number of lines is wanted", value);
	r->tail = n + 1;
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
