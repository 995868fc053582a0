/* SPDX-License-Identifier: MIT */
/*
 * mount(2). Without CAP_SYS_ADMIN, as it is without an identity, it is refused behind what the
 * kernel finds wrong before it asks. Nothing is ever handed over: to a tracer run by root the
 * kernel would say yes.
 *
 * What the user bound :ro or noexec is locked, as mounts are that a user namespace inherits: such a
 * bind cannot be made writable, moved or unmounted, nor left out where its parent is bound again.
 * Propagation is always private: changes of it are accepted, and nothing.
 */
#include "syscall/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/cred.h"
#include "path/hostfs.h"
#include "path/procname.h"
#include "path/viewchange.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#define MS_MAGIC       0xC0ED0000ul
#define MS_PROPAGATION (unsigned long)(MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)
#define MS_ATIMES      (unsigned long)(MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)

/* What a remount sets. */
#define BIND_ATIMES   (BIND_NOATIME | BIND_NODIRATIME | BIND_RELATIME)
#define BIND_SETTABLE (BIND_RO | BIND_NOEXEC | BIND_NOSUID | BIND_NODEV | BIND_ATIMES)

bool mounts_capable(const struct tracee *t, unsigned cap)
{
	return t->cred && cred_capable(t->cred, cap);
}

/* ---- places ------------------------------------------------------------------------------- */

static int walk(struct call *c, const char *name, enum canon_last last, struct stat *ret)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	int flags = last == CANON_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
	int r = path_walk_name(c->t, name, AT_FDCWD, last);
	struct hostfs_at at;

	if (r < 0)
		return r;
	if (w->flags & CANON_ERROR)
		return w->error;
	r = hostfs_reach(HPATH(w->host.s), &at);
	if (r < 0)
		return r;
	r = fstatat(at.fd, at.rest, ret, flags) < 0 ? -errno : 0;
	hostfs_at_done(&at);
	return r;
}

int mounts_look_up(struct call *c, unsigned i, enum canon_last last, struct stat *ret)
{
	struct session *s = tracee_session(c->t);
	ssize_t n = mem_read_str(c->t, c->guest_arg[i], s->path.s, sizeof(s->path.s));

	if (n <= 0)
		return n < 0 ? (int)n : -ENOENT;
	return walk(c, s->path.s, last, ret);
}

/* What a link of /proc leads to has the name that it is told by, while that is its name. */
static const char *name_of_magic(struct session *s)
{
	ssize_t n = readlink(s->walk.host.s, s->text.s, sizeof(s->text.s) - 1);
	struct stat by_name, by_link;

	if (n <= 0)
		return NULL;
	pathbuf_truncate(&s->text, (size_t)n);
	if (stat(s->walk.host.s, &by_link) < 0 || lstat(s->text.s, &by_name) < 0 ||
	    by_link.st_ino != by_name.st_ino || by_link.st_dev != by_name.st_dev ||
	    view_to_guest(s->view, s->walk.root, HPATH(s->text.s), NULL, &s->shown) < 0)
		return NULL;
	return s->shown.s;
}

static int keep_place(struct call *c, const struct stat *st, struct mount_place *ret)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	const char *name = w->flags & CANON_MAGIC     ? name_of_magic(s)
			   : w->flags & CANON_OUTSIDE ? NULL
						      : w->guest.s;

	if (name && view_without_tree(s->view, name, &s->above) != 0)
		name = NULL; /* unmounted, but in use */
	ret->is_dir = S_ISDIR(st->st_mode);
	ret->guest = name ? talloc_strdup(c->t, name) : NULL;
	return name && !ret->guest ? -ENOMEM : 0;
}

int mounts_find(struct call *c, unsigned i, enum canon_last last, struct mount_place *ret)
{
	struct stat st;
	int r = mounts_look_up(c, i, last, &st);

	*ret = (struct mount_place){ NULL, false };
	return r < 0 ? r : keep_place(c, &st, ret);
}

void mounts_done(struct mount_place *p)
{
	TALLOC_FREE(p->guest);
}

const struct bind *mounts_at(const struct view *v, const char *guest)
{
	const struct bind *b = guest ? view_at(v, guest, strlen(guest)) : NULL;

	return b && !(b->flags & (BIND_SKELETON | BIND_PART)) ? b : NULL;
}

int mounts_graft(const struct mount_request *q, struct bind *b, const char *with)
{
	struct session *s = tracee_session(q->c->t);
	int r;

	if (!q->target.guest)
		return -EINVAL;
	if (q->target.is_dir == !!(b->flags & BIND_FILE))
		return -ENOTDIR;
	b->guest = GPATH(viewchange_topmost(q->view, q->target.guest));
	b->guest_len = strlen(b->guest.s);
	b->host_len = strlen(b->host.s);
	b->flags |= BIND_LATE;
	r = viewchange_mount(q->view, b, with);
	session_view_changed(s, q->view);
	return r;
}

