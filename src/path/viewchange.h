/* SPDX-License-Identifier: MIT */
/*
 * Changes of a view that is in use. Names alone: nothing here looks at the host. Pointers to
 * entries are not valid any more after a change; one that fails for want of memory changes nothing.
 */
#ifndef PR_PATH_VIEWCHANGE_H
#define PR_PATH_VIEWCHANGE_H

#include "path/view.h"

/* Gives the mark a name, and keeps it true from now on. { 0 } means "/", and is in no view yet. */
int view_mark_set(struct view *v, struct view_mark *m, const char *name);
/* Nobody needs it any more. */
void view_mark_drop(struct view *v, struct view_mark *m);
/* Is some mark, other than of "/", at this canonical guest name or below it? */
bool view_has_mark_in(const struct view *v, const char *guest);

/*
 * The guest renamed the directory `from` to `to` (canonical): entries strictly below it move along,
 * as mounts do, and marks. 0 or -ENOMEM.
 */
int view_renamed(struct view *v, struct gpath from, struct gpath to);

#endif
