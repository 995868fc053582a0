/* SPDX-License-Identifier: MIT */
/* exec of guest programs: what the engine calls at a session's start and in the exec stop. */
#ifndef PR_SYSCALL_EXEC_H
#define PR_SYSCALL_EXEC_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct fail;
struct session;
struct tracee;

/* AT_EXECVE_CHECK of Linux 6.14: execveat says what exec would say, and does nothing. */
enum { EXEC_CHECK_ONLY = 0x10000 };

/* Puts the loaders into the session's directory. 0, or -1 with the reason. */
int exec_prepare(struct session *s, struct fail *fail);

/*
 * In the exec stop: the kernel has begun what sys_execve planned. Tells the loader what to map, or
 * puts right what the kernel itself wrote for a static program. `ip`, `sp`: the new program's.
 * -errno: the guest cannot go on.
 */
int exec_committed(struct tracee *t, uint64_t ip, uint64_t sp);

/* Is this call the loader's own, to be left as it is? Counts it. */
bool exec_loader_call(struct call *c);

#endif
