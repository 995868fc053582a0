/* SPDX-License-Identifier: MIT */
/*
 * rename and link: what the kernel would find if binds were mounts, in the order of do_renameat2
 * and do_linkat. EXDEV compares the mounts of the *directories* that hold the entries; a mount
 * point is an entry of the mount it lies in. Where no bind is concerned, nor a guest whose
 * permissions are virtual, the kernel decides alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/dac.h"
#include "path/longname.h"
#include "path/procname.h"
#include "path/viewchange.h"
#include "syscall/bindrules.h"
#include "syscall/devdirs.h"
#include "syscall/dispatch.h"
#include "syscall/entries.h"
#include "syscall/guestfs.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/permit.h"
#include "syscall/refuse.h"
#include "tracee/agent.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* A name among the arguments, and the directory that it starts in where it is relative. */
struct name_arg {
	unsigned arg;
	int dirfd;
};

static struct name_arg in_cwd(unsigned arg)
{
	return (struct name_arg){ arg, AT_FDCWD };
}

/* The call's descriptor is the argument in front of the name. */
static struct name_arg behind_dirfd(const struct call *c, unsigned arg)
{
	return (struct name_arg){ arg, (int)c->guest_arg[arg - 1] };
}

/* One side of a call, as far as the other side must know it. */
struct side {
	bool known;	  /* walked, and nothing wrong on the way: all below is valid */
	unsigned flags;	  /* enum canon_flags */
	bool slash;	  /* the guest wrote one behind the name */
	bool is_unnamed;  /* in a directory without a name: `guest` is made up */
	bool is_gone;	  /* because that was removed: nothing is found there or made */
	bool is_point;	  /* a mount point */
	bool is_made_up;  /* a parent of a bind: a directory that cannot be changed */
	const struct bind *bind; /* of these two */
	bool has_below;	  /* some bind lies below it */
	bool has_root;	  /* some guest's root does, or is it */
	const struct bind *mount;  /* that directory's; for link's first side, the object's */
	const struct bind *parent; /* the entry of the view for the same: may be a made-up one */
	bool is_device;		   /* a remembered one: devdirs.h */
	char *guest;		   /* child of the tracee */
	char *host;  /* what the kernel is given, child of `guest` */
};

static void side_done(struct side *side)
{
	talloc_free(side->guest);
}

static bool is_missing(const struct side *side)
{
	return side->is_gone || (side->flags & CANON_MISSING);
}

/* "x/.", "x/..", "/": no entry that could be made, moved or replaced. */
static bool is_special(const struct side *side)
{
	return side->flags & (CANON_DOTS | CANON_AT_ROOT);
}

static bool has_slash(const char *path)
{
	return *path && path[strlen(path) - 1] == '/';
}

static void cut_slashes(char *path)
{
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
}

static void look_at_walked(struct session *s, enum canon_last last, struct side *side)
{
	const struct canon *w = &s->walk;
	const struct bind *parent = last == CANON_PARENT ? bindrules_parent(s) : w->bind;

	side->slash = has_slash(s->path.s);
	side->has_below = bindrules_has_below(s);
	side->has_root = view_has_root_in(s->view, w->guest.s);
	side->parent = parent;
	side->mount = view_mount(s->view, parent);
	if ((w->flags & (CANON_AT_BIND | CANON_AT_ROOT)) == CANON_AT_BIND && w->guest.len > 1) {
		side->is_made_up = w->bind->flags & BIND_SKELETON;
		side->is_point = !side->is_made_up;
		side->bind = w->bind;
	}
}

/* A name in a directory without one. */
static int look_at_unnamed(struct tracee *t, struct side *side)
{
	struct session *s = tracee_session(t);
	const char *name = strrchr(side->host, '/');
	char *guest = talloc_asprintf(t, "//?%s", name ? name : "/"); /* like no other */

	if (!guest)
		return -ENOMEM;
	talloc_steal(guest, side->host);
	talloc_free(side->guest);
	side->guest = guest;
	side->parent = bindrules_unnamed_parent(s, &side->is_gone);
	if (!side->parent)
		return 0;
	side->is_unnamed = true;
	side->slash = has_slash(s->path.s);
	side->mount = view_mount(s->view, side->parent);
	side->known = true;
	return 0;
}

