/* SPDX-License-Identifier: MIT */
/*
 * Binds as mounts: the checks of fs/namei.c that look at mounts, with their place among the others:
 * what the kernel finds before (a missing name, no permission) is left to it.
 */
#include "syscall/bindrules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ident/dac.h"
#include "path/canon.h"
#include "path/longname.h"
#include "path/view.h"
#include "syscall/devdirs.h"
#include "syscall/guestfs.h"
#include "syscall/permit.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

bool bindrules_read_only(const struct canon *w)
{
	return w->bind && (w->bind->flags & BIND_RO);
}

/* Does the guest see this host name through this bind, not hidden by a deeper one? */
static bool shows(struct session *s, const struct bind *b, const char *host)
{
	const char *rest = path_under(host, b->host.s);
	struct pathbuf *name = &s->shown;

	if (!rest || pathbuf_set(name, b->guest_len > 1 ? b->guest.s : "") < 0 ||
	    pathbuf_append(name, *rest || b->guest_len > 1 ? rest : "/") < 0)
		return false;
	return view_holding(s->view, name->s, name->len) == b;
}

bool bindrules_only_read_only(struct session *s, const char *host)
{
	bool found = false;

	for (size_t i = 0; i < s->view->count; i++) {
		const struct bind *b = &s->view->binds[i];

		if (!shows(s, b, host))
			continue;
		if (!(b->flags & BIND_RO))
			return false;
		found = true;
	}
	return found;
}

bool bindrules_may_be_in(struct session *s, const char *host, const struct bind *b)
{
	if (shows(s, b, host))
		return true;
	for (size_t i = 0; i < s->view->count; i++)
		if (shows(s, &s->view->binds[i], host))
			return false;
	return true;
}

/* The host name of an entry's directory in s->above: what is bound over the entry is not asked. */
static int directory_of(struct session *s, const char *guest)
{
	int r = pathbuf_set(&s->shown, guest);

	if (r < 0)
		return r;
	pathbuf_pop(&s->shown);
	return view_to_host(s->view, GPATH(s->shown.s), &s->above);
}

/* check_sticky: in such a directory an entry is its owner's, and the directory's. */
static bool is_sticky(struct session *s, const char *name)
{
	struct stat st;

	if (stat(s->above.s, &st) < 0 || !(st.st_mode & S_ISVTX) || st.st_uid == geteuid() ||
	    geteuid() == 0)
		return false;
	return pathbuf_push(&s->above, name, strlen(name)) == 0 && lstat(s->above.s, &st) == 0 &&
	       st.st_uid != geteuid();
}

/* A mount point that the host lacks is root's, as if he had made it. */
static int may_delete(struct session *s, const char *guest)
{
	static const struct owner root = { .mode = S_IFDIR | 0755 };
	const char *name = strrchr(guest, '/') + 1;
	bool point = view_at(s->view, guest, strlen(guest));
	int r = pathbuf_push(&s->above, name, strlen(name));

	return r < 0 ? r : permit_ask_delete(s, s->above.s, point ? &root : NULL);
}

/*
 * The same by the name that the kernel is given, which may be one that leads where the guest's does
 * not: "<directory>/name", or for a bind point "<directory>/..".
 */
static int directory_given(struct session *s, const char *host)
{
	size_t n = strlen(host);
	int r;

	while (n > 1 && host[n - 1] == '/')
		n--;
	r = pathbuf_set_n(&s->above, host, n);
	if (r == 0)
		pathbuf_pop(&s->above);
	return r;
}

int bindrules_may_delete(struct session *s, const char *host, const char *guest)
{
	if (s->identity)
		return directory_of(s, guest) < 0 ? 0 : may_delete(s, guest);
	if (directory_given(s, host) < 0)
		return 0;
	if (faccessat(AT_FDCWD, s->above.s, W_OK | X_OK, AT_EACCESS) < 0)
		return -EACCES;
	return is_sticky(s, strrchr(guest, '/') + 1) ? -EPERM : 0;
}

