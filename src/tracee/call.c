/* SPDX-License-Identifier: MIT */
/* What a handler may decide about the call in flight. */
#include "tracee/call.h"

#include <errno.h>
#include <string.h>

#include "tracee/session.h"
#include "tracee/tracee.h"

int call_answer(struct call *c, int64_t result)
{
	c->flags |= CALL_ANSWERED;
	c->result = result;
	return 0;
}

int call_want_exit(struct call *c, call_exit_fn fn)
{
	c->flags |= CALL_WANT_EXIT;
	c->at_exit = fn;
	return 0;
}

void call_set_arg(struct call *c, unsigned i, uint64_t value)
{
	if (c->arg[i] == value)
		return;
	c->arg[i] = value;
	c->flags |= CALL_CHANGED;
}

int call_stage(struct call *c, const void *buf, size_t n, size_t *ret_at)
{
	struct stage *stage = &tracee_session(c->t)->stage;

	if (n > sizeof(stage->data) - stage->len)
		return -ENAMETOOLONG;
	memcpy(stage->data + stage->len, buf, n);
	*ret_at = stage->len;
	stage->len = (stage->len + n + 7) & ~(size_t)7;
	c->flags |= CALL_CHANGED;
	return 0;
}

int call_point_arg(struct call *c, unsigned i, size_t to)
{
	struct stage *stage = &tracee_session(c->t)->stage;

	if (stage->count == STAGE_REFS)
		return -ENAMETOOLONG;
	stage->ref[stage->count].arg = i;
	stage->ref[stage->count++].offset = to;
	return 0;
}

int call_point_staged(struct call *c, size_t pointer_at, size_t to)
{
	struct stage *stage = &tracee_session(c->t)->stage;

	if (stage->pointer_count == STAGE_POINTERS)
		return -ENAMETOOLONG;
	stage->pointer[stage->pointer_count].at = pointer_at;
	stage->pointer[stage->pointer_count++].to = to;
	return 0;
}

int call_put(struct call *c, unsigned i, const void *buf, size_t n)
{
	size_t at;
	int r = call_stage(c, buf, n, &at);

	return r < 0 ? r : call_point_arg(c, i, at);
}
