/* SPDX-License-Identifier: MIT */
/*
 * pivot_root(2) in a guest's view. Roots and cwds that were the old one are the new one then:
 * fs/fs_struct.c, chroot_fs_refs. A cwd is the kernel's, and only its owner can move it: the caller
 * does in this call, others before the next call of theirs that we see, as any with a name is.
 */
#include "syscall/pivot.h"

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
#include "tracee/mem.h"
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

/* Does the thread stand in this directory? */
static bool stands_in(struct tracee *t, const char *guest)
{
	struct canon_base base;
	const char *hint = fs_cwd_hint(t->fs);

	if (t->fs->left_behind)
		return hint && strcmp(hint, guest) == 0;
	return path_base(t, AT_FDCWD, &base) == 0 && base.guest.s &&
	       strcmp(base.guest.s, guest) == 0;
}

/* The hints are marks of the view, and move along with the roots. */
static void leave_others_behind(struct call *c, const char *root)
{
	struct session *s = tracee_session(c->t);
	struct tracee *t, *next;

	HASH_ITER(hh, s->tracees, t, next) {
		if (t->fs == c->t->fs || t->fs->view != c->t->fs->view)
			continue;
		session_walk_as(s, t);
		if (!stands_in(t, root))
			continue;
		fs_set_cwd_hint(t->fs, root);
		t->fs->left_behind = true;
	}
	session_walk_as(s, c->t);
}

static int carry_out(struct call *c, const struct pivot *p)
{
	struct view *v = c->t->fs->view;
	int r;

	leave_others_behind(c, p->root);
	r = viewchange_pivot(v, p->root, p->to.guest, viewchange_topmost(v, p->old.guest));
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

/*
 * A filter of the guest's own may have something against our chdir(2), and that of a strict thread
 * has: these stay.
 */
bool pivot_catch_up(struct call *c)
{
	struct tracee *t = c->t;
	struct pathbuf *host = &tracee_session(t)->text;
	const char *to = fs_cwd_hint(t->fs);
	uint64_t at;

	if (!to || t->strict || t->process->own_seccomp ||
	    view_to_host(t->fs->view, GPATH(to), host) < 0) {
		t->fs->left_behind = false;
		return false;
	}
	at = mm_lend(t, host->len + 1);
	if (!at) {
		c->need_bytes = host->len + 1;
		return true;
	}
	t->fs->left_behind = false;
	if (mem_write(t, at, host->s, host->len + 1) < 0)
		return false;
	c->before = SC_chdir;
	c->before_arg[0] = at;
	return true;
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
	if (r == 0 && stands_in(c->t, p->root))
		return move_caller(c, p);
	if (r == 0)
		r = carry_out(c, p);
	talloc_free(p);
	return r < 0 ? r : call_answer(c, 0);
}