bool bindrules_entry_writable(struct session *s, const char *host, const char *guest)
{
	const char *name = strrchr(guest, '/') + 1;
	int r = s->identity ? directory_of(s, guest) : directory_given(s, host);
	struct stat st;

	if (r < 0 || pathbuf_push(&s->above, name, strlen(name)) < 0 ||
	    lstat(s->above.s, &st) < 0)
		return true; /* a bind over nothing */
	if (s->identity)
		return permit_would(s, s->above.s, DAC_WRITE);
	return faccessat(AT_FDCWD, s->above.s, W_OK, AT_EACCESS) == 0 || errno != EACCES;
}

const struct bind *bindrules_parent(const struct session *s)
{
	const struct canon *w = &s->walk;

	if (!w->bind || (w->flags & CANON_DOTS))
		return w->bind;
	return view_holding_parent(s->view, w->guest.s, w->guest.len);
}

const struct bind *bindrules_unnamed_parent(struct session *s, bool *ret_removed)
{
	struct pathbuf *dir = &s->above;
	size_t n = s->walk.host.len;

	while (n > 1 && s->walk.host.s[n - 1] == '/')
		n--;
	if (pathbuf_set_n(dir, s->walk.host.s, n) < 0)
		return NULL;
	pathbuf_pop(dir);
	return guestfs_holding(s, HPATH(dir->s), ret_removed);
}

bool bindrules_has_below(struct session *s)
{
	const struct canon *w = &s->walk;

	return !(w->flags & CANON_OUTSIDE) && view_has_below(s->view, w->guest.s, w->guest.len);
}

/*
 * do_rmdir, do_unlinkat and may_delete, at a mount point or above one: the kernel has "<parent>/.."
 * for the one, and sees an empty directory where the other is. A made-up parent of a bind is a
 * directory with something in it.
 */
static int check_removal(struct session *s, bool wants_dir)
{
	const struct canon *w = &s->walk;
	bool is_point = w->flags & CANON_AT_BIND;
	bool is_dir = !is_point || !(w->bind->flags & BIND_FILE);
	int r;

	if (!is_point && !(wants_dir && bindrules_has_below(s)))
		return 0;
	if (!wants_dir && s->path.s[strlen(s->path.s) - 1] == '/')
		return is_dir ? -EISDIR : -ENOTDIR;
	r = bindrules_may_delete(s, w->host.s, w->guest.s);
	if (r < 0)
		return r;
	if (is_dir != wants_dir)
		return is_dir ? -EISDIR : -ENOTDIR;
	return is_point && !(w->bind->flags & BIND_SKELETON) ? -EBUSY : -ENOTEMPTY;
}

/* The entry's own mount is that of its directory, also where it is a mount point. */
static int check_remove(struct call *c)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	bool wants_dir = c->id == SC_rmdir ||
			 (c->id == SC_unlinkat && (c->guest_arg[2] & AT_REMOVEDIR));

	if (w->flags & CANON_OUTSIDE) {
		const struct bind *b = s->view_read_only ? bindrules_unnamed_parent(s, NULL) : NULL;

		return b && (b->flags & BIND_RO) ? -EROFS : 0; /* before ENOENT */
	}
	if (w->flags & CANON_AT_ROOT) /* unlink: EISDIR, as of ".." */
		return wants_dir ? -EBUSY : 0;
	if ((bindrules_parent(s)->flags & (BIND_RO | BIND_SKELETON)) == BIND_RO)
		return -EROFS;
	return w->flags & CANON_MISSING ? 0 : check_removal(s, wants_dir);
}

/* A name that ends in a link like /proc/self/fd/N: the mount is that of the object. */
static bool leads_to_read_only(struct session *s)
{
	if (!s->view_read_only || !(s->walk.flags & CANON_MAGIC) ||
	    longname_around(s->walk.host.s, &s->text) < 0)
		return false;
	return bindrules_only_read_only(s, s->text.s);
}

static bool is_read_only(struct session *s)
{
	const struct bind *b;

	if (bindrules_read_only(&s->walk) || leads_to_read_only(s))
		return true;
	if (!s->view_read_only || !(s->walk.flags & CANON_OUTSIDE))
		return false;
	b = guestfs_holding(s, HPATH(s->walk.host.s), NULL);
	return b && (b->flags & BIND_RO);
}

