// SPDX-License-Identifier: MIT
/*
 * One entry. Whatever has the name goes first, but for a directory over a directory, which takes
 * the new attributes. All is made new (O_EXCL, O_NOFOLLOW), by name in a directory's descriptor.
 */
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/fresh.h"
#include "ident/store_host.h"
#include "ident/truth.h"
#include "image/unpack_impl.h"

/* ---- directories that are entered and left --------------------------------------------------- */

int unpack_note(struct unpack *u, const struct dir *parent, const char *name)
{
	if (!u->is_layer || !u->has_lower)
		return 0;
	return nameset_add(u, &u->made, parent->ino, name);
}

static int remember(struct unpack *u, const struct dir *parent, const char *name)
{
	return u->ignores_case ? nameset_add(u, &u->known, parent->ino, name) : 0;
}

/* Who has the name of the present entry: -EEXIST; -ENOTUNIQ: one that differs in case alone. */
static int taken(struct unpack *u, const struct dir *parent)
{
	bool is_known = !u->ignores_case || nameset_has(&u->known, parent->ino, u->name.last);

	return is_known ? -EEXIST : -ENOTUNIQ;
}

static int make_missing(void *ctx, const struct dir *parent, const char *name)
{
	return mkdirat(parent->fd, name, 0755) < 0 ? -errno : remember(ctx, parent, name);
}

/* A directory that something of the layer is in belongs to it. */
static void enter(void *ctx, const struct dir *parent, const struct dir *d)
{
	unpack_note(ctx, parent, d->name);
}

/* Nothing to be done: mkdir has done it. */
static bool is_as_made(const struct unpack *u, const struct dir *d, const struct attributes *want)
{
	return fresh_is_plain(u->store, &want->fresh, S_IFDIR) &&
	       (d->mode & 07777) == fresh_mode(u->store, &want->fresh, S_IFDIR);
}

static int leave(void *ctx, struct dir *d)
{
	struct unpack *u = ctx;
	struct attributes *want = d->want;
	int r = 0;

	if (want && !*d->name)
		r = fresh_set_root(u->store, d->fd, &want->fresh, &u->counts.lost);
	else if (want && !is_as_made(u, d, want))
		r = fresh_set(u->store, d->fd, &want->fresh, S_IFDIR, &u->counts.lost);
	if (r == 0 && d->has_devices)
		r = truth_note_device(u->store, d->fd);
	if (r < 0 && !u->refused)
		u->refused = dirs_name(u, u->dirs, d);
	talloc_free(want);
	d->want = NULL;
	d->has_devices = false;
	return r;
}

const struct dirs_ops unpack_dirs_ops = { .make = make_missing, .enter = enter, .leave = leave };

static bool holds_devices(struct unpack *u, int fd)
{
	struct statx st;
	const struct store_object o = { .fd = fd, .st = &st, .place = STORE_ROOTFS };

	return host_stat(fd, &st) == 0 &&
	       store_getxattr(u->store, &o, STORE_DEVICES_XATTR, NULL, 0) >= 0;
}

/* The directory gets the entry's attributes when it is left. */
static int want_attributes(struct unpack *u, struct dir *d, bool is_new)
{
	int r = 0;

	if (!is_new) {
		d->has_devices |= holds_devices(u, d->fd);
		r = fresh_reset(u->store, d->fd);
	}
	talloc_free(d->want);
	d->want = attributes_copy(u->dirs, &u->attributes);
	d->mtime = u->attributes.mtime;
	d->has_mtime = d->changed = true;
	d->restore = 0;
	return r < 0 || d->want ? r : -ENOMEM;
}

/* ---- kinds of entries: each 0 or -errno, -EEXIST while the name is taken --------------------- */

static int make_dir(struct unpack *u, struct dir *parent)
{
	uint32_t mode = fresh_mode(u->store, &u->attributes.fresh, S_IFDIR);
	struct dir *d;
	struct stat st;
	bool is_new = mkdirat(parent->fd, u->name.last, mode) == 0;
	int r = is_new ? 0 : -errno;

	if (r == -EEXIST && fstatat(parent->fd, u->name.last, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode)) {
		r = taken(u, parent);
		r = r == -EEXIST ? 0 : r;
	}
	if (r == 0)
		r = dirs_enter(u->dirs, parent, u->name.last, &d);
	return r < 0 ? r : want_attributes(u, d, is_new);
}

static int set_time(int fd, const struct attributes *a)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, a->mtime };

	return futimens(fd, times) < 0 ? -errno : 0;
}

static int create(struct unpack *u, const struct dir *parent)
{
	int fd = openat(parent->fd, u->name.last,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			fresh_mode(u->store, &u->attributes.fresh, S_IFREG));

	return fd < 0 ? -errno : fd;
}

