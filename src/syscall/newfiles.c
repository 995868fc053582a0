/* SPDX-License-Identifier: MIT */
/*
 * Calls that make an entry of a directory, in sessions with an identity; opens are in opens.c.
 * What nothing need be remembered of is left to the kernel: see create.h.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sys/stat.h>

#include "ident/cred.h"
#include "syscall/create.h"
#include "syscall/dispatch.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

int sys_umask(struct call *c)
{
	c->t->fs->umask = (unsigned)c->guest_arg[0] & 0777;
	return 0;
}

static int make(struct call *c, unsigned path, const struct creation *what)
{
	int r = create_entry(c, what, NULL);

	if (r == 0)
		return path_leave(c, path);
	return r < 0 ? r : call_answer(c, 0);
}

int sys_mkdir(struct call *c)
{
	unsigned path = (unsigned)sys_find_arg(c->row, ARG_PATH);
	const struct creation what = { .mode = S_IFDIR | (c->guest_arg[path + 1] & 07777) };
	int r = path_find_entry(c, path);

	return r != PATH_WALKED ? r : make(c, path, &what);
}

/* symlink's text comes first, and is looked at first. */
int sys_symlink(struct call *c)
{
	struct session *s = tracee_session(c->t);
	unsigned path = (unsigned)sys_find_arg(c->row, ARG_PATH);
	const struct creation what = { .mode = S_IFLNK, .text = s->link_text.s };
	int r;

	if (mem_read_str(c->t, c->guest_arg[0], s->link_text.s, sizeof(s->link_text.s)) <= 0)
		return dispatch_translate(c);
	r = path_find_entry(c, path);
	return r != PATH_WALKED ? r : make(c, path, &what);
}

/* may_mknod: other types are refused before the path is looked at. */
static bool is_node_type(uint32_t type)
{
	return type == S_IFREG || type == S_IFCHR || type == S_IFBLK || type == S_IFIFO ||
	       type == S_IFSOCK;
}

/* new_decode_dev */
static void decode_dev(uint32_t dev, struct creation *ret)
{
	ret->rdev_major = (dev & 0xfff00) >> 8;
	ret->rdev_minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
}

/* vfs_mknod: a whiteout is for everybody. */
static bool may_make(const struct call *c, const struct creation *what)
{
	bool device = S_ISBLK(what->mode) ||
		      (S_ISCHR(what->mode) && (what->rdev_major || what->rdev_minor));

	return !device || cred_capable(c->t->cred, CAP_MKNOD);
}

int sys_mknod(struct call *c)
{
	unsigned path = (unsigned)sys_find_arg(c->row, ARG_PATH);
	struct creation what = { .mode = (uint16_t)c->guest_arg[path + 1] };
	int r;

	if (!(what.mode & S_IFMT))
		what.mode |= S_IFREG;
	if (!is_node_type(what.mode & S_IFMT))
		return dispatch_translate(c);
	if (S_ISCHR(what.mode) || S_ISBLK(what.mode))
		decode_dev((uint32_t)c->guest_arg[path + 2], &what);
	r = path_find_entry(c, path);
	if (r != PATH_WALKED)
		return r;
	if (!may_make(c, &what) && create_is_possible(c, &what))
		return -EPERM;
	return make(c, path, &what);
}
