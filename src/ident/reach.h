/* SPDX-License-Identifier: MIT */
/*
 * What one process may do to another: signals, priorities, limits, its memory, and what it may say
 * of itself over a socket. The kernel's rules; pure.
 *
 * `by` acts, `on` is acted upon; a process may do to itself what it likes, which callers look at
 * first.
 */
#ifndef PR_IDENT_REACH_H
#define PR_IDENT_REACH_H

#include <stdbool.h>

#include "ident/cred.h"

/* kill_ok_by_cred: else EPERM, but that SIGCONT is for everybody in the session. */
bool reach_kill(const struct cred *by, const struct cred *on);
/* The first half of set_one_prio_perm: is the other one's own? */
bool reach_owns(const struct cred *by, const struct cred *on);
/* set_one_prio_perm, and cap_safe_nice as for the next two: else EPERM. */
bool reach_nice(const struct cred *by, const struct cred *on);
/* check_same_owner: sched_setscheduler and its kin, affinity; else EPERM. */
bool reach_schedule(const struct cred *by, const struct cred *on);
/* set_task_ioprio: else EPERM. */
bool reach_ioprio(const struct cred *by, const struct cred *on);
/* check_prlimit_permission: else EPERM. */
bool reach_limits(const struct cred *by, const struct cred *on);
/* __ptrace_may_access(PTRACE_MODE_ATTACH_REALCREDS); `dumpable` is the other's. Else EPERM. */
bool reach_memory(const struct cred *by, const struct cred *on, bool dumpable);
/* The same with PTRACE_MODE_READ_FSCREDS, by which most of /proc/<pid> is judged: else EACCES. */
bool reach_inspect(const struct cred *by, const struct cred *on, bool dumpable);

/* scm_check_creds, but for the pid: may these ids go out as the sender's? Else EPERM. */
bool reach_claim(const struct cred *by, uint32_t uid, uint32_t gid);

#endif
