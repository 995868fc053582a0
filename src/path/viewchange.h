/* SPDX-License-Identifier: MIT */
/*
 * Changes of a view that is in use. Names alone: nothing here looks at the host. Pointers to
 * entries are not valid any more after a change; one that fails for want of memory changes nothing.
 */
#ifndef PR_PATH_VIEWCHANGE_H
#define PR_PATH_VIEWCHANGE_H

#include "path/view.h"

/* Gives the mark a name (NULL: none), and keeps it true from now on. { 0 } is in no view yet. */
int view_mark_set(struct view *v, struct view_mark *m, const char *name);
/* From one view to a copy of it. 0 or -ENOMEM. */
int view_mark_move(struct view *from, struct view *to, struct view_mark *m);
/* Nobody needs it any more. */
void view_mark_drop(struct view *v, struct view_mark *m);
/* Is some guest's root, other than "/", at this canonical guest name or below it? */
bool view_has_root_in(const struct view *v, const char *guest);

/*
 * The guest renamed the directory `from` to `to` (canonical): entries strictly below it move along,
 * as mounts do, and marks. 0 or -ENOMEM.
 */
int view_renamed(struct view *v, struct gpath from, struct gpath to);

/* A view of its own with the same entries: a child of ctx, without marks. NULL on OOM. */
struct view *view_copy(void *ctx, const struct view *v);

/*
 * Mounts at b->guest what `b` says (copied): what was there before, entries and marks, is covered.
 * `with`: the entries strictly below that guest name come along (MS_REC); or NULL. 0 or -ENOMEM.
 */
int viewchange_mount(struct view *v, const struct bind *b, const char *with);

/*
 * Unmounts the entry at this guest name, and all below it; what it covered is there again. With
 * `keep` it goes on in a tree of its own, for who stands in it. 0 or -ENOMEM.
 */
int viewchange_unmount(struct view *v, const char *guest, bool keep);
/* A tree that is kept: nobody stands in it any more. */
int viewchange_forget(struct view *v, const char *guest);

/* Moves the entry at `from`, and all below it, to `to`, which is covered. 0 or -ENOMEM. */
int viewchange_move(struct view *v, const char *from, const char *to);

/*
 * pivot_root(2) of a process whose root is `root`, a mount as `to` is: that becomes what `root`
 * means, also to other marks there, and the old root is mounted at `old`, which lies in `to` or is
 * `to` itself: then it covers it. 0 or -ENOMEM.
 */
int viewchange_pivot(struct view *v, const char *root, const char *to, const char *old);

/* Sets the flags of the entry at this guest name to what is in `flags`, within `mask`. */
void viewchange_flags(struct view *v, const char *guest, unsigned mask, unsigned flags);

/* The entry there is told as this (copied). 0 or -ENOMEM. */
int viewchange_label(struct view *v, const char *guest, const struct bind_label *label);

/* Is something covered by the mount at this guest name? */
bool viewchange_covered(const struct view *v, const char *guest);
/* From something in a tree to what covers it, as LOOKUP_MOUNTPOINT does: a top, or `guest`. */
const char *viewchange_topmost(const struct view *v, const char *guest);

#endif
