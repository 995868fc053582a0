/* SPDX-License-Identifier: MIT */
/* Changes of a thread's virtual credentials, and what they bring with them. */
#ifndef PR_SYSCALL_CREDS_H
#define PR_SYSCALL_CREDS_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct cred;

/*
 * commit_creds: `to`, a changed copy of the thread's own (the groups are the same), becomes them,
 * and the call is answered with `result`. May ask for another call first (call.before), after which
 * the handler runs again: nothing is changed then. Returns 0.
 */
int creds_commit(struct call *c, const struct cred *to, int64_t result);

/*
 * Where the parent death signal is to go, as it does with a change of ids: true, and the handler
 * must return 0, to run again once it is gone.
 */
bool creds_drop_pdeathsig(struct call *c);

/* The prctl options of credentials, in sessions with an identity. 1: it is none of them. */
int creds_prctl(struct call *c);

#endif
