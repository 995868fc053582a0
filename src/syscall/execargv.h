/* SPDX-License-Identifier: MIT */
/*
 * The argv of a script's interpreter, or of an emulator: the plan's words in place of the guest's
 * argv[0]. What the environment says to the dynamic linker is the program's, not its emulator's:
 * qemu is told by "-E".
 */
#ifndef PR_SYSCALL_EXECARGV_H
#define PR_SYSCALL_EXECARGV_H

#include <stdint.h>

struct call;
struct exec_plan;

/*
 * Argument 1 becomes a new argv, made of the plan's words and the guest's at `argv`, and argument
 * 2, where that must be, a new environment made of the guest's at `envp`. 0 or -errno; where the
 * call now wants memory (need_bytes), it runs again with that.
 */
int execargv_replace(struct call *c, const struct exec_plan *plan, uint64_t argv, uint64_t envp);

#endif