/* Walks and stages one side; what is wrong with it is refused at its lookup. 0 or -errno. */
static int walk_side(struct call *c, struct name_arg name, enum canon_last last, struct side *ret)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	int r = path_walk_arg_fully(c, name.arg, name.dirfd, last);

	*ret = (struct side){ .known = false };
	if (r <= 0)
		return r < 0 ? refuse_path(c, name.arg, r) : 0;
	ret->flags = w->flags;
	ret->guest = talloc_strdup(c->t, w->guest.s);
	ret->host = talloc_strdup(ret->guest, w->host.s);
	if (!ret->host)
		return -ENOMEM;
	cut_slashes(ret->host); /* lstat("link/") would look behind the link */
	if (!(w->flags & (CANON_ERROR | CANON_OUTSIDE))) {
		ret->known = true;
		look_at_walked(s, last, ret);
	} else if (!(w->flags & CANON_ERROR) && last == CANON_PARENT) {
		r = look_at_unnamed(c->t, ret);
		if (r < 0)
			return r;
	} else if (!(w->flags & CANON_ERROR)) {
		ret->known = true; /* link's first: its mount is asked for where it matters */
	}
	ret->is_device = s->identity && devdirs_is_device(c);
	return path_stage(c, name.arg);
}

/* The object, a link not followed; false where it is missing. */
static bool is_dir(const struct side *side)
{
	struct stat st;

	if (side->bind)
		return !(side->bind->flags & BIND_FILE);
	return lstat(side->host, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_read_only(const struct side *side)
{
	return side->mount->flags & BIND_RO;
}

/* `inner` strictly below `outer`. */
static bool is_below(const struct side *inner, const struct side *outer)
{
	const char *rest = path_under(inner->guest, outer->guest);

	return rest && *rest;
}

/* ---- rename ---- */

static bool have_one_parent(const struct side *from, const struct side *to)
{
	size_t n = strrchr(from->guest, '/') - from->guest;

	return strrchr(to->guest, '/') - to->guest == (ssize_t)n &&
	       memcmp(from->guest, to->guest, n) == 0;
}

/* may_delete of both entries, and a directory's own permission to get another "..": vfs_rename. */
static int check_permissions(struct session *s, const struct side *from, const struct side *to,
			     unsigned flags)
{
	bool exchange = flags & RENAME_EXCHANGE;
	int r = bindrules_may_delete(s, from->host, from->guest);

	if (r == 0)
		r = bindrules_may_delete(s, to->host, to->guest);
	if (r == 0 && !exchange && !is_missing(to) && is_dir(from) != is_dir(to))
		r = is_dir(from) ? -ENOTDIR : -EISDIR;
	if (r < 0 || have_one_parent(from, to))
		return r;
	if (is_dir(from) && !bindrules_entry_writable(s, from->host, from->guest))
		return -EACCES;
	return exchange && is_dir(to) && !bindrules_entry_writable(s, to->host, to->guest) ?
		       -EACCES : 0;
}

/* What the lookup of one entry finds: lookup_one_qstr_excl. */
static int find_entry(const struct side *side)
{
	if (side->is_gone)
		return -ENOENT;
	return bindrules_name_too_long(side->guest) ? -ENAMETOOLONG : 0;
}

/* The entries looked up: missing or not, slashes behind what is no directory, one in the other. */
static int check_entries(const struct side *from, const struct side *to, unsigned flags)
{
	bool exchange = flags & RENAME_EXCHANGE;
	int r = find_entry(from);

	if (r == 0)
		r = is_missing(from) ? -ENOENT : find_entry(to);
	if (r < 0)
		return r;
	if ((flags & RENAME_NOREPLACE) && !is_missing(to))
		return -EEXIST;
	if (exchange && is_missing(to))
		return -ENOENT;
	if (exchange && to->slash && !is_dir(to))
		return -ENOTDIR;
	if ((from->slash || (!exchange && to->slash)) && !is_dir(from))
		return -ENOTDIR;
	if (is_below(to, from))
		return -EINVAL;
	if (is_below(from, to))
		return exchange ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static bool is_same_object(const struct side *from, const struct side *to)
{
	struct stat a, b;

	if (strcmp(from->guest, to->guest) == 0)
		return true;
	return !from->bind && !to->bind && lstat(from->host, &a) == 0 && lstat(to->host, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/*
 * Where binds are concerned, all of the rest: the kernel has another name in place of a mount
 * point, and does not see what lies below one. So too where permissions are judged by us.
 */
static int check_points(struct session *s, const struct side *from, const struct side *to,
			unsigned flags)
{
	int r = check_entries(from, to, flags);

	if (r < 0 || is_same_object(from, to))
		return r; /* itself: nothing to do */
	r = check_permissions(s, from, to, flags);
	if (r < 0)
		return r;
	if (from->is_point || to->is_point)
		return -EBUSY;
	if (!(flags & RENAME_EXCHANGE) && (to->has_below || to->is_made_up))
		return -ENOTEMPTY;
	/* A real directory would let it happen. Ours is not there, and holds nothing but binds. */
	return from->is_made_up || to->is_made_up || (to->parent->flags & BIND_SKELETON) ? -EROFS :
											  0;
}

static bool concerns_binds(const struct side *side)
{
	return side->is_point || side->is_made_up || side->has_below ||
	       (side->parent->flags & BIND_SKELETON);
}

static int check_rename(struct session *s, const struct side *from, const struct side *to,
			unsigned flags)
{
	if (!from->known || !to->known)
		return 0;
	if (from->mount != to->mount)
		return -EXDEV;
	if (is_special(from))
		return 0; /* EBUSY */
	if (is_special(to))
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (is_read_only(from))
		return -EROFS;
	if (!concerns_binds(from) && !concerns_binds(to) && !permit_judges(s))
		return 0;
	return check_points(s, from, to, flags);
}

/* What the guest may change, the host is to let us. */
static void open_up(struct session *s, const struct side *from, const struct side *to,
		    unsigned flags)
{
	permit_open_parent(s, from->host);
	if (have_one_parent(from, to))
		return;
	permit_open_parent(s, to->host);
	if (is_dir(from))
		permit_open_up_named(s, from->host, DAC_WRITE);
	if ((flags & RENAME_EXCHANGE) && is_dir(to))
		permit_open_up_named(s, to->host, DAC_WRITE);
}

struct renamed {
	char *from, *to; /* guest names, children of this; NULL: the view does not change */
	bool exchange;
	const struct entry_move *records; /* NULL: none follow */
	const char *device_at[2]; /* host names that a remembered device gets, children; or NULL */
};

/* A guest name that no walk makes. */
#define NOWHERE GPATH("//")

static void note_devices(struct session *s, const struct renamed *names)
{
	for (int i = 0; i < 2; i++)
		if (names->device_at[i])
			devdirs_note_entry(s, names->device_at[i]);
}

/* The directory above a bind or a root moved: so does that, as a mount would. */
static int rename_exit(struct call *c)
{
	const struct renamed *names = c->data;
	struct view *v = tracee_session(c->t)->view;

	if (c->result != 0)
		return 0;
	if (names->records)
		entries_moved(tracee_session(c->t), names->records);
	note_devices(tracee_session(c->t), names);
	if (!names->to)
		return 0;
	if (names->exchange)
		view_renamed(v, GPATH(names->to), NOWHERE);
	view_renamed(v, GPATH(names->from), GPATH(names->to));
	if (names->exchange)
		view_renamed(v, NOWHERE, GPATH(names->from));
	return 0;
}

static bool holds_what_moves(const struct side *side)
{
	return side->has_below || side->has_root;
}

/* What the exit stop has to do; without that, there is none. */
static int follow_rename(struct call *c, const struct side *from, const struct side *to,
			 bool exchange)
{
	struct session *s = tracee_session(c->t);
	bool view = holds_what_moves(from) || (exchange && holds_what_moves(to));
	struct renamed *names = view || s->identity ? talloc_zero(c->t, struct renamed) : NULL;

	if (!names)
		return view || s->identity ? -ENOMEM : 0;
	c->data = names;
	names->exchange = exchange;
	if (s->identity)
		names->records = entries_move(names, s, from->host, to->host, exchange);
	if (from->is_device)
		names->device_at[0] = talloc_strdup(names, to->host);
	if (to->is_device && exchange)
		names->device_at[1] = talloc_strdup(names, from->host);
	if (view) {
		names->from = talloc_strdup(names, from->guest);
		names->to = talloc_strdup(names, to->guest);
		if (!names->from || !names->to)
			return -ENOMEM;
		agent_turn_off_all(tracee_session(c->t));
	}
	if (!view && !names->records && !names->device_at[0] && !names->device_at[1])
		return 0;
	return call_want_exit(c, rename_exit);
}

/* rename(2) of one mount point or made-up directory to itself, for which the kernel has "..". */
static bool is_same_point(const struct side *from, const struct side *to)
{
	return (from->flags & to->flags & CANON_AT_BIND) && strcmp(from->guest, to->guest) == 0;
}

static int rename_sides(struct call *c, unsigned arg, const struct side *from,
			const struct side *to, unsigned flags)
{
	bool exchange = flags & RENAME_EXCHANGE;
	int r = check_rename(tracee_session(c->t), from, to, flags);

	if (r == 0 && is_same_point(from, to) && !is_special(from))
		return call_answer(c, 0);
	if (r < 0)
		return refuse_path(c, arg, r);
	if (c->refused || !from->known || !to->known || from->is_unnamed || to->is_unnamed)
		return 0;
	if (tracee_session(c->t)->identity && !is_special(from) && !is_special(to))
		open_up(tracee_session(c->t), from, to, flags);
	return follow_rename(c, from, to, exchange);
}

static int rename_common(struct call *c, struct name_arg from_arg, struct name_arg to_arg,
			 unsigned flags)
{
	struct side from, to = { .known = false };
	int r = walk_side(c, from_arg, CANON_PARENT, &from);

	if (r == 0)
		r = walk_side(c, to_arg, CANON_PARENT, &to);
	if (r == 0)
		r = rename_sides(c, from_arg.arg, &from, &to, flags);
	side_done(&from);
	side_done(&to);
	return r;
}

int sys_rename(struct call *c)
{
	return rename_common(c, in_cwd(0), in_cwd(1), 0);
}

int sys_renameat(struct call *c)
{
	return rename_common(c, behind_dirfd(c, 1), behind_dirfd(c, 3), 0);
}

int sys_renameat2(struct call *c)
{
	return rename_common(c, behind_dirfd(c, 1), behind_dirfd(c, 3), (unsigned)c->guest_arg[4]);
}

/* ---- link ---- */

/* linkat of "" with AT_EMPTY_PATH: the object is what the descriptor is open on. */
static int look_at_descriptor(struct call *c, struct name_arg name, struct side *ret)
{
	const struct bind *bind;
	char link[PATH_BASE_BYTES];

	if (!path_means_descriptor(c, name.arg))
		return 0;
	bind = name.dirfd == AT_FDCWD ? path_cwd_bind(c->t) : NULL;
	path_base_link(c->t, name.dirfd, link);
	*ret = (struct side){ .known = true, .flags = bind ? 0 : CANON_MAGIC };
	ret->mount = bind ? view_mount(tracee_session(c->t)->view, bind) : NULL;
	ret->guest = talloc_strdup(c->t, link);
	ret->host = ret->guest;
	return ret->guest ? 0 : -ENOMEM;
}

/* linkat of /proc/self/fd/N: the mount is the object's, not the link's. */
static bool is_across(struct session *s, const struct side *from, const struct side *to)
{
	const struct bind *b;

	if (from->flags & CANON_OUTSIDE) {
		b = guestfs_holding(s, HPATH(from->host), NULL);
		return b && view_mount(s->view, b) != to->mount;
	}
	if (!(from->flags & CANON_MAGIC))
		return from->mount != to->mount;
	if (longname_around(from->host, &s->text) < 0)
		return false;
	return !bindrules_may_be_in(s, s->text.s, to->parent);
}

/*
 * --sandbox: Landlock has EXDEV for a directory that would get another parent, before the kernel
 * comes to what is wrong with it (vfs_link).
 */
static int check_link_of_directory(struct session *s, const struct side *from,
				   const struct side *to)
{
	bool through = from->flags & (CANON_MAGIC | CANON_OUTSIDE) ||
		       proc_magic(HPATH(from->host)) != PROC_NOTHING;
	struct stat st;
	int r;

	if (!s->sandbox)
		return 0;
	r = through ? stat(from->host, &st) : lstat(from->host, &st);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return 0;
	r = bindrules_may_delete(s, to->host, to->guest);
	return r < 0 ? r : -EPERM;
}

static int check_link(struct session *s, const struct side *from, const struct side *to)
{
	int r;

	if (!to->known || !from->known)
		return 0;
	/* EEXIST, or ENOENT of "new/", of a directory that is removed, and of any name in procfs */
	if (is_special(to) || !is_missing(to) || to->is_gone || to->slash || is_missing(from) ||
	    bindrules_name_too_long(to->guest) || guestfs_is_in_proc(HPATH(to->host)))
		return 0;
	if (is_read_only(to))
		return -EROFS;
	if (is_across(s, from, to))
		return -EXDEV;
	r = s->identity ? permit_link(s, from->host, to->host) : 0;
	if (r == 0)
		r = check_link_of_directory(s, from, to);
	if (r < 0)
		return r;
	return to->parent->flags & BIND_SKELETON ? -EROFS : 0;
}

static int link_exit(struct call *c)
{
	if (c->result == 0)
		devdirs_note_entry(tracee_session(c->t), c->data);
	return 0;
}

/* One more name for a remembered device. */
static int follow_link(struct call *c, const char *host)
{
	dispatch_changes_names(c->t);
	c->data = talloc_strdup(c->t, host);
	return c->data ? call_want_exit(c, link_exit) : -ENOMEM;
}

static int link_common(struct call *c, struct name_arg from_arg, struct name_arg to_arg,
		       enum canon_last last)
{
	struct side from, to = { .known = false };
	int r = walk_side(c, from_arg, last, &from);

	if (r == 0 && !from.guest)
		r = look_at_descriptor(c, from_arg, &from);
	if (r == 0)
		r = walk_side(c, to_arg, CANON_PARENT, &to);
	if (r == 0)
		r = check_link(tracee_session(c->t), &from, &to);
	if (r == 0 && from.is_device && to.host)
		r = follow_link(c, to.host);
	side_done(&from);
	side_done(&to);
	return r < 0 ? refuse_path(c, to_arg.arg, r) : r;
}

int sys_link(struct call *c)
{
	return link_common(c, in_cwd(0), in_cwd(1), CANON_NOFOLLOW);
}

int sys_linkat(struct call *c)
{
	enum canon_last last = c->guest_arg[4] & AT_SYMLINK_FOLLOW ? CANON_FOLLOW : CANON_NOFOLLOW;

	return link_common(c, behind_dirfd(c, 1), behind_dirfd(c, 3), last);
}
