/* SPDX-License-Identifier: MIT */
/*
 * chroot(2), for a guest's root. The new root is a name in the guest's view: "/" leads there, ".."
 * stops there (path/canon.h), and names are told from there. The kernel's own root of the guest
 * stays the host's, the cwd stays where it is: outside of the new root as far as the kernel allows
 * that, too, but never outside of the session's.
 */
#include <errno.h>
#include <linux/capability.h>
#include <unistd.h>

#include "ident/dac.h"
#include "syscall/guestfs.h"
#include "syscall/handlers.h"
#include "syscall/mounts.h"
#include "syscall/permit.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static int check_search(struct session *s)
{
	if (s->identity)
		return permit_walked(s, DAC_EXEC);
	if (pathbuf_set(&s->text, s->walk.host.s) < 0 || pathbuf_push(&s->text, ".", 1) < 0)
		return -ENAMETOOLONG;
	return guestfs_ops.kind(s, HPATH(s->text.s)) == -EACCES ? -EACCES : 0;
}

int sys_chroot(struct call *c)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	struct stat st;
	int r = mounts_look_up(c, 0, CANON_FOLLOW, &st);

	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	r = check_search(s);
	if (r < 0)
		return r;
	/* What has no name in the guest's view cannot be its root: a deleted directory. */
	if (!mounts_capable(c->t, CAP_SYS_CHROOT) || (w->flags & (CANON_OUTSIDE | CANON_MAGIC)))
		return -EPERM;
	r = fs_set_root(c->t->fs, w->guest.s);
	return r < 0 ? r : call_answer(c, 0);
}
