/* SPDX-License-Identifier: MIT */
/* See create.h. The rules are ident/birth.h's and ident/acl.h's; here are the steps on the host. */
#include "syscall/create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/acl.h"
#include "ident/birth.h"
#include "path/hostfs.h"
#include "syscall/devdirs.h"
#include "syscall/fdslots.h"
#include "syscall/object.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { ACL_BYTES_LIMIT = 65536 };

static bool is_device(uint32_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

/* Character device 0:0 is nobody's, and anybody may make it: mknod(2), overlayfs. */
static bool is_whiteout(const struct creation *what)
{
	return S_ISCHR(what->mode) && what->rdev_major == 0 && what->rdev_minor == 0;
}

/* ---- what it is to be ----------------------------------------------------------------------- */

/* The directory's default list, a child of ctx; NULL: it has none. 0 or -errno. */
static int read_default_list(struct session *s, const struct store_object *dir, void *ctx,
			     struct acl **ret)
{
	char *value;
	ssize_t n;

	*ret = NULL;
	if (!(dir->st->stx_mode & S_ISVTX)) /* no record, no list */
		return 0;
	value = talloc_size(ctx, ACL_BYTES_LIMIT);
	if (!value)
		return -ENOMEM;
	n = store_getxattr(s->identity->store, dir, ACL_DEFAULT_XATTR, value, ACL_BYTES_LIMIT);
	if (n <= 0)
		return 0;
	return acl_parse(ctx, value, (size_t)n, ret);
}

static int settle_modes(struct call *c, const struct owner *dir, const struct acl *dflt,
			const struct creation *what, struct birth *b)
{
	uint32_t umask = dflt ? 0 : c->t->fs->umask;
	int r = 0;

	birth_owner(c->t->cred, dir, what->mode, umask, &b->owner);
	if (dflt)
		r = acl_create(b->scratch, dflt, &b->owner.mode, &b->access);
	if (is_device(what->mode)) {
		b->owner.rdev_major = what->rdev_major;
		b->owner.rdev_minor = what->rdev_minor;
	}
	return r;
}

/* What the store would say of the object that the host's kernel makes in this directory. */
static void tell_plain(struct session *s, const struct statx *dir, const struct birth *b,
		       struct owner *ret)
{
	struct statx st = { .stx_mode = (uint16_t)b->owner.mode,
			    .stx_uid = s->identity->host_uid,
			    .stx_gid = s->identity->host_gid };
	const struct store_object o = { .fd = -1, .st = &st, .place = b->place };

	st.stx_mode &= (uint16_t)~(S_ISUID | S_ISGID | S_ISVTX);
	if (dir->stx_mode & S_ISGID) {
		st.stx_gid = dir->stx_gid;
		st.stx_mode |= S_ISDIR(st.stx_mode) ? S_ISGID : 0;
	}
	store_get(s->identity->store, &o, ret);
}

static bool needs_record(struct session *s, const struct statx *dir, const struct birth *b)
{
	struct owner plain;

	if (b->access || b->dflt || is_device(b->owner.mode))
		return true;
	tell_plain(s, dir, b, &plain);
	return plain.uid != b->owner.uid || plain.gid != b->owner.gid ||
	       plain.mode != b->owner.mode;
}

static int plan_in(struct call *c, const struct creation *what, struct object *dir,
		   struct birth *b)
{
	struct session *s = tracee_session(c->t);
	struct store_object so = { .fd = dir->fd, .st = &dir->st };
	struct acl *dflt = NULL;
	struct owner owner;
	int r = 0;

	object_owner(c, dir, &owner);
	b->place = so.place = object_place(c, dir);
	if (!S_ISLNK(what->mode))
		r = read_default_list(s, &so, b->scratch, &dflt);
	if (r == 0)
		r = settle_modes(c, &owner, dflt, what, b);
	if (S_ISDIR(what->mode))
		b->dflt = dflt;
	if (r < 0)
		return r;
	return needs_record(s, &dir->st, b) ? BIRTH_RECORDED : BIRTH_PLAIN;
}

int create_plan(struct call *c, const struct creation *what, enum create_where where,
		struct birth *ret)
{
	struct session *s = tracee_session(c->t);
	struct object dir;
	int r;

	*ret = (struct birth){ .scratch = talloc_new(c->t) };
	if (!ret->scratch)
		return -ENOMEM;
	r = where == CREATE_WITHIN ? object_walked(s, &dir) : object_parent(s, &dir);
	if (r == 0 && (dir.st.stx_mode & S_ISVTX))
		r = object_open(c, &dir);
	if (r == 0) {
		r = plan_in(c, what, &dir, ret);
		object_done(&dir);
	}
	return r;
}

void create_done(struct birth *b)
{
	talloc_free(b->scratch);
	b->scratch = NULL;
}

/* ---- making --------------------------------------------------------------------------------- */

/* 0 or -errno; for a device that the host refuses us, a file that stands for it. */
static int make_node(int dir, const char *name, const struct creation *what)
{
	mode_t type = what->mode & S_IFMT;
	int r;

	if (S_ISDIR(type))
		r = mkdirat(dir, name, 0700);
	else if (S_ISLNK(type))
		r = symlinkat(what->text, dir, name);
	else
		r = mknodat(dir, name, type | 0600, makedev(what->rdev_major, what->rdev_minor));
	if (r < 0 && errno == EPERM && is_device(type) && !is_whiteout(what))
		r = mknodat(dir, name, S_IFREG | 0600, 0);
	return r < 0 ? -errno : 0;
}

static int set_list(struct store *store, const struct store_object *o, const char *name,
		    const struct acl *list)
{
	char *value;
	int r;

	if (!list)
		return 0;
	value = malloc(acl_size(list));
	if (!value)
		return -ENOMEM;
	acl_print(list, value);
	r = store_setxattr(store, o, name, value, acl_size(list), 0);
	free(value);
	return r;
}

int create_record(struct call *c, const struct birth *b, int fd)
{
	struct store *store = tracee_session(c->t)->identity->store;
	struct statx st;
	struct store_object o = { .fd = fd, .st = &st, .place = b->place };
	int r;

	if (statx(fd, "", AT_EMPTY_PATH, HOSTFS_SEEN, &st) < 0)
		return -errno;
	r = store_set(store, &o, &b->owner);
	if (r < 0 || (!b->access && !b->dflt))
		return r;
	if (statx(fd, "", AT_EMPTY_PATH, HOSTFS_SEEN, &st) < 0)
		return -errno;
	r = set_list(store, &o, ACL_ACCESS_XATTR, b->access);
	return r < 0 ? r : set_list(store, &o, ACL_DEFAULT_XATTR, b->dflt);
}

static bool is_stand_in(const struct birth *b, int fd)
{
	struct stat st;

	return is_device(b->owner.mode) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Makes and records the entry; what cannot be recorded is not left behind. */
static int make_in(struct call *c, int dir, const char *name, const struct creation *what,
		   const struct birth *b, uint64_t *ret_ino)
{
	struct stat st;
	int fd, r = make_node(dir, name, what);

	if (r < 0)
		return r;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : create_record(c, b, fd);
	if (r == 0 && ret_ino)
		*ret_ino = fstat(fd, &st) == 0 ? st.st_ino : 0;
	if (r == 0 && is_stand_in(b, fd))
		devdirs_note(tracee_session(c->t), dir);
	if (fd >= 0)
		close(fd);
	if (r < 0)
		unlinkat(dir, name, S_ISDIR(what->mode) ? AT_REMOVEDIR : 0);
	return r;
}

bool create_is_possible(const struct call *c, const struct creation *what)
{
	const struct session *s = tracee_session(c->t);
	const struct canon *w = &s->walk;
	size_t len;

	if ((w->flags & (CANON_MISSING | CANON_ERROR | CANON_DOTS | CANON_AT_BIND)) !=
	    CANON_MISSING)
		return false;
	object_entry(s, &len);
	return len > 0 && len <= NAME_LIMIT &&
	       (S_ISDIR(what->mode) || w->host.s[w->host.len - 1] != '/');
}

static int make_entry(struct call *c, const struct creation *what, const struct birth *b,
		      uint64_t *ret_ino)
{
	struct session *s = tracee_session(c->t);
	char name[NAME_LIMIT + 1];
	size_t len;
	const char *entry = object_entry(s, &len);
	int dir, r;

	memcpy(name, entry, len);
	name[len] = '\0';
	dir = object_open_parent(s);
	if (dir < 0)
		return dir;
	r = make_in(c, dir, name, what, b, ret_ino);
	close(dir);
	return r == -EEXIST ? 0 : r < 0 ? r : 1;
}

int create_entry(struct call *c, const struct creation *what, uint64_t *ret_ino)
{
	struct birth b;
	int r;

	if (!create_is_possible(c, what))
		return 0;
	r = create_plan(c, what, CREATE_ENTRY, &b);
	if (r == BIRTH_RECORDED && what->opened && !fdslots_left(c->t, FDSLOTS_NOW))
		r = -EMFILE;
	if (r == BIRTH_RECORDED)
		r = make_entry(c, what, &b, ret_ino);
	create_done(&b);
	return r;
}
