/* SPDX-License-Identifier: MIT */
/*
 * The view: which host object a guest name means. The rootfs and the binds are entries of one
 * list; the root is the entry at "/". Entries hold canonical names on both sides, no link in them.
 *
 * What no name leads to, but a guest may stand in (covered by a later mount, or unmounted while it
 * was in use), has a tree of its own, of names that no guest can write: "//1", "//2"...
 *
 * Part of the walk: no allocator, no libc beyond memory and string functions. Building a view
 * (parsing, looking at the host, the skeleton tree) is bindspec.h and mountpoint.h, changing one
 * viewchange.h.
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
	BIND_NOSUID = 1 << 5,
	BIND_NODEV = 1 << 6,
	BIND_NOATIME = 1 << 7, /* this and the next two are only told */
	BIND_NODIRATIME = 1 << 8,
	BIND_RELATIME = 1 << 9,
	BIND_OWN_OPTIONS = 1 << 10, /* told are these flags, and not the host's mount's */
	BIND_LOCKED = 1 << 11, /* the user made it :ro or noexec: no guest may undo that */
	BIND_LATE = 1 << 12,   /* made by mount(2) */
	/* no mount, but a piece of the one it lies in, whose names lead elsewhere */
	BIND_PART = 1 << 13,
	BIND_EXPIRING = 1 << 14, /* umount2(MNT_EXPIRE) was called once */
};

/* What is told of a file system that mount(2) has mounted, and not of the host's that backs it. */
struct bind_label {
	const char *type, *source;
	const char *root;    /* its root on the host */
	const char *options; /* of the file system, behind "rw" or "ro": "" or ",size=1k" */
	bool read_only;	     /* the file system, not only the mount */
	bool is_new;	     /* made for the guest: what is at its root on the host is in it */
};

struct bind {
	struct gpath guest; /* "/" or "/a/b", canonical */
	/* canonical, but "/proc/self/..." and "/proc/thread-self/..." mean who looks */
	struct hpath host;
	size_t guest_len, host_len;
	unsigned flags; /* enum bind_flags */
	const struct bind_label *label; /* NULL: told is what the host says of it */
	const char *over; /* a tree's: the name at which a later mount covers it; or NULL */
};

/* A guest name that is kept true while the view changes: of a guest's root, or of its cwd. */
struct view_mark {
	char *name; /* child of the view; NULL: "/", or unknown where it is a hint */
	bool is_hint; /* maybe nobody is there */
	struct view_mark *prev, *next;
};

struct view {
	struct bind *binds; /* sorted by guest name; binds[0] is the root "/" */
	size_t count;
	unsigned refs; /* whose it is is counted by tracee/fs.h */
	unsigned trees; /* the last tree's number */
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
 * Canonical host name -> guest name; shadowed answers are refused (the answer leads back to the
 * same host name). `hint`, a guest name or NULL, wins where it leads to the same host name, else
 * the entry that it lies in, where that shows it. Then what lies below `root` (NULL: "/"), what is
 * visible, what was there from the start, and the deepest entry on the host's side. 0,
 * -ENAMETOOLONG, or -ENOENT: the guest cannot see it.
 */
int view_to_guest(const struct view *v, const char *root, struct hpath h, const char *hint,
		  struct pathbuf *ret);

/*
 * The name that something in a tree has, or would have if nothing covered it: 0, 1 where it is
 * unmounted (and the name is that from the top of its tree), or -ENAMETOOLONG.
 */
int view_without_tree(const struct view *v, const char *guest, struct pathbuf *ret);

/*
 * follow_dotdot, by name: out of the top of a tree leads to where that is mounted, though something
 * else covers it; out of the first, and of what is unmounted, nowhere. 0 or -ENAMETOOLONG.
 */
int view_pop(const struct view *v, struct pathbuf *guest);

/* path_under for guest names: what lies in a tree of its own is not below "/". */
const char *view_under(const char *guest, const char *dir);
/* Is it the top of a tree: "/", "//1"? */
bool view_is_top(const char *guest);

/*
 * A guest name as a guest is told it whose root that is (NULL: "/"): the part behind the root, in
 * `guest` or in `buf`. NULL where it does not lie below the root.
 */
const char *view_told(const struct view *v, const char *root, const char *guest,
		      struct pathbuf *buf);

/* Is some host directory visible at two places, so that view_to_guest has a choice? */
bool view_has_aliases(const struct view *v);

#endif
