/* SPDX-License-Identifier: MIT */
/*
 * The kernel is given a name that loops, a link of the session's to itself ("/." behind it: also a
 * call that follows no link walks it), and so stops with ELOOP at the very place where the lookup
 * fails. The exit stop puts the error in its place. Nothing is changed by such a call: the name
 * leads nowhere.
 */
#include "syscall/refuse.h"

#include <errno.h>

#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static int refuse_exit(struct call *c)
{
	if (c->result != -ELOOP)
		return 0;
	c->result = c->refused;
	return 1;
}

int refuse_path(struct call *c, unsigned i, int error)
{
	struct session *s = tracee_session(c->t);

	if (c->refused)
		return 0;
	if (pathbuf_set(&s->text, s->dir) < 0 ||
	    pathbuf_append(&s->text, "/" SESSION_LOOP "/.") < 0 ||
	    call_put(c, i, s->text.s, s->text.len + 1) < 0)
		return error;
	c->refused = error;
	return call_want_exit(c, refuse_exit);
}
