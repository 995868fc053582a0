/* SPDX-License-Identifier: MIT */
/* Counted: an fs by the threads that stand in it, a view by the fs that refer to it. */
#include "tracee/fs.h"

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
	view_mark_set(view, &fs->root, NULL);
	return fs;
}

static void fs_free(struct fs *fs)
{
	view_mark_drop(fs->view, &fs->root);
	view_unref(fs->view);
	talloc_free(fs);
}

struct fs *fs_copy(struct session *s, const struct fs *from)
{
	struct fs *fs = fs_new(s, from->view);

	if (!fs)
		return NULL;
	fs->umask = from->umask;
	if (from->root.name && fs_set_root(fs, from->root.name) < 0) {
		fs_free(fs);
		return NULL;
	}
	if (from->cwd_hint)
		fs_set_cwd_hint(fs, from->cwd_hint);
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

void tracee_set_fs(struct tracee *t, struct fs *fs)
{
	struct fs *old = t->fs;

	t->fs = fs;
	if (fs)
		fs->refs++;
	if (old && --old->refs == 0)
		fs_free(old);
}

void fs_set_cwd_hint(struct fs *fs, const char *guest)
{
	talloc_free(fs->cwd_hint);
	fs->cwd_hint = talloc_strdup(fs, guest);
}

void session_walk_as(struct session *s, struct tracee *t)
{
	s->walker = t;
	s->view = t->fs->view;
	s->walk.view = s->view;
	s->walk.root = fs_root(t->fs);
}
