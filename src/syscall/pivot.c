/* SPDX-License-Identifier: MIT */
/*
 * pivot_root(2) in a guest's view. Roots that were the old one are the new one then; so is the
 * caller's cwd, but not that of others who stand in the old root: nobody can move them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <talloc.h>

#include "path/viewchange.h"
#include "syscall/handlers.h"
#include "syscall/mounts.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

struct pivot {
	struct mount_place to, old;
	const char *root; /* of the caller */
};

/* Names that live as long as the pivot: the places' own are the tracee's. */
static int find(struct call *c, struct pivot *p, unsigned i, struct mount_place *ret)
{
	int r = mounts_find(c, i, CANON_FOLLOW, ret);

	talloc_steal(p, ret->guest);
	return r < 0 ? r : ret->is_dir ? 0 : -ENOTDIR;
}

static const struct bind *mount_of(const struct view *v, const char *guest)
{
	return view_mount(v, view_holding(v, guest, strlen(guest)));
}

/* The first root cannot go elsewhere: it is locked, as a user namespace's is. */
static bool is_locked(const struct bind *mount)
{
	return (mount->flags & BIND_LOCKED) || view_is_top(mount->guest.s);
}

/* The kernel's checks from check_mnt on, in its order. */
static int check(const struct view *v, const struct pivot *p)
{
	const struct bind *root, *to;

	if (!p->to.guest || !p->old.guest)
		return -EINVAL;
	root = mount_of(v, p->root);
	to = mount_of(v, p->to.guest);
	if (is_locked(to))
		return -EINVAL;
	if (to == root || mount_of(v, p->old.guest) == root)
		return -EBUSY;
	/* A root that something covers is nothing to pivot about. */
	if (mounts_at(v, p->root) != root || root->over || mounts_at(v, p->to.guest) != to ||
	    !view_under(p->old.guest, p->to.guest) || !view_under(p->to.guest, p->root))
		return -EINVAL;
	return 0;
}

static int carry_out(struct call *c, const struct pivot *p)
{
	struct view *v = c->t->fs->view;
	int r = viewchange_pivot(v, p->root, p->to.guest, viewchange_topmost(v, p->old.guest));

	session_view_changed(tracee_session(c->t), v);
	return r;
}

/* The kernel has moved the caller to where its root will be. */
static int pivot_exit(struct call *c)
{
	const struct pivot *p = c->data;

	if (c->result == 0)
		c->result = carry_out(c, p);
	return 1;
}

/* Does the caller stand in its root? */
static bool stands_in_root(struct call *c, const char *root)
{
	struct session *s = tracee_session(c->t);
	struct canon_base base;

	return path_base(c->t, AT_FDCWD, &s->base_guest, &s->base_host, &base) == 0 &&
	       base.guest.s && strcmp(base.guest.s, root) == 0;
}

/* The call becomes the chdir(2) to the new root, and the rest is done behind it. */
static int move_caller(struct call *c, struct pivot *p)
{
	struct pathbuf *host = &tracee_session(c->t)->text;
	int r = view_to_host(c->t->fs->view, GPATH(p->to.guest), host);

	if (r < 0)
		return r;
	c->nr = sys_number(c->abi, SC_chdir);
	c->flags |= CALL_CHANGED;
	c->data = p;
	call_want_exit(c, pivot_exit);
	return call_put(c, 0, host->s, host->len + 1);
}

int sys_pivot_root(struct call *c)
{
	struct pivot *p;
	int r;

	if (!mounts_capable(c->t, CAP_SYS_ADMIN))
		return -EPERM;
	p = talloc_zero(c->t, struct pivot);
	if (!p)
		return -ENOMEM;
	p->root = talloc_strdup(p, fs_root(c->t->fs) ? fs_root(c->t->fs) : "/");
	r = p->root ? find(c, p, 0, &p->to) : -ENOMEM;
	if (r == 0)
		r = find(c, p, 1, &p->old);
	if (r == 0)
		r = check(c->t->fs->view, p);
	if (r == 0 && stands_in_root(c, p->root))
		return move_caller(c, p);
	if (r == 0)
		r = carry_out(c, p);
	talloc_free(p);
	return r < 0 ? r : call_answer(c, 0);
}
