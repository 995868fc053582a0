/* SPDX-License-Identifier: MIT */
/* What is known of processes beside the caller. */
#include "syscall/outside.h"

#include <stdio.h>

#include "base/kernfile.h"
#include "ident/cred.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

const struct cred *outside_cred(struct session *s, pid_t id, struct cred *room)
{
	const struct cred *guest = who_cred(s, id);
	const uint32_t uid = s->identity->uid, gid = s->identity->gid;

	if (guest)
		return guest;
	*room = (struct cred){ .uid = uid, .euid = uid, .suid = uid, .fsuid = uid,
			       .gid = gid, .egid = gid, .sgid = gid, .fsgid = gid };
	return room;
}

pid_t outside_pid_of(const struct tracee *t, int pidfd)
{
	char name[64];
	int pid = 0;

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", t->tid, pidfd);
	kernfile_scan(name, "Pid: %d", &pid);
	return pid;
}
