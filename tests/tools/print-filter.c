/* SPDX-License-Identifier: MIT */
/*
 * Prints the filter of a session that wants everything, for made-up processes of ours: the text
 * that tests/filter/ keeps, so that a change of the program shows in review.
 */
#include <talloc.h>

#include "engine/ptrace/filter.h"

int main(void)
{
	const struct filter_params params = {
		.session = SESSION_ALL, .hidden = { 1001, 1002 }, .hidden_group = 1000
	};
	struct sock_filter *prog;
	unsigned short len;

	if (filter_build(NULL, &params, &prog, &len) < 0)
		return 1;
	filter_print(stdout, prog, len);
	talloc_free(prog);
	return ferror(stdout) ? 1 : 0;
}