/* ---- MS_BIND ------------------------------------------------------------------------------ */

static bool has_locked_below(const struct view *v, const char *guest)
{
	for (size_t i = 0; i < v->count; i++) {
		const char *rest = view_under(v->binds[i].guest.s, guest);

		if (rest && *rest && (v->binds[i].flags & BIND_LOCKED))
			return true;
	}
	return false;
}

/* do_loopback: the mount that holds the source is cloned, its flags with it. */
static int clone_mount(const struct mount_request *q, const struct mount_place *source)
{
	const struct view *v = q->view;
	const unsigned inherited = BIND_SETTABLE | BIND_OWN_OPTIONS | BIND_LOCKED;
	const struct bind *in;
	struct pathbuf *host = &tracee_session(q->c->t)->above;
	struct bind b = { .flags = source->is_dir ? 0 : BIND_FILE };
	int r;

	if (!source->guest || (!(q->flags & MS_REC) && has_locked_below(v, source->guest)))
		return -EINVAL;
	r = view_to_host(v, GPATH(source->guest), host);
	if (r < 0)
		return r;
	in = view_holding(v, source->guest, strlen(source->guest));
	b.host = HPATH(host->s);
	b.flags |= in->flags & inherited;
	b.label = view_mount(v, in)->label;
	return mounts_graft(q, &b, q->flags & MS_REC ? source->guest : NULL);
}

/*
 * Container runtimes bind /proc/self/exe, make that read-only, open it, unmount it, run the
 * descriptor, and look at its mount's flags from there (crun: libcrun_ensure_cloned_binary). No
 * descriptor of ours keeps a mount's flags: they would do it for ever. They take a memfd where the
 * link leads out of the mounts that they see, which is what this says.
 */
static bool is_own_program(struct call *c, const char *source)
{
	const struct canon *w = &tracee_session(c->t)->walk;
	struct stat st;

	return walk(c, source, CANON_NOFOLLOW, &st) == 0 && S_ISLNK(st.st_mode) &&
	       proc_parse(HPATH(w->host.s)).what == PROC_EXE;
}

static int find_source(const struct mount_request *q, struct mount_place *ret)
{
	struct stat st;
	int r;

	*ret = (struct mount_place){ NULL, false };
	if (!q->source || !*q->source || is_own_program(q->c, q->source))
		return -EINVAL;
	r = walk(q->c, q->source, CANON_FOLLOW, &st);
	return r < 0 ? r : keep_place(q->c, &st, ret);
}

/* Finds the source, and serves the request with it. */
static int with_source(const struct mount_request *q,
		       int (*serve)(const struct mount_request *, const struct mount_place *))
{
	struct mount_place source;
	int r = find_source(q, &source);

	if (r == 0)
		r = serve(q, &source);
	mounts_done(&source);
	return r;
}

/* ---- changes of what is mounted ------------------------------------------------------------ */

/* The flags of times that a mount has so far: its own, or those of the host's. */
static unsigned atimes_of(const struct bind *b)
{
	struct statvfs v;

	if ((b->flags & BIND_OWN_OPTIONS) || statvfs(b->host.s, &v) < 0)
		return b->flags & BIND_ATIMES;
	return (v.f_flag & ST_NOATIME ? BIND_NOATIME : 0) |
	       (v.f_flag & ST_NODIRATIME ? BIND_NODIRATIME : 0) |
	       (v.f_flag & ST_RELATIME ? BIND_RELATIME : 0);
}

/* can_change_locked_flags */
static bool unlocks(const struct bind *b, unsigned flags)
{
	return (b->flags & BIND_LOCKED) && (b->flags & ~flags & (BIND_RO | BIND_NOEXEC));
}

static int set_flags(const struct mount_request *q, const struct bind *b)
{
	unsigned flags = q->bind_flags;

	if (unlocks(b, flags))
		return -EPERM;
	if (!(q->flags & MS_ATIMES))
		flags = (flags & ~(unsigned)BIND_ATIMES) | atimes_of(b);
	viewchange_flags(q->view, b->guest.s, BIND_SETTABLE | BIND_OWN_OPTIONS,
			 flags | BIND_OWN_OPTIONS);
	session_view_changed(tracee_session(q->c->t), q->view);
	return 0;
}

/* do_reconfigure_mnt, do_remount: the super block of a bind belongs to the host. */
static int remount(const struct mount_request *q)
{
	const struct bind *b = mounts_at(q->view, q->target.guest);
	int r = 0;

	if (!b)
		return -EINVAL;
	if (unlocks(b, q->bind_flags))
		return -EPERM;
	if (!(q->flags & MS_BIND))
		r = b->label ? mountnew_reconfigure(q, b) : -EPERM;
	return r < 0 ? r : set_flags(q, mounts_at(q->view, q->target.guest));
}

