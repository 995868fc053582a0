/* SPDX-License-Identifier: MIT */
/* Counted: an fs by the threads that stand in it, a view by the fs that refer to it. */
#include "tracee/fs.h"

#include <errno.h>
#include <talloc.h>

#include "path/viewchange.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static void view_unref(struct view *v)
{
	if (--v->refs == 0)
		talloc_free(v);
}

struct fs *fs_new(struct session *s, struct view *view)
{
	struct fs *fs = talloc_zero(s, struct fs);

	if (!fs)
		return NULL;
	fs->view = view;
	view->refs++;
	fs->cwd.is_hint = true;
	view_mark_set(view, &fs->root, NULL);
	view_mark_set(view, &fs->cwd, NULL);
	return fs;
}

static void fs_free(struct fs *fs)
{
	view_mark_drop(fs->view, &fs->root);
	view_mark_drop(fs->view, &fs->cwd);
	view_unref(fs->view);
	talloc_free(fs);
}

struct fs *fs_copy(struct session *s, const struct fs *from)
{
	struct fs *fs = fs_new(s, from->view);

	if (!fs)
		return NULL;
	fs->umask = from->umask;
	fs->left_behind = from->left_behind;
	if (from->root.name && fs_set_root(fs, from->root.name) < 0) {
		fs_free(fs);
		return NULL;
	}
	fs_set_cwd_hint(fs, fs_cwd_hint(from));
	return fs;
}

const char *fs_root(const struct fs *fs)
{
	return fs->root.name;
}

int fs_set_root(struct fs *fs, const char *guest)
{
	return view_mark_set(fs->view, &fs->root, guest);
}

int fs_unshare_view(struct session *s, struct fs *fs)
{
	struct view *old = fs->view, *own = view_copy(s, old);

	if (!own || view_mark_move(old, own, &fs->root) < 0) {
		talloc_free(own);
		return -ENOMEM;
	}
	if (view_mark_move(old, own, &fs->cwd) < 0) {
		view_mark_drop(old, &fs->cwd);
		view_mark_set(own, &fs->cwd, NULL);
	}
	own->refs = 1;
	fs->view = own;
	view_unref(old);
	return 0;
}

void session_view_changed(struct session *s, const struct view *v)
{
	for (size_t i = 0; i < v->count; i++)
		s->view_read_only |= v->binds[i].flags & BIND_RO;
	s->view_aliases |= view_has_aliases(v);
}

void tracee_set_fs(struct tracee *t, struct fs *fs)
{
	struct fs *old = t->fs;

	t->fs = fs;
	if (fs)
		fs->refs++;
	if (old && --old->refs == 0)
		fs_free(old);
}

const char *fs_cwd_hint(const struct fs *fs)
{
	return fs->cwd.name;
}

void fs_set_cwd_hint(struct fs *fs, const char *guest)
{
	view_mark_set(fs->view, &fs->cwd, guest); /* where there is no memory it stays as it was */
}

void session_walk_as(struct session *s, struct tracee *t)
{
	s->walker = t;
	s->view = t->fs->view;
	s->walk.view = s->view;
	s->walk.root = fs_root(t->fs);
}
