/* SPDX-License-Identifier: MIT */
/* What the options of sub-commands do to a request. */
#include <string.h>

#include "cli/options.h"
#include "cli/parse.h"

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
