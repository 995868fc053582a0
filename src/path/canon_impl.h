/* SPDX-License-Identifier: MIT */
/*
 * What the files of the walk share, canon.h's insides. canon.c is the loop; a turn of it that is
 * more than a step onto a plain name is canon_dots.c's or canon_link.c's, and canon_plain.c may
 * save the loop most of its turns. All of them move by the verbs of canon_state.c.
 *
 * Between two turns: `host` is where the canonical name `guest` leads (CANON_OUTSIDE: there is no
 * `guest`), and todo[at..] is what has not been looked at. `link` is anybody's within a turn.
 */
#ifndef PR_PATH_CANON_IMPL_H
#define PR_PATH_CANON_IMPL_H

#include "path/canon.h"

/* What a turn says to the loop, besides -errno. */
enum canon_turn {
	TURN_DONE,
	TURN_ON,
};

/* The component of a turn, in todo: valid until todo changes. */
struct canon_part {
	const char *name;
	size_t len;
	bool last;  /* nothing but slashes behind it */
	bool slash; /* last, and a slash behind it */
};

/* ---- canon_state.c: 0 or -errno where nothing else is said ---------------------------------- */

/* To --explain: what happened, and where the walk stands. */
void canon_tell(struct canon *w, const char *what);

/* Takes the next component off todo; false: there is none. */
bool canon_next_part(struct canon *w, struct canon_part *ret);
bool canon_part_is(const struct canon_part *p, const char *name);

/* Has the directory in which the walk stands no guest name? */
static inline bool canon_is_outside(const struct canon *w)
{
	return w->flags & CANON_OUTSIDE;
}

/* Where a canonical guest name leads, by the base's link if it lies below the base. */
int canon_to_host(struct canon *w, const struct pathbuf *guest, struct pathbuf *ret);
/* The same of w->guest, to w->host. */
int canon_host_from_guest(struct canon *w);
/* Moves to a canonical guest name, looked up as a whole if it is not the base itself. */
int canon_go_to(struct canon *w, const char *guest);
/* The mount that a canonical guest name lies in. */
const struct bind *canon_mount_of(const struct canon *w, const char *guest, size_t len);

/* Is `host` a directory that may be searched? 0, -ENOTDIR, -EACCES or what else lstat(2) says. */
int canon_check_searchable(struct canon *w);
/*
 * Ends the walk on an error that the kernel is to find itself at `host`; `goes_on`: the guest's
 * name does, and CANON_NOWHERE stands for the rest. A turn's answer.
 */
int canon_stop(struct canon *w, bool goes_on, int error);

/* ---- the turns, and what spares them: enum canon_turn or -errno ----------------------------- */

/* canon_dots.c: "." or "..". */
int canon_turn_dots(struct canon *w, const struct canon_part *p);
/* canon_link.c: `host` is a link, and it is to be followed. */
int canon_follow(struct canon *w, const struct canon_part *p);
/* canon_plain.c: before the first turn, in a walk with is_plain, without limits and not outside. */
int canon_take_plain_names(struct canon *w);

#endif