/* A file, or one that stands for a device. A message of unpack_data's own stays. */
static int make_file(struct unpack *u, struct dir *parent)
{
	const struct attributes *a = &u->attributes;
	int fd = create(u, parent), r;

	if (fd < 0)
		return fd;
	r = !S_ISREG(a->fresh.owner.mode) ? 0 : u->item ? unpack_item_data(u, fd)
						       : unpack_data(u, fd);
	if (r == 0 && !fresh_is_plain(u->store, &a->fresh, S_IFREG))
		r = fresh_set(u->store, fd, &a->fresh, S_IFREG, &u->counts.lost);
	if (r == 0)
		r = set_time(fd, a);
	close(fd);
	return r;
}

/* Of what cannot be opened to be written to. */
static int set_by_name(struct unpack *u, const struct dir *parent, uint32_t type)
{
	const struct attributes *a = &u->attributes;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, a->mtime };
	int fd, r;

	if (utimensat(parent->fd, u->name.last, times, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (fresh_is_plain(u->store, &a->fresh, type))
		return 0;
	fd = openat(parent->fd, u->name.last, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fresh_set_special(u->store, fd, &a->fresh, &u->counts.lost);
	close(fd);
	return r;
}

static int make_link(struct unpack *u, struct dir *parent)
{
	if (!u->link || !*u->link)
		return -EBADMSG;
	if (symlinkat(u->link, parent->fd, u->name.last) < 0)
		return -errno;
	return set_by_name(u, parent, S_IFLNK);
}

static int make_node(struct unpack *u, struct dir *parent, uint32_t type)
{
	const struct owner *o = &u->attributes.fresh.owner;
	uint32_t mode = fresh_mode(u->store, &u->attributes.fresh, type);

	if (mknodat(parent->fd, u->name.last, type | (mode & 0777),
		    makedev(o->rdev_major, o->rdev_minor)) < 0)
		return -errno;
	return set_by_name(u, parent, type);
}

/* Real ones for who may make them; 0:0 is nobody's, and anybody may: overlayfs, mknod(2). */
static int make_device(struct unpack *u, struct dir *parent)
{
	const struct owner *o = &u->attributes.fresh.owner;
	int r = -EPERM;

	if (fresh_is_real(u->store) ||
	    (S_ISCHR(o->mode) && !o->rdev_major && !o->rdev_minor))
		r = make_node(u, parent, o->mode & S_IFMT);
	if (r != -EPERM)
		return r;
	parent->has_devices = true;
	return make_file(u, parent);
}

static int make(struct unpack *u, struct dir *parent)
{
	switch (u->attributes.fresh.owner.mode & S_IFMT) {
	case S_IFREG: return make_file(u, parent);
	case S_IFDIR: return make_dir(u, parent);
	case S_IFLNK: return make_link(u, parent);
	case S_IFIFO:
	case S_IFSOCK: return make_node(u, parent, u->attributes.fresh.owner.mode & S_IFMT);
	case S_IFCHR:
	case S_IFBLK: return make_device(u, parent);
	default: return -EBADMSG;
	}
}

/* ---- hard links ------------------------------------------------------------------------------ */

static int put_link(struct unpack *u, struct dir *parent, int from)
{
	int r = linkat(from, u->target.last, parent->fd, u->name.last, 0) < 0 ? -errno : 0;

	/* Too many names, or a host that lets nobody have two. */
	if ((r == -EMLINK || r == -EPERM || r == -EACCES) && u->given)
		r = unpack_copy(u, from, u->target.last, parent->fd, u->name.last);
	return r;
}

static int replace(struct unpack *u, struct dir *parent, int from)
{
	int r = put_link(u, parent, from);

	if (r == -EEXIST)
		r = taken(u, parent);
	if (r == -EEXIST) {
		r = unpack_remove(u, parent, u->name.last);
		if (r == 0)
			r = put_link(u, parent, from);
	}
	parent->changed = true;
	if (r == 0)
		r = remember(u, parent, u->name.last);
	return r < 0 ? r : unpack_note(u, parent, u->name.last);
}

/* u->name becomes one more name of u->target. -ENOENT: there is none yet. */
static int link_names(struct unpack *u)
{
	struct dir *d;
	int r = dirs_walk(u->dirs, u->target.parent, false, &d), from;
	uint64_t ino;

	if (r < 0)
		return r == -ENOTDIR ? -ENOENT : r;
	ino = d->ino;
	if (faccessat(d->fd, u->target.last, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	from = dup(d->fd);
	if (from < 0)
		return -errno;
	r = dirs_walk(u->dirs, u->name.parent, true, &d);
	/* One name of a file cannot take its own place. */
	if (r == 0 && !(d->ino == ino && strcmp(u->name.last, u->target.last) == 0))
		r = replace(u, d, from);
	close(from);
	return r;
}

enum { WAITING_MAX_BYTES = 16 << 20, WAITING_PASSES = 16 };

static int wait_for_target(struct unpack *u)
{
	struct waiting_link *links, *l;

	u->link_bytes += strlen(u->name.text) + strlen(u->target.text) + 64;
	if (u->link_bytes > WAITING_MAX_BYTES)
		return unpack_fail(u, -EINVAL, "too many links whose other name has not come yet");
	links = talloc_realloc(u, u->links, struct waiting_link, u->link_count + 1);
	if (!links)
		return -ENOMEM;
	u->links = links;
	l = &links[u->link_count++];
	l->name = talloc_strdup(links, u->name.text);
	l->target = talloc_strdup(links, u->target.text);
	return l->name && l->target ? 0 : -ENOMEM;
}

int unpack_make_hard_link(struct unpack *u, const char *target)
{
	int r = entryname_parse(u, target, u->options.strip, &u->target);

	if (r != 0 || !*u->target.last)
		return unpack_fail(u, r < 0 ? r : -EINVAL, "a hard link to what no entry may be");
	r = link_names(u);
	if (r == -ENOENT)
		return wait_for_target(u);
	return r < 0 ? unpack_fail(u, r, NULL) : 0;
}

static int try_waiting(struct unpack *u, size_t *ret_left)
{
	size_t left = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < u->link_count; i++) {
		struct waiting_link l = u->links[i];

		r = entryname_parse(u, l.name, 0, &u->name);
		if (r == 0)
			r = entryname_parse(u, l.target, 0, &u->target);
		if (r == 0)
			r = link_names(u);
		if (r == -ENOENT) {
			u->links[left++] = l;
			r = 0;
		}
		if (r < 0)
			return unpack_fail_name(u, l.name, r, NULL);
	}
	*ret_left = left;
	return r;
}

int unpack_waiting_links(struct unpack *u)
{
	size_t left = 0;

	u->given = NULL;
	for (unsigned pass = 0; u->link_count && pass < WAITING_PASSES; pass++) {
		int r = try_waiting(u, &left);

		if (r < 0)
			return r;
		if (left == u->link_count)
			break;
		u->link_count = left;
	}
	if (!u->link_count)
		return 0;
	return unpack_fail_name(u, u->links[0].name, -EINVAL,
				"a hard link to a name that is not there");
}

/* ---- the entry ------------------------------------------------------------------------------- */

static int replace_and_make(struct unpack *u)
{
	struct dir *parent;
	int r = dirs_walk(u->dirs, u->name.parent, true, &parent);

	if (r < 0)
		return r;
	parent->changed = true;
	r = unpack_note(u, parent, u->name.last);
	if (r == 0)
		r = make(u, parent);
	if (r == -EEXIST)
		r = taken(u, parent);
	if (r == -EEXIST) {
		r = unpack_remove(u, parent, u->name.last);
		if (r == 0)
			r = make(u, parent);
	}
	return r < 0 ? r : remember(u, parent, u->name.last);
}

static int make_root(struct unpack *u)
{
	if (S_ISDIR(u->attributes.fresh.owner.mode))
		return want_attributes(u, dirs_root(u->dirs), false);
	return u->options.strip > 0 ? 0 : unpack_fail(u, -EINVAL, "it would be the root itself");
}

int unpack_make(struct unpack *u)
{
	int r;

	if (!*u->name.last)
		return make_root(u);
	u->fail->text[0] = '\0';
	r = replace_and_make(u);
	if (r == -EINVAL && !u->fail->text[0] && fresh_is_real(u->store))
		return unpack_fail(u, r, "its owner has no id in this user namespace");
	return r < 0 && !u->fail->text[0] ? unpack_fail(u, r, NULL) : r;
}

static int make_named(struct unpack *u)
{
	const char *target = archive_entry_hardlink(u->entry);
	int r = attributes_read(u->scratch, u->entry, &u->attributes);

	u->link = archive_entry_symlink(u->entry);
	u->counts.lost += u->attributes.lost;
	if (r == -EINVAL)
		return unpack_fail(u, r, "its owner is no number that an owner may have");
	if (r < 0)
		return unpack_fail(u, r, NULL);
	if (!target)
		return unpack_make(u);
	return *u->name.last ? unpack_make_hard_link(u, target) : unpack_fail(u, -EINVAL, NULL);
}

static int bad_name(struct unpack *u, int r)
{
	if (r == -EBADMSG)
		return unpack_fail(u, r, "an entry without a name");
	return unpack_fail(u, r, r == -EINVAL ? "a name that leads out of the tree" : NULL);
}

int unpack_entry(struct unpack *u)
{
	const char *text = archive_entry_pathname(u->entry);
	int r = text ? entryname_parse(u, text, u->options.strip, &u->name) : -EBADMSG;

	u->given = text ? text : "";
	if (r != 0)
		return r < 0 ? bad_name(u, r) : 0;
	switch (u->is_layer ? entryname_kind(&u->name) : ENTRYNAME_PLAIN) {
	case ENTRYNAME_WHITEOUT: return unpack_whiteout(u);
	case ENTRYNAME_OPAQUE: return unpack_opaque(u);
	case ENTRYNAME_NOTHING: return 0;
	case ENTRYNAME_BAD: return unpack_fail(u, -EINVAL, "a whiteout of what cannot go");
	default: return make_named(u);
	}
}
