/* SPDX-License-Identifier: MIT */
/*
 * The view: which host object a guest name means. The rootfs and the binds are entries of one
 * list; the root is the entry at "/". Entries hold canonical names on both sides, no link in them.
 *
 * Part of the walk: no allocator, no libc beyond memory and string functions. Building and changing
 * a view (parsing, looking at the host, the skeleton tree) is bindspec.h and mountpoint.h.
 */
#ifndef PR_PATH_VIEW_H
#define PR_PATH_VIEW_H

#include "base/pathbuf.h"

enum bind_flags {
	BIND_RO = 1 << 0,	/* changes through it give EROFS */
	BIND_FILE = 1 << 1,	/* the source is not a directory */
	BIND_UNLISTED = 1 << 2, /* the rootfs has no such name: the parent's listing must add it */
	BIND_SKELETON = 1 << 3, /* not the user's: a parent made up so that a deeper bind exists;
				   always BIND_RO too: what was written there would be lost */
	BIND_NOEXEC = 1 << 4,
};

struct bind {
	struct gpath guest; /* "/" or "/a/b", canonical */
	/* canonical, but "/proc/self/..." and "/proc/thread-self/..." mean who looks */
	struct hpath host;
	size_t guest_len, host_len;
	unsigned flags; /* enum bind_flags */
};

/* A guest name that is kept true while the view changes: a guest's root. */
struct view_mark {
	char *name; /* child of the view */
	struct view_mark *prev, *next;
};

struct view {
	struct bind *binds; /* sorted by guest name; binds[0] is the root "/" */
	size_t count;
	unsigned refs; /* whose it is is counted by tracee/fs.h */
	struct view_mark *marks; /* list (utlist) */
};

/* The entry exactly at this canonical guest name, or NULL. */
const struct bind *view_at(const struct view *v, const char *guest, size_t len);
/* The deepest entry that this canonical guest name lies in (at least the root). */
const struct bind *view_holding(const struct view *v, const char *guest, size_t len);
/*
 * The entry that would be a mount: `b`, or what holds it where `b` is a parent made up for a deeper
 * bind, which a real system would have as a plain directory.
 */
const struct bind *view_mount(const struct view *v, const struct bind *b);
/* The entry that holds the directory in which this canonical guest name is an entry. */
const struct bind *view_holding_parent(const struct view *v, const char *guest, size_t len);
/* Is there an entry strictly below this canonical guest directory? */
bool view_has_below(const struct view *v, const char *guest, size_t len);
/* Does any entry (other than the root) have this base name? Cheap test before the exact ones. */
bool view_has_name(const struct view *v, const char *name, size_t len);

/* Canonical guest name -> host name. 0 or -ENAMETOOLONG. */
int view_to_host(const struct view *v, struct gpath g, struct pathbuf *ret);
/*
 * Canonical host name -> guest name, the deepest entry on the host's side first and shadowed
 * answers refused (the answer leads back to the same host name). `hint`, a guest name or NULL, wins
 * where it leads to the same host name. 0, -ENAMETOOLONG, or -ENOENT: the guest cannot see it.
 */
int view_to_guest(const struct view *v, struct hpath h, const char *hint, struct pathbuf *ret);

/*
 * A guest name as a guest is told it whose root that is (NULL: "/"): what stands in `guest` behind
 * the root. NULL where it does not lie below the root.
 */
const char *view_from_root(const char *guest, const char *root);

/* Is some host directory visible at two places, so that view_to_guest has a choice? */
bool view_has_aliases(const struct view *v);

#endif
