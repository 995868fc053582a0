/* SPDX-License-Identifier: MIT */
/* What pivot_root(2) leaves to be done by those whom it moves. */
#ifndef PR_SYSCALL_PIVOT_H
#define PR_SYSCALL_PIVOT_H

#include <stdbool.h>

struct call;

/* In the entry stop of one whose fs is left_behind: true where the call has to wait for that. */
bool pivot_catch_up(struct call *c);

#endif
