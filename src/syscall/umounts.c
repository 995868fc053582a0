/* SPDX-License-Identifier: MIT */
/*
 * umount(2) of what is in a guest's view: path_umount and do_umount of fs/namespace.c, for who has
 * CAP_SYS_ADMIN in a user namespace of its own. What is lazily unmounted while somebody stands in
 * it goes on in a tree of its own (path/view.h) until nobody does.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mount.h>

#include "path/viewchange.h"
#include "syscall/handlers.h"
#include "syscall/inuse.h"
#include "syscall/mounts.h"
#include "syscall/privatefs.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* Is something mounted below it? */
static bool has_children(const struct view *v, const char *guest)
{
	for (size_t i = 0; i < v->count; i++) {
		const char *rest = view_under(v->binds[i].guest.s, guest);

		if (rest && *rest && mounts_at(v, v->binds[i].guest.s))
			return true;
	}
	return false;
}

/* can_umount. The super block of a bind is the host's, and not to be forced. */
static int check_mount(const struct view *v, const char *guest, unsigned flags)
{
	const struct bind *b = mounts_at(v, guest);

	if (!b || (b->flags & BIND_LOCKED))
		return -EINVAL;
	return (flags & MNT_FORCE) && !b->label ? -EPERM : 0;
}

/* do_umount, up to what is in use; 1: lazily, for somebody uses it. */
static int check_use(struct call *c, const char *guest, unsigned flags)
{
	struct session *s = tracee_session(c->t);
	struct view *v = c->t->fs->view;
	const char *root = fs_root(c->t->fs) ? fs_root(c->t->fs) : "/";
	bool is_root = strcmp(guest, root) == 0;

	if ((flags & MNT_EXPIRE) && (is_root || (flags & (MNT_FORCE | MNT_DETACH))))
		return -EINVAL;
	if (strcmp(guest, "/") == 0 && !viewchange_covered(v, guest))
		return -EINVAL; /* there is always a root: it is locked */
	if (is_root && !(flags & MNT_DETACH))
		return -EPERM; /* do_umount_root */
	if (!(flags & MNT_DETACH) && (has_children(v, guest) || inuse_mount(s, v, guest)))
		return -EBUSY;
	if ((flags & MNT_EXPIRE) && !(mounts_at(v, guest)->flags & BIND_EXPIRING)) {
		viewchange_flags(v, guest, BIND_EXPIRING, BIND_EXPIRING);
		return -EAGAIN;
	}
	return (flags & MNT_DETACH) && inuse_mount(s, v, guest);
}

/* Trees that were kept for who stood in them. */
static void forget_unused(struct session *s, struct view *v)
{
	for (size_t i = v->count; i-- > 0;) {
		const struct bind *b = &v->binds[i];

		if (b->guest_len == 1 || !view_is_top(b->guest.s) || b->over ||
		    inuse_mount(s, v, b->guest.s))
			continue;
		if (viewchange_forget(v, b->guest.s) < 0)
			return;
		i = i < v->count ? i : v->count;
	}
}

static int unmount(struct call *c, const char *guest, unsigned flags)
{
	struct session *s = tracee_session(c->t);
	struct view *v = c->t->fs->view;
	int r = check_mount(v, guest, flags);

	if (r == 0)
		r = check_use(c, guest, flags);
	if (r >= 0)
		r = viewchange_unmount(v, guest, r == 1);
	if (r == 0) {
		forget_unused(s, v);
		privatefs_sweep(s);
	}
	return r;
}

int sys_umount(struct call *c)
{
	unsigned flags = c->id == SC_umount2 ? (unsigned)c->guest_arg[1] : 0;
	struct mount_place p;
	int r;

	if (flags & ~(unsigned)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	r = mounts_find(c, 0, flags & UMOUNT_NOFOLLOW ? CANON_NOFOLLOW : CANON_FOLLOW, &p);
	if (r == 0 && !mounts_capable(c->t, CAP_SYS_ADMIN))
		r = -EPERM;
	if (r == 0)
		r = p.guest ? unmount(c, viewchange_topmost(c->t->fs->view, p.guest), flags)
			    : -EINVAL;
	mounts_done(&p);
	return r < 0 ? r : call_answer(c, 0);
}
