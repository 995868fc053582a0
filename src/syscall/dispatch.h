/* SPDX-License-Identifier: MIT */
/*
 * From a call's row to what is done about it. The engine calls dispatch_enter in the entry stop
 * with a decoded call; afterwards the call is unchanged, changed (see stage), or answered.
 */
#ifndef PR_SYSCALL_DISPATCH_H
#define PR_SYSCALL_DISPATCH_H

struct call;
struct tracee;

/*
 * A handler: `sys_<name>`. Returns 0, or -errno that the guest is to get. It may be run again
 * for the same call (after a restart, or when its first run found no memory for the copies), so
 * what it does on our side must be repeatable.
 */
typedef int (*sys_handler)(struct call *c);

void dispatch_enter(struct call *c);
/*
 * In the entry stop: from now to the end of the call agents take nothing that they knew of names
 * and devices to be so. Calls that always do are known to dispatch.c.
 */
void dispatch_changes_names(struct tracee *t);
/* In the exit stop of a call, before anything else. */
void dispatch_left(struct tracee *t);

/*
 * What a row TRANSLATE does, its path arguments served by their kinds: for the handlers of rows
 * TRANSLATE_OR that find nothing of their own to do.
 */
int dispatch_translate(struct call *c);

#endif
