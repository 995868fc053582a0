/* SPDX-License-Identifier: MIT */
/*
 * Calls that ask for or change a thread's credentials, where they are virtual (-0, -i, --user). The
 * rules are ident/cred.h's; here is only what the guest's memory and registers hold of them.
 */
#include "ident/cred.h"
#include "syscall/handlers.h"
#include "tracee/call.h"
#include "tracee/tracee.h"

int sys_getuid(struct call *c)
{
	return call_answer(c, c->t->cred->uid);
}

int sys_geteuid(struct call *c)
{
	return call_answer(c, c->t->cred->euid);
}

int sys_getgid(struct call *c)
{
	return call_answer(c, c->t->cred->gid);
}

int sys_getegid(struct call *c)
{
	return call_answer(c, c->t->cred->egid);
}
