/* SPDX-License-Identifier: MIT */
/*
 * Where a guest stands, and what it sees: the kernel's fs_struct and, behind it, the mount
 * namespace. Threads share an fs, and so does who is cloned with CLONE_FS; fork copies it. A view
 * is shared by all guests until one is given a copy of its own.
 */
#ifndef PR_TRACEE_FS_H
#define PR_TRACEE_FS_H

#include "path/view.h"

struct session;
struct tracee;

struct fs {
	unsigned refs;
	struct view *view; /* counted */
	struct view_mark root; /* what chroot(2) set: fs_root */
	bool no_agents; /* tracee/agent.h: they are off in all that stand here */
	unsigned umask; /* known in sessions with an identity */
	struct view_mark cwd; /* where the last chdir(2) went; may be stale: fs_cwd_hint */
	/* A pivot_root(2) of somebody else's moved it to where `cwd` says, and the kernel is to
	   hear of that before its next call: pivot_catch_up. */
	bool left_behind;
};

/* One that stands in this view; nobody's yet (refs 0). NULL on OOM. */
struct fs *fs_new(struct session *s, struct view *view);
/* What fork makes of it. NULL on OOM. */
struct fs *fs_copy(struct session *s, const struct fs *from);
/* The guest name of its root, or NULL: "/". */
const char *fs_root(const struct fs *fs);
/* 0 or -ENOMEM. */
int fs_set_root(struct fs *fs, const char *guest);

/* unshare(CLONE_NEWNS): a copy of its view, for itself. 0 or -ENOMEM. */
int fs_unshare_view(struct session *s, struct fs *fs);
/* This guest's view is not what it was: what the session knows of all views is true again. */
void session_view_changed(struct session *s, const struct view *v);

/* Gives the thread this one, in place of what it had. fs may be NULL. */
void tracee_set_fs(struct tracee *t, struct fs *fs);

/* The guest's name of the directory it entered last, or NULL. */
const char *fs_cwd_hint(const struct fs *fs);
void fs_set_cwd_hint(struct fs *fs, const char *guest);

/*
 * From now on the session walks on behalf of this guest: /proc/self is its own, names are looked up
 * in its view from its root. In every stop, before anything is looked up.
 */
void session_walk_as(struct session *s, struct tracee *t);

#endif