/* do_change_type */
static int change_propagation(const struct mount_request *q)
{
	unsigned long type = q->flags & MS_PROPAGATION;

	if (!mounts_at(q->view, q->target.guest) || (type & (type - 1)) ||
	    (q->flags & ~(MS_PROPAGATION | MS_REC | MS_SILENT)))
		return -EINVAL;
	return 0;
}

/* do_move_mount */
static int move_place(const struct mount_request *q, const struct mount_place *source)
{
	const struct bind *b = mounts_at(q->view, source->guest);
	const char *to;
	int r;

	if (!b || !q->target.guest || (b->flags & BIND_LOCKED) || view_is_top(b->guest.s) ||
	    source->is_dir != q->target.is_dir)
		return -EINVAL;
	to = viewchange_topmost(q->view, q->target.guest);
	if (view_under(to, b->guest.s))
		return -ELOOP;
	r = viewchange_move(q->view, b->guest.s, to);
	session_view_changed(tracee_session(q->c->t), q->view);
	return r;
}

/* ---- the call ----------------------------------------------------------------------------- */

/* copy_mount_string: NULL is none. *ret is a child of the request's. */
static int read_string(struct call *c, void *ctx, unsigned i, const char **ret)
{
	struct session *s = tracee_session(c->t);
	ssize_t n;

	if (!c->guest_arg[i])
		return 0;
	n = mem_read_str(c->t, c->guest_arg[i], s->path.s, sizeof(s->path.s));
	if (n < 0)
		return n == -ENAMETOOLONG ? -EINVAL : (int)n;
	*ret = talloc_strdup(ctx, s->path.s);
	return *ret ? 0 : -ENOMEM;
}

/* copy_mount_options: a page, or as much as there is. */
static int read_data(struct call *c, void *ctx, char **ret)
{
	size_t size = tracee_session(c->t)->page_size, n;

	*ret = talloc_zero_size(ctx, size);
	if (!*ret)
		return -ENOMEM;
	if (!c->guest_arg[4])
		return 0;
	n = mem_read_some(c->t, c->guest_arg[4], *ret, size);
	(*ret)[n < size ? n : size - 1] = '\0';
	return n ? 0 : -EFAULT;
}

/* path_mount: relatime is the default. */
static unsigned bind_flags_of(unsigned long flags)
{
	unsigned ret = (flags & MS_RDONLY ? BIND_RO : 0) | (flags & MS_NOEXEC ? BIND_NOEXEC : 0) |
		       (flags & MS_NOSUID ? BIND_NOSUID : 0) | (flags & MS_NODEV ? BIND_NODEV : 0) |
		       (flags & MS_NOATIME ? BIND_NOATIME : BIND_RELATIME) |
		       (flags & MS_NODIRATIME ? BIND_NODIRATIME : 0);

	return flags & MS_STRICTATIME ? ret & ~(unsigned)(BIND_RELATIME | BIND_NOATIME) : ret;
}

static int read_request(struct call *c, struct mount_request *q)
{
	int r;

	q->c = c;
	q->view = c->t->fs->view;
	q->flags = (uint32_t)c->guest_arg[3];
	if ((q->flags & 0xffff0000ul) == MS_MAGIC)
		q->flags &= 0xfffful;
	q->bind_flags = bind_flags_of(q->flags);
	r = read_string(c, q, 2, &q->type);
	if (r == 0)
		r = read_string(c, q, 0, &q->source);
	if (r == 0)
		r = read_data(c, q, &q->data);
	return r < 0 ? r : mounts_find(c, 1, CANON_FOLLOW, &q->target);
}

/* path_mount */
static int carry_out(const struct mount_request *q)
{
	if (q->flags & MS_NOUSER)
		return -EINVAL;
	if (!mounts_capable(q->c->t, CAP_SYS_ADMIN))
		return -EPERM;
	if (q->flags & MS_REMOUNT)
		return remount(q);
	if (q->flags & MS_BIND)
		return with_source(q, clone_mount);
	if (q->flags & MS_PROPAGATION)
		return change_propagation(q);
	if (q->flags & MS_MOVE)
		return with_source(q, move_place);
	return mountnew_mount(q);
}

int sys_mount(struct call *c)
{
	struct mount_request *q = talloc_zero(c->t, struct mount_request);
	int r = q ? read_request(c, q) : -ENOMEM;

	if (r == 0)
		r = carry_out(q);
	if (q)
		mounts_done(&q->target);
	talloc_free(q);
	return r < 0 ? r : call_answer(c, 0);
}

/* Newer tools try it, and go back to mount(2) where it is not there. */
int sys_mount_setattr(struct call *c)
{
	const unsigned known = AT_EMPTY_PATH | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;

	if (c->t->cred)
		return -ENOSYS;
	if ((unsigned)c->guest_arg[2] & ~known)
		return -EINVAL;
	if (c->guest_arg[4] > tracee_session(c->t)->page_size)
		return -E2BIG;
	return c->guest_arg[4] < MOUNT_ATTR_SIZE_VER0 ? -EINVAL : -EPERM;
}
