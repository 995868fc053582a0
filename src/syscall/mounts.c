/* SPDX-License-Identifier: MIT */
/*
 * The mount calls: refused as to a process without capabilities (EPERM), behind what the
 * kernel finds wrong before it asks for them. Nothing is handed over: to a tracer run by root the
 * kernel would say yes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "ident/cred.h"
#include "syscall/handlers.h"
#include "syscall/mounts.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

bool mounts_capable(const struct tracee *t, unsigned cap)
{
	return t->cred && cred_capable(t->cred, cap);
}

int mounts_look_up(struct call *c, unsigned i, enum canon_last last, struct stat *ret)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	ssize_t n = mem_read_str(c->t, c->guest_arg[i], s->path.s, sizeof(s->path.s));
	int r;

	if (n <= 0)
		return n < 0 ? (int)n : -ENOENT;
	r = path_walk_name(c->t, s->path.s, AT_FDCWD, last);
	if (r < 0)
		return r;
	if (w->flags & CANON_ERROR)
		return w->error;
	r = last == CANON_FOLLOW ? stat(w->host.s, ret) : lstat(w->host.s, ret);
	return r < 0 ? -errno : 0;
}

/* copy_mount_string: NULL is none. */
static int check_string(struct call *c, unsigned i)
{
	struct session *s = tracee_session(c->t);
	ssize_t n;

	if (!c->guest_arg[i])
		return 0;
	n = mem_read_str(c->t, c->guest_arg[i], s->path.s, sizeof(s->path.s));
	return n == -ENAMETOOLONG ? -EINVAL : n < 0 ? (int)n : 0;
}

int sys_mount(struct call *c)
{
	struct stat st;
	char byte;
	int r = check_string(c, 2);

	if (r == 0)
		r = check_string(c, 0);
	if (r == 0 && c->guest_arg[4])
		r = mem_read(c->t, c->guest_arg[4], &byte, 1);
	if (r == 0)
		r = mounts_look_up(c, 1, CANON_FOLLOW, &st);
	if (r == 0 && (c->guest_arg[3] & MS_NOUSER))
		r = -EINVAL;
	return r < 0 ? r : -EPERM;
}

int sys_umount(struct call *c)
{
	unsigned flags = c->id == SC_umount2 ? (unsigned)c->guest_arg[1] : 0;
	struct stat st;
	int r;

	if (flags & ~(unsigned)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	r = mounts_look_up(c, 0, flags & UMOUNT_NOFOLLOW ? CANON_NOFOLLOW : CANON_FOLLOW, &st);
	return r < 0 ? r : -EPERM;
}

int sys_mount_setattr(struct call *c)
{
	const unsigned known = AT_EMPTY_PATH | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;

	if ((unsigned)c->guest_arg[2] & ~known)
		return -EINVAL;
	if (c->guest_arg[4] > tracee_session(c->t)->page_size)
		return -E2BIG;
	return c->guest_arg[4] < MOUNT_ATTR_SIZE_VER0 ? -EINVAL : -EPERM;
}
