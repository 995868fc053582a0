/* SPDX-License-Identifier: MIT */
/* Removing a tree of one's own, however deep it is and whatever its modes are. */
#ifndef PR_BASE_RMTREE_H
#define PR_BASE_RMTREE_H

#include <stdbool.h>

/*
 * Removes what `name` in the directory (or AT_FDCWD) is, links not followed, with all that is in
 * it: `budget` entries at most, and says whether it is gone. What is left may be looked at again.
 */
bool rmtree(int dir_fd, const char *name, unsigned long budget);

#endif
