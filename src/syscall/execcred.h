/* SPDX-License-Identifier: MIT */
/*
 * What an exec makes of the caller's credentials, in sessions with an identity: set-id bits and
 * capabilities of the program's file as the guest is told of it, and what changes with them
 * (AT_SECURE, dumpable, the limit of the stack). The rules are ident/cred.h's.
 *
 * Looked at in the entry stop, when an error can still be returned; in force from the exec stop on,
 * which is the point of no return.
 */
#ifndef PR_SYSCALL_EXECCRED_H
#define PR_SYSCALL_EXECCRED_H

#include "exec/plan.h"

struct call;
struct exec_file;
struct execcred;
struct tracee;

/* A new one, child of ctx: nothing looked at yet. NULL on OOM. */
struct execcred *execcred_new(void *ctx, struct tracee *t);
/* Looks at a file that the exec opened; of the program's errors 0 or what execve returns. */
int execcred_look(struct execcred *e, const struct exec_file *f, enum exec_part part);
/*
 * The plan is complete: the loader is told of the ids. Where a call must be made first, it is in
 * c->before.
 */
void execcred_plan(struct execcred *e, struct call *c, struct exec_plan *plan);
/* The exec stop; t->mm is the new one. */
void execcred_commit(struct execcred *e, struct tracee *t, const struct exec_plan *plan);

#endif