/* An entry is made or removed in its parent's mount, which for a bind point is not its own. */
static bool parent_is_read_only(const struct session *s)
{
	const struct canon *w = &s->walk;
	size_t len = w->guest.len;

	if (!(w->flags & CANON_AT_BIND))
		return bindrules_read_only(w);
	while (len > 1 && w->guest.s[len - 1] != '/')
		len--;
	return view_holding(s->view, w->guest.s, len > 1 ? len - 1 : 1)->flags & BIND_RO;
}

bool bindrules_name_too_long(const char *guest)
{
	const char *name = strrchr(guest, '/');

	return name && strlen(name + 1) > NAME_LIMIT;
}

static bool ends_in_slash(const struct canon *w)
{
	return w->host.len > 0 && w->host.s[w->host.len - 1] == '/';
}

/*
 * filename_create: "new/" is ENOENT for all but mkdir, as is any name in procfs, and a name too
 * long is that, first.
 */
bool bindrules_cannot_be_made(const struct call *c)
{
	const struct canon *w = &tracee_session(c->t)->walk;

	return bindrules_name_too_long(w->guest.s) || guestfs_is_in_proc(HPATH(w->host.s)) ||
	       (ends_in_slash(w) && c->id != SC_mkdir && c->id != SC_mkdirat);
}

/* By the walker's DAC mask, which has access(2)'s numbers. */
static bool may_access(struct session *s, const char *host, unsigned mask)
{
	if (s->identity)
		return permit_would(s, host, mask);
	return faccessat(AT_FDCWD, host, (int)mask, AT_EACCESS) == 0;
}

/* Only remembered as one: on the host it is a file. */
static bool is_noted_device(struct call *c)
{
	return tracee_session(c->t)->identity && devdirs_is_device(c);
}

/* What do_open finds before it asks what may be opened: EEXIST, ENOTDIR. */
static bool fails_before_kind(uint64_t flags)
{
	return (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) || (flags & O_DIRECTORY);
}

/* may_open_dev */
static bool is_shut_device(struct call *c, uint64_t flags)
{
	const struct canon *w = &tracee_session(c->t)->walk;
	struct stat st;

	if (!w->bind || !(w->bind->flags & BIND_NODEV) || fails_before_kind(flags) ||
	    (w->flags & (CANON_MISSING | CANON_MAGIC)) || lstat(w->host.s, &st) < 0)
		return false;
	return S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) || is_noted_device(c);
}

/* Does the open of what is there get as far as to the question whether it may be written to? */
static bool open_would_write(struct call *c, uint64_t flags)
{
	struct session *s = tracee_session(c->t);
	const char *host = s->walk.host.s;
	uint64_t mode = flags & O_ACCMODE;
	struct stat st;

	if (mode != O_WRONLY && mode != O_RDWR && !(flags & O_TRUNC))
		return false;
	if (stat(host, &st) < 0)
		return false;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return S_ISDIR(st.st_mode);
	/* Devices, sockets and fifos do not write to their file system; a directory is EISDIR. */
	if (!S_ISREG(st.st_mode) || (flags & O_DIRECTORY) || is_noted_device(c))
		return false;
	if (flags & O_TRUNC)
		return true; /* do_open asks for that before may_open, for the rest behind */
	return may_access(s, host, mode == O_RDWR ? R_OK | W_OK : W_OK);
}

/* The same of an open that may make what is not there. */
static bool open_would_change(struct call *c, uint64_t flags)
{
	const struct canon *w = &tracee_session(c->t)->walk;

	if (w->flags & CANON_MISSING) /* "new/" is EISDIR first */
		return (flags & O_CREAT) && !ends_in_slash(w);
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return false; /* EEXIST, from the kernel */
	return open_would_write(c, flags);
}

int bindrules_check_open(struct call *c, uint64_t flags)
{
	if (flags & O_PATH)
		return 0;
	if (is_shut_device(c, flags))
		return -EACCES;
	return is_read_only(tracee_session(c->t)) && open_would_change(c, flags) ? -EROFS : 0;
}

