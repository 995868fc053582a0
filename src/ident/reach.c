/* SPDX-License-Identifier: MIT */
/* kernel/signal.c, kernel/sys.c, kernel/sched/syscalls.c, block/ioprio.c, kernel/ptrace.c, and
 * net/core/scm.c. */
#include "ident/reach.h"

#include <linux/capability.h>

bool reach_kill(const struct cred *by, const struct cred *on)
{
	return by->euid == on->suid || by->euid == on->uid || by->uid == on->suid ||
	       by->uid == on->uid || cred_capable(by, CAP_KILL);
}

/* The effective id of who acts, the real or effective one of the other. */
bool reach_owns(const struct cred *by, const struct cred *on)
{
	return by->euid == on->euid || by->euid == on->uid;
}

static bool can_more(const struct cred *by, const struct cred *on)
{
	return on->permitted & ~by->permitted;
}

bool reach_nice(const struct cred *by, const struct cred *on)
{
	return (reach_owns(by, on) && !can_more(by, on)) || cred_capable(by, CAP_SYS_NICE);
}

bool reach_schedule(const struct cred *by, const struct cred *on)
{
	return reach_nice(by, on);
}

bool reach_ioprio(const struct cred *by, const struct cred *on)
{
	bool owns = on->uid == by->euid || on->uid == by->uid;

	return (owns && !can_more(by, on)) || cred_capable(by, CAP_SYS_NICE);
}

/* Are all of the other's ids these? */
static bool is_all_of(uint32_t uid, uint32_t gid, const struct cred *on)
{
	return uid == on->euid && uid == on->suid && uid == on->uid && gid == on->egid &&
	       gid == on->sgid && gid == on->gid;
}

bool reach_limits(const struct cred *by, const struct cred *on)
{
	return is_all_of(by->uid, by->gid, on) || cred_capable(by, CAP_SYS_RESOURCE);
}

bool reach_memory(const struct cred *by, const struct cred *on, bool dumpable)
{
	if (cred_capable(by, CAP_SYS_PTRACE))
		return true;
	/* cap_ptrace_access_check: not who may do more */
	return is_all_of(by->uid, by->gid, on) && dumpable && !can_more(by, on);
}

bool reach_inspect(const struct cred *by, const struct cred *on, bool dumpable)
{
	if (cred_capable(by, CAP_SYS_PTRACE))
		return true;
	return is_all_of(by->fsuid, by->fsgid, on) && dumpable && !(on->permitted & ~by->effective);
}

static bool is_one_of(uint32_t id, uint32_t real, uint32_t effective, uint32_t saved)
{
	return id == real || id == effective || id == saved;
}

bool reach_claim(const struct cred *by, uint32_t uid, uint32_t gid)
{
	if (!is_one_of(uid, by->uid, by->euid, by->suid) && !cred_capable(by, CAP_SETUID))
		return false;
	return is_one_of(gid, by->gid, by->egid, by->sgid) || cred_capable(by, CAP_SETGID);
}
