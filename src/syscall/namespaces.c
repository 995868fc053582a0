/* SPDX-License-Identifier: MIT */
/*
 * unshare(2). clone(2) is in process.c, and what becomes of a child's namespaces is carried out at
 * its birth.
 */
#include "syscall/namespaces.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>

#include "syscall/handlers.h"
#include "syscall/mounts.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"
#include "tracee/uts.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define NAMESPACES_OURS (uint64_t)(CLONE_NEWNS | CLONE_NEWUTS)
#define NAMESPACES_HOST                                                                           \
	(uint64_t)(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWCGROUP | \
		   CLONE_NEWTIME)

int namespaces_ask(const struct tracee *t, uint64_t flags, uint64_t *ret)
{
	if (flags & NAMESPACES_HOST)
		return -EPERM;
	if ((flags & NAMESPACES_OURS) && !mounts_capable(t, CAP_SYS_ADMIN))
		return -EPERM;
	*ret = flags & ~NAMESPACES_OURS;
	return 0;
}

/* The kernel has done its part: root and cwd are the thread's own. */
static int unshare_exit(struct call *c)
{
	struct tracee *t = c->t;
	struct session *s = tracee_session(t);
	uint64_t flags = c->guest_arg[0];
	int r = 0;

	if (c->result != 0)
		return 0;
	if ((flags & (CLONE_FS | CLONE_NEWNS)) && t->fs->refs > 1) {
		struct fs *own = fs_copy(s, t->fs);

		r = own ? 0 : -ENOMEM;
		if (own)
			tracee_set_fs(t, own);
	}
	if (r == 0 && (flags & CLONE_NEWNS))
		r = fs_unshare_view(s, t->fs);
	if (r == 0 && (flags & CLONE_NEWUTS))
		r = uts_unshare(s, t);
	c->result = r;
	return r < 0;
}

/* ksys_unshare: who takes a mount namespace of his own no longer shares root and cwd. */
int sys_unshare(struct call *c)
{
	uint64_t flags = (uint32_t)c->guest_arg[0], rest;
	int r = namespaces_ask(c->t, flags, &rest);

	if (r < 0)
		return r;
	if (flags & CLONE_NEWNS)
		rest |= CLONE_FS;
	if (rest != flags)
		call_set_arg(c, 0, rest);
	return flags & (CLONE_FS | NAMESPACES_OURS) ? call_want_exit(c, unshare_exit) : 0;
}
