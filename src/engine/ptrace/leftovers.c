/* SPDX-License-Identifier: MIT */
/*
 * --debug=mem: what is still allocated when the last guest is gone and was not before the first
 * came.
 * A new child of the session stands in front of the older ones, which is how they are told apart.
 */
#include <stdio.h>
#include <talloc.h>

#include "engine/ptrace/loop.h"
#include "ident/store.h"
#include "syscall/opennames.h"
#include "syscall/privatefs.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/sites.h"

struct report {
	size_t children, print;
};

static void look(const void *ptr, int depth, int max_depth, int is_ref, void *arg)
{
	struct report *r = arg;

	(void)max_depth;
	(void)is_ref;
	if (depth != 1)
		return;
	r->children++;
	if (r->children <= r->print)
		fprintf(stderr, "pr: left over: %s, %zu bytes in %zu blocks\n",
			talloc_get_name(ptr), talloc_total_size(ptr), talloc_total_blocks(ptr));
}

static size_t count_children(struct session *s, size_t print)
{
	struct report r = { 0, print };

	talloc_report_depth_cb(s, 0, 1, look, &r);
	return r.children;
}

/* But for what is mounted: that stays as the guests left it. */
static size_t count_blocks(struct session *s)
{
	return talloc_total_blocks(s) - talloc_total_blocks(s->fs->view);
}

void leftovers_begin(struct session *s, struct leftovers *ret)
{
	ret->children = count_children(s, 0);
	ret->blocks = count_blocks(s);
}

void leftovers_report(struct session *s, const struct leftovers *before)
{
	size_t children, blocks;

	/* made on first need, and the session's for good */
	TALLOC_FREE(s->unixnames);
	TALLOC_FREE(s->ended);
	TALLOC_FREE(s->execwalk);
	TALLOC_FREE(s->listeners);
	opennames_forget_all(s);
	privatefs_forget_all(s);
	sites_forget_all(s);
	if (s->identity)
		store_forget_dead(s->identity->store);
	children = count_children(s, 0);
	blocks = count_blocks(s);
	if (children > before->children)
		count_children(s, children - before->children);
	else if (blocks > before->blocks)
		fprintf(stderr, "pr: left over: %zu blocks below what the session began with\n",
			blocks - before->blocks);
}
