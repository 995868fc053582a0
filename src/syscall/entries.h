/* SPDX-License-Identifier: MIT */
/*
 * Names that go or change, for the owner store: what it keeps beside an object goes with its last
 * name, what it knows by name follows it. Nothing of this costs anything where the store has
 * nothing of the kind.
 */
#ifndef PR_SYSCALL_ENTRIES_H
#define PR_SYSCALL_ENTRIES_H

#include <stdbool.h>

struct entry_move;
struct session;

/*
 * A rename whose second name was walked last. What is to be done when it has succeeded, a child of
 * ctx; NULL: nothing. Host names.
 */
struct entry_move *entries_move(void *ctx, struct session *s, const char *from, const char *to,
				bool exchange);
void entries_moved(struct session *s, const struct entry_move *m);

#endif