int bindrules_check_access(struct call *c, const char *host, enum path_rule follow)
{
	int flags = follow == PATH_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	struct stat st;
	uint64_t mode = 0;

	if (tracee_session(c->t)->identity) /* access.c does without the host's word */
		return 0;
	for (unsigned i = 0; i < 6; i++)
		if (c->row->args[i].kind == ARG_MODE)
			mode = c->guest_arg[i];
	if (!(mode & W_OK) || (mode & ~(uint64_t)7) ||
	    fstatat(AT_FDCWD, host, &st, flags) < 0)
		return 0;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
		return 0;
	return faccessat(AT_FDCWD, host, (int)mode, flags) == 0 ? -EROFS : 0;
}

bool bindrules_times_wrong(const struct call *c)
{
	unsigned bytes = c->id == SC_utimensat ? c->abi->word_bytes : 8;
	uint64_t nsec;

	if ((c->id != SC_utimensat && c->id != SC_utimensat_time64) || !c->guest_arg[2])
		return false;
	for (unsigned i = 0; i < 2; i++) {
		if (mem_read_word(c->t, c->guest_arg[2] + (2 * i + 1) * bytes, bytes, &nsec) < 0)
			return false;
		nsec = c->abi->word_bytes == 4 ? (uint32_t)nsec : nsec;
		if (nsec >= 1000000000 && nsec != UTIME_NOW && nsec != UTIME_OMIT)
			return true;
	}
	return false;
}

/*
 * What the kernel refuses before it asks for the mount: a name that ends in a slash and is no
 * directory's; truncate(2) of what is no file or may not be written (vfs_truncate, since Linux
 * 6.14); times that are none (vfs_utimes).
 */
static bool fails_before_mount(struct call *c, const struct canon *w, const struct sys_arg *a)
{
	bool link = sys_path_rule(a, c->guest_arg) == PATH_NOFOLLOW;
	struct stat st;

	if (bindrules_times_wrong(c))
		return true;
	if (fstatat(AT_FDCWD, w->host.s, &st, link ? AT_SYMLINK_NOFOLLOW : 0) < 0)
		return errno == ENOTDIR;
	if (c->id != SC_truncate && c->id != SC_truncate64)
		return false;
	return !S_ISREG(st.st_mode) || is_noted_device(c) ||
	       !may_access(tracee_session(c->t), w->host.s, W_OK);
}

static int check_read_only(struct call *c, const struct sys_arg *a)
{
	struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	bool missing = w->flags & CANON_MISSING;

	if (a->rule == PATH_PARENT ? !parent_is_read_only(s) : !is_read_only(s))
		return 0;
	switch ((enum path_access)a->access) {
	case ACCESS_READ:
	case ACCESS_ENTER:
	case ACCESS_WATCH:
		return 0;
	case ACCESS_WRITE:
	case ACCESS_CONTENT:
	case ACCESS_TIMES:
		return missing || fails_before_mount(c, w, a) ? 0 : -EROFS;
	case ACCESS_CREATE:
		return missing && !bindrules_cannot_be_made(c) ? -EROFS : 0;
	case ACCESS_REMOVE:
		return 0; /* check_remove */
	case ACCESS_BY_FLAGS:
	case ACCESS_AS_CREAT:
		return 0; /* bindrules_check_open */
	case ACCESS_BY_MODE:
		return bindrules_check_access(c, w->host.s, sys_path_rule(a, c->guest_arg));
	}
	return 0;
}

int bindrules_check(struct call *c, const struct sys_arg *a)
{
	if (tracee_session(c->t)->walk.flags & CANON_DOTS)
		return 0;
	switch ((enum path_access)a->access) {
	case ACCESS_REMOVE:
		return check_remove(c);
	case ACCESS_BY_FLAGS:
		return bindrules_check_open(c, c->guest_arg[a->flags_arg]);
	case ACCESS_AS_CREAT:
		return bindrules_check_open(c, O_CREAT | O_WRONLY | O_TRUNC);
	default:
		return check_read_only(c, a);
	}
}
