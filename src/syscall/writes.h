/* SPDX-License-Identifier: MIT */
/*
 * What a write takes away: set-id bits, by whom it matters, and file capabilities. The kernel does
 * it at the write (file_remove_privs), which we do not see. So a file that has any is noted when it
 * is opened for writing, with its time and size, and who looks at it next finds whether it has been
 * written to. A session killed before that leaves it as it was.
 */
#ifndef PR_SYSCALL_WRITES_H
#define PR_SYSCALL_WRITES_H

#include <stdbool.h>

#include "ident/store.h"

struct call;
struct object;
struct owner;
struct session;

/* Has session->walk led to a regular file of which more than the host's word is told? */
bool writes_is_recorded(const struct session *s);

/* It is cut now; or it may be written to from now on. `owner` is what the guest is told of it. */
void writes_cut(struct call *c, struct object *o, const struct owner *owner);
void writes_expect(struct call *c, struct object *o, const struct owner *owner);

/* Was it noted, and has it been written to? No system call. */
bool writes_are_due(const struct session *s, const struct statx *st);
/* Then it loses what it has to. o->fd is open. */
void writes_settle(struct session *s, const struct store_object *o);
/* The session ends: for all that were noted. */
void writes_end(struct session *s);

#endif
