// SPDX-License-Identifier: MIT
/*
 * Owners: told, set, widened.
 *
 * A change has one step at which all that is told of the object switches from old to new; what is
 * done before it is not looked at yet, and what is done behind it not any more:
 *  - a record on an object that has none: the index bit, set when the xattr stands;
 *  - another record: the setxattr;
 *  - no record any more: the index bit's removal, the xattr goes after it;
 *  - an object that must be widened before it takes an xattr, and one that never does: the record
 *    in the side store, which goes before what the object carries.
 */
#include "ident/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/record.h"
#include "ident/store_host.h"
#include "ident/store_impl.h"

enum { NOBODY = 65534 };

#define MODE_BITS 07777u

bool store_owns(const struct store *s, const struct statx *st)
{
	return s->euid == 0 || st->stx_uid == s->euid;
}

bool store_is_marked(const struct statx *st)
{
	return (st->stx_mode & S_ISVTX) && !S_ISLNK(st->stx_mode);
}

/* user.* lives on files and directories alone: xattr(7). */
static bool can_carry(const struct statx *st)
{
	return S_ISREG(st->stx_mode) || S_ISDIR(st->stx_mode);
}

static bool is_device(uint32_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

/* What of a guest's mode the host may hold, and what we need to get at the object. */
static uint32_t host_mode(uint32_t guest_mode, uint32_t type)
{
	uint32_t mode = (guest_mode & 0777) | 0600;

	/* The host asks the owner's bit, whoever of the guests may run it. */
	return S_ISDIR(type) || (mode & 0111) ? mode | 0100 : mode;
}

/* ---- telling ------------------------------------------------------------------------------- */

/* Without a record. */
static void tell_plain(const struct store *s, const struct store_object *o, struct owner *ret)
{
	const struct statx *st = o->st;

	*ret = (struct owner){ .mode = st->stx_mode };
	if (is_device(st->stx_mode)) {
		ret->rdev_major = st->stx_rdev_major;
		ret->rdev_minor = st->stx_rdev_minor;
	}
	if (s->config.real) {
		ret->uid = st->stx_uid;
		ret->gid = st->stx_gid;
	} else if (o->place == STORE_BIND) {
		ret->uid = st->stx_uid == s->euid ? s->config.uid : NOBODY;
		ret->gid = st->stx_gid == s->egid ? s->config.gid : NOBODY;
	}
}

/* Types that a plain file may stand for. Of others the host's word holds. */
static bool is_placeholder_type(uint32_t mode)
{
	return is_device(mode) || S_ISFIFO(mode) || S_ISSOCK(mode);
}

/* A record speaks of the type only where a file may stand for something. */
static void settle_type(struct owner *o, const struct statx *st)
{
	if (!S_ISREG(st->stx_mode) || !is_placeholder_type(o->mode)) {
		o->mode = (o->mode & MODE_BITS) | (st->stx_mode & S_IFMT);
		o->rdev_major = is_device(o->mode) ? st->stx_rdev_major : 0;
		o->rdev_minor = is_device(o->mode) ? st->stx_rdev_minor : 0;
	}
}

int store_read_record(const struct store_object *o, struct owner *ret)
{
	char text[RECORD_LIMIT];
	ssize_t n = host_getxattr(o->fd, RECORD_XATTR, text, sizeof(text));
	int r = n < 0 ? (int)n : record_parse(text, (size_t)n, o->st->stx_mode, ret);

	if (r == 0)
		settle_type(ret, o->st);
	return r;
}

void store_get(struct store *s, const struct store_object *o, struct owner *ret)
{
	const struct side_entry *e = side_find(s->side, side_key_of(o->st));

	if (e && e->has_owner) {
		*ret = e->owner;
		settle_type(ret, o->st);
		return;
	}
	if (can_carry(o->st) && store_is_marked(o->st) && store_read_record(o, ret) == 0)
		return;
	tell_plain(s, o, ret);
}

/* ---- setting ------------------------------------------------------------------------------- */

static bool same_owner(const struct owner *a, const struct owner *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode &&
	       a->rdev_major == b->rdev_major && a->rdev_minor == b->rdev_minor;
}

static bool same_key(struct side_key a, struct side_key b)
{
	return a.ino == b.ino && a.btime == b.btime;
}

/* Does the host's own word do, once the object's mode is `mode`? */
static bool needs_record(const struct store *s, const struct store_object *o,
			 const struct owner *owner, uint32_t mode)
{
	struct owner plain;

	tell_plain(s, o, &plain);
	if (!S_ISLNK(o->st->stx_mode))
		plain.mode = (plain.mode & S_IFMT) | mode;
	return same_key(side_key_of(o->st), s->root) || !same_owner(&plain, owner) ||
	       (store_is_marked(o->st) && store_carries_xattrs(o));
}

static int write_record(const struct store_object *o, const struct owner *owner)
{
	char text[RECORD_LIMIT];
	size_t n = record_print(owner, o->st->stx_mode, text);

	return host_setxattr(o->fd, RECORD_XATTR, text, n, 0);
}

/* Puts back what write_record replaced; `old` of no length: there was none. */
static void restore_record(const struct store_object *o, const char *old, ssize_t len)
{
	if (len > 0)
		host_setxattr(o->fd, RECORD_XATTR, old, (size_t)len, 0);
	else
		host_removexattr(o->fd, RECORD_XATTR);
}

/* -ENOTSUP where the object cannot carry a record. */
static int carry(const struct store_object *o, const struct owner *owner, uint32_t mode)
{
	char old[RECORD_LIMIT];
	ssize_t len;
	int r;

	len = host_getxattr(o->fd, RECORD_XATTR, old, sizeof(old));
	r = write_record(o, owner);
	if (r < 0)
		return -ENOTSUP;
	r = host_chmod(o->fd, mode | S_ISVTX);
	if (r < 0)
		restore_record(o, old, len);
	return r;
}

/* The side record stands while the object is made to carry its own. */
static int widen_and_carry(struct store *s, const struct store_object *o,
			   const struct owner *owner, uint32_t mode)
{
	struct side_key key = side_key_of(o->st);
	int r = side_put_owner(s->side, key, owner);

	if (r < 0)
		return r;
	r = host_chmod(o->fd, mode | S_ISVTX);
	if (r < 0) {
		side_drop_owner(s->side, key);
		return r;
	}
	return write_record(o, owner) < 0 ? 0 : side_drop_owner(s->side, key);
}

static int set_beside(struct store *s, const struct store_object *o, const struct owner *owner,
		      uint32_t mode)
{
	int r = side_put_owner(s->side, side_key_of(o->st), owner);

	if (r == 0 && !S_ISLNK(o->st->stx_mode) && store_owns(s, o->st))
		host_chmod(o->fd, mode | S_ISVTX);
	return r;
}

static int set_record(struct store *s, const struct store_object *o, const struct owner *owner,
		      uint32_t mode)
{
	int r;

	if (!can_carry(o->st) || !store_owns(s, o->st))
		return set_beside(s, o, owner, mode);
	if ((o->st->stx_mode & 0600) != 0600)
		return widen_and_carry(s, o, owner, mode);
	r = carry(o, owner, mode);
	if (r == -ENOTSUP)
		return set_beside(s, o, owner, mode);
	return r < 0 ? r : side_drop_owner(s->side, side_key_of(o->st));
}

static int set_plain(struct store *s, const struct store_object *o, uint32_t mode)
{
	int r = 0;

	if (!S_ISLNK(o->st->stx_mode) &&
	    (store_owns(s, o->st) || (o->st->stx_mode & MODE_BITS) != mode))
		r = host_chmod(o->fd, mode);
	if (r < 0)
		return r;
	if (can_carry(o->st) && store_is_marked(o->st))
		host_removexattr(o->fd, RECORD_XATTR);
	return side_drop_owner(s->side, side_key_of(o->st));
}

/* Real root: what the host takes goes there. */
static int set_on_host(const struct store_object *o, const struct owner *owner)
{
	const struct statx *st = o->st;
	int r = 0;

	if (owner->uid != st->stx_uid || owner->gid != st->stx_gid)
		r = host_chown(o->fd, owner->uid, owner->gid);
	if (r == 0 && !S_ISLNK(st->stx_mode))
		r = host_chmod(o->fd, owner->mode);
	return r;
}

int store_set(struct store *s, const struct store_object *o, const struct owner *owner)
{
	uint32_t mode = host_mode(owner->mode, o->st->stx_mode);

	if (s->config.real && (owner->mode & S_IFMT) == (o->st->stx_mode & S_IFMT))
		return set_on_host(o, owner);
	return needs_record(s, o, owner, mode) ? set_record(s, o, owner, mode)
					       : set_plain(s, o, mode);
}

int store_ensure_record(struct store *s, const struct store_object *o)
{
	struct owner now;

	if (store_is_marked(o->st))
		return 0;
	store_get(s, o, &now);
	return set_record(s, o, &now, host_mode(now.mode, o->st->stx_mode));
}

int store_widen(struct store *s, const struct store_object *o)
{
	uint32_t had = o->st->stx_mode & MODE_BITS;
	struct owner now;

	if (S_ISLNK(o->st->stx_mode) || s->config.real)
		return 0;
	if (!store_owns(s, o->st))
		return -EPERM;
	if ((had & 0777) == host_mode(had, o->st->stx_mode))
		return 0;
	store_get(s, o, &now);
	return store_set(s, o, &now);
}

void store_forget(struct store *s, const struct store_object *o)
{
	side_drop(s->side, side_key_of(o->st));
}

void store_renamed(struct store *s, const char *from, const char *to)
{
	(void)s, (void)from, (void)to;
}

/* ---- opening ------------------------------------------------------------------------------- */

bool store_is_real(const char *rootfs)
{
	bool real;
	int fd;

	if (geteuid() != 0)
		return false;
	fd = open(rootfs, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) /* read-only, or without such files: by our rights at least */
		fd = memfd_create("owner", MFD_CLOEXEC);
	real = fd >= 0 && fchown(fd, 1, 1) == 0;
	if (fd >= 0)
		close(fd);
	return real;
}

struct store *store_open(void *ctx, const struct store_config *config, struct fail *fail)
{
	struct store *s = talloc_zero(ctx, struct store);
	struct statx st;

	if (!s || !(s->side = side_open(s))) {
		fail_errno(fail, ENOMEM, "cannot keep owners");
		talloc_free(s);
		return NULL;
	}
	s->config = *config;
	s->config.rootfs = talloc_strdup(s, config->rootfs);
	s->euid = geteuid();
	s->egid = getegid();
	if (statx(AT_FDCWD, config->rootfs, 0, STATX_BASIC_STATS | STATX_BTIME, &st) < 0) {
		fail_errno(fail, errno, "rootfs '%s'", config->rootfs);
		talloc_free(s);
		return NULL;
	}
	s->root = side_key_of(&st);
	return s;
}
