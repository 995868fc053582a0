/* SPDX-License-Identifier: MIT */
/* ioctl(PIDFD_GET_INFO), Linux 6.13: whose a process is, asked by a descriptor of it. */
#include "syscall/pidfdinfo.h"

#include <stddef.h>

#include "ident/cred.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { INFO_CREDS = 1 << 1 /* PIDFD_INFO_CREDS */, IDS = 8 };

/* struct pidfd_info, as far as its first version went. */
struct info {
	uint64_t mask, cgroup;
	int32_t pid, tgid, ppid;
	uint32_t id[IDS]; /* ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid */
	int32_t exit_code;
};

_Static_assert(sizeof(struct info) == 64, "PIDFD_INFO_SIZE_VER0");

static void take_ids(struct session *s, struct info *info)
{
	const struct cred *c = who_cred(s, info->pid);
	const struct cred told = c ? *c : (struct cred){ 0 };
	const uint32_t id[IDS] = { told.uid,  told.gid,	 told.euid,  told.egid,
				   told.suid, told.sgid, told.fsuid, told.fsgid };

	for (unsigned i = 0; i < IDS; i++)
		info->id[i] = c ? id[i] : i % 2 ? who_gid(s, info->id[i]) : who_uid(s, info->id[i]);
}

static int tell(struct call *c)
{
	const uint64_t at = c->guest_arg[2];
	struct info info;

	if (c->result < 0 || mem_read(c->t, at, &info, sizeof(info)) < 0 ||
	    !(info.mask & INFO_CREDS))
		return 0;
	take_ids(tracee_session(c->t), &info);
	mem_write(c->t, at + offsetof(struct info, id), info.id, sizeof(info.id));
	return 0;
}

int pidfdinfo_get(struct call *c)
{
	return c->t->cred ? call_want_exit(c, tell) : 0;
}
