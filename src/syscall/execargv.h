/* SPDX-License-Identifier: MIT */
/* The argv of a script's interpreter: the plan's words in place of the guest's argv[0]. */
#ifndef PR_SYSCALL_EXECARGV_H
#define PR_SYSCALL_EXECARGV_H

#include <stdint.h>

struct call;
struct exec_plan;

/*
 * Argument `arg` becomes a new argv, made of the plan's words and the guest's at `argv`. 0 or
 * -errno; where the call now wants memory (need_bytes), it runs again with that.
 */
int execargv_replace(struct call *c, const struct exec_plan *plan, uint64_t argv, unsigned arg);

#endif
