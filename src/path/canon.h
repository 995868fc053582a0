/* SPDX-License-Identifier: MIT */
/*
 * The walk: a guest's path string -> the host path that the kernel may be given.
 * See path_resolution(7) for the rules. Needs no allocator and no libc beyond memory and string
 * functions; sees files through `struct fs_ops` alone.
 *
 * Errors are left to the kernel: where the walk meets one, `host` is a name on which the kernel
 * itself finds that error (the component, and CANON_NOWHERE for what the guest has behind it), so
 * that the order of a call's checks stays the kernel's. Few must be answered by the caller: -ELOOP,
 * -ENAMETOOLONG (of the joined names), and what read_link, real and may_search say.
 *
 * A host name may be longer than PATH_MAX, as a guest's name of legal length behind a host prefix
 * is: fs_ops must cope, and so must the caller (hand over a directory fd and the rest).
 */
#ifndef PR_PATH_CANON_H
#define PR_PATH_CANON_H

#include <stdbool.h>

#include "base/pathbuf.h"

struct view;
struct bind;
struct fs_ops;

/*
 * Fails as whatever stood in its place would have, and goes on failing when the component in front
 * of it becomes a directory before the kernel looks: "." alone would then be that directory, in the
 * place of what the guest meant. Nothing can be made by this name, either.
 */
#define CANON_NOWHERE ".pr-nowhere/."

enum canon_last {
	CANON_FOLLOW,	/* the object the name leads to (stat, open, chdir) */
	CANON_NOFOLLOW, /* a link itself, but "link/" follows (lstat, readlink) */
	CANON_CREATE,	/* as CANON_FOLLOW, for open with O_CREAT (and not O_PATH): "link/" is not
			   followed, the kernel has EISDIR for it at once */
	CANON_CREATE_NOFOLLOW, /* the same with O_EXCL or O_NOFOLLOW: no last link is followed */
	CANON_PARENT, /* the entry itself, to be made or removed; "link/", "x/." and "x/.." stay
			   as written, the kernel has its own errors for them */
};

enum canon_flags {
	/* the last component does not exist (legal for creating calls; with CANON_FOLLOW and
	   CANON_NOFOLLOW it may be CANON_ERROR and -ENOENT instead) */
	CANON_MISSING = 1 << 0,
	/* a relative path; no link followed, no bind crossed, no ".." taken: the kernel would reach
	   the same object from the base by the guest's own string. Never with CANON_ERROR */
	CANON_PLAIN = 1 << 1,
	/* `host` ends in a procfs link that the kernel must follow itself; `guest` and `bind` are
	   the link's, not the object's */
	CANON_MAGIC = 1 << 2,
	/* reached through a directory with no guest name; `guest` is not valid, `bind` is NULL */
	CANON_OUTSIDE = 1 << 3,
	/* the object is a bind point or the root. With CANON_PARENT `host` is then "<parent>/..",
	   for which the kernel has the right refusal (EEXIST, EISDIR, rename's EBUSY) but for rmdir
	   and for unlink of a bound file: these two EBUSY are the caller's */
	CANON_AT_BIND = 1 << 4,
	/* the walk stopped early; `error` says why, `host` is for the kernel */
	CANON_ERROR = 1 << 5,
	/* CANON_PARENT of "x/." or "x/..": `guest` is x; no checks of the caller's own (EROFS,
	   EXDEV, EBUSY), the kernel refuses it anyway */
	CANON_DOTS = 1 << 6,
	/* "/" itself, by slashes alone; with CANON_AT_BIND, but `bind` may be what holds it */
	CANON_AT_ROOT = 1 << 7,
};

/* What a walk is to refuse besides, openat2(2)'s RESOLVE_*: each in its place among the errors. */
enum canon_limits {
	CANON_BENEATH = 1 << 0,	 /* -EXDEV for what leads out of the base */
	CANON_IN_ROOT = 1 << 1,	 /* the base is the root, for absolute names and links too */
	CANON_NO_XDEV = 1 << 2,	 /* -EXDEV for a bind crossed */
	CANON_NO_MAGIC = 1 << 3, /* -ELOOP for a link that the kernel jumps through */
	CANON_NO_LINKS = 1 << 4, /* -ELOOP for any link that is followed */
};

/* Where a relative path starts. */
struct canon_base {
	struct gpath guest; /* canonical; .s == NULL: the directory has no guest name */
	/*
	 * A host name that leads to it, e.g. /proc/12/fd/3. With a guest name it may be NULL; else
	 * what lies in the directory is looked up from here, as the kernel would: without search
	 * permission for what is above.
	 */
	struct hpath host;
};

struct canon {
	/* set by the caller, once */
	const struct view *view;
	const char *root; /* guest name: where "/" leads, and ".." stops; NULL: "/" */
	const struct fs_ops *ops;
	void *ctx;
	/* set by the caller before a walk, and cleared behind it: enum canon_limits. The first two
	   need a base with a guest name, also for an absolute path */
	unsigned limits;
	/* results of the last walk */
	struct pathbuf guest;	 /* canonical guest name of the object; with CANON_ERROR: so far */
	struct pathbuf host;	 /* for the kernel; a trailing slash of the guest's is kept */
	const struct bind *bind; /* the entry of the view that holds the object */
	unsigned flags;		 /* enum canon_flags */
	int error;		 /* with CANON_ERROR: -ENOENT, -ENOTDIR, -EACCES, -ELOOP... */
	/* private */
	struct canon_base base; /* both names, or none */
	struct pathbuf todo; /* from `at` on: what the walk has not looked at */
	struct pathbuf link;
	size_t at;
	unsigned links;
	enum canon_last last;
	const char *top; /* the root, or the base it is not to leave */
	bool rooted;	 /* the kernel would have looked for the root by now; see jump_to_root */
	bool slash; /* the last component has a slash behind it */
};

/*
 * Walks `path` from `base` (ignored if path is absolute). Returns 0 when `host` may be given to the
 * kernel (also with CANON_ERROR, see above), or -ELOOP, -ENAMETOOLONG, or another -errno that the
 * caller must answer itself. path "" is -ENOENT.
 */
int canon_walk(struct canon *w, struct canon_base base, const char *path, enum canon_last last);

/* For fs_ops: is the link that is being read the end of the path, with nothing behind it? */
bool canon_is_at_end(const struct canon *w);

#endif
