// SPDX-License-Identifier: MIT
/*
 * The short way for files and directories; whatever the host refuses goes the store's own way,
 * which knows what to do.
 */
#include "ident/fresh.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/record.h"
#include "ident/store_host.h"
#include "ident/store_impl.h"

enum { LIST_BYTES = 65536 };

#define MODE_BITS 07777u

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

bool fresh_is_real(const struct store *s)
{
	return s->config.real;
}

bool fresh_drops_xattr(const char *name)
{
	/* XFS lists access lists a second time, as it has them on disk. */
	static const char *const labels[] = { "security.selinux", "security.ima", "security.evm",
					      "trusted.SGI_ACL_FILE", "trusted.SGI_ACL_DEFAULT",
					      RECORD_FUSE_XATTR, RECORD_ROOTLESS_XATTR };

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strcmp(name, labels[i]) == 0)
			return true;
	return store_hides_xattr(name);
}

static bool has_kept(const struct fresh *f)
{
	for (unsigned i = 0; i < f->xattr_count; i++)
		if (store_keeps_xattr(f->xattrs[i].name))
			return true;
	return false;
}

/* Is what a tree of records tells of an object without one the truth? */
static bool is_told_plainly(const struct fresh *f, uint32_t type)
{
	const struct owner *o = &f->owner;

	return !o->uid && !o->gid && (o->mode & S_IFMT) == (type & S_IFMT) &&
	       (o->mode & MODE_BITS) == store_host_mode(o->mode, type);
}

static bool needs_record(const struct store *s, const struct fresh *f, uint32_t type)
{
	return s->host_ids || !is_told_plainly(f, type) || has_kept(f);
}

bool fresh_is_plain(const struct store *s, const struct fresh *f, uint32_t type)
{
	return !s->config.real && !f->xattr_count && !needs_record(s, f, type);
}

uint32_t fresh_mode(const struct store *s, const struct fresh *f, uint32_t type)
{
	uint32_t mode = store_host_mode(f->owner.mode, type);

	if (s->config.real)
		return S_ISDIR(type) ? 0700 : f->owner.mode & 0777;
	if (S_ISREG(type) && needs_record(s, f, type))
		mode |= S_ISVTX;
	return mode;
}

/* ---- the store's own way --------------------------------------------------------------------- */

static int set_by_store(struct store *s, int fd, const struct owner *owner)
{
	struct statx st;
	const struct store_object o = { .fd = fd, .st = &st, .place = STORE_ROOTFS };
	int r;

	if (host_stat(fd, &st) < 0)
		return -errno;
	/* An index bit that has no record behind it yet. */
	if (store_is_marked(&st) && !s->config.real) {
		r = host_chmod(fd, st.stx_mode & ~(uint32_t)S_ISVTX);
		if (r < 0)
			return r;
	}
	return store_set(s, &o, owner);
}

static int set_kept(struct store *s, int fd, const struct fresh_xattr *x)
{
	struct statx st;
	const struct store_object o = { .fd = fd, .st = &st, .place = STORE_ROOTFS };
	int r = host_stat(fd, &st);

	return r < 0 ? r : store_setxattr(s, &o, x->name, x->value, x->size, 0);
}

/* ext4 says the same of a full disk and of an xattr that is too large for a file. */
static bool is_disk_full(int fd)
{
	struct statvfs v;

	return fstatvfs(fd, &v) == 0 && v.f_bavail == 0;
}

static int set_xattr(struct store *s, int fd, const struct fresh_xattr *x, uint64_t *ret_lost)
{
	int r;

	if (store_keeps_xattr(x->name))
		r = set_kept(s, fd, x);
	else
		r = host_setxattr(fd, x->name, x->value, x->size, 0);
	if (r == -EIO || r == -ENOMEM || r == -EDQUOT || (r == -ENOSPC && is_disk_full(fd)))
		return r;
	*ret_lost += r < 0;
	return 0;
}

static int set_xattrs(struct store *s, int fd, const struct fresh *f, uint64_t *ret_lost)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < f->xattr_count; i++)
		r = set_xattr(s, fd, &f->xattrs[i], ret_lost);
	return r;
}

/* ---- the short way --------------------------------------------------------------------------- */

static int put_on_inode(int fd, const struct fresh *f, uint32_t type)
{
	if (fchown(fd, f->owner.uid, f->owner.gid) < 0)
		return -errno;
	/* chown takes set-id bits away, and directories were made to be open to us. */
	if (((f->owner.mode & 07000) || S_ISDIR(type)) && fchmod(fd, f->owner.mode & MODE_BITS) < 0)
		return -errno;
	return 0;
}

static int write_record(struct store *s, int fd, const struct fresh *f, uint32_t type)
{
	uint32_t mode = store_host_mode(f->owner.mode, type);
	bool needs = needs_record(s, f, type);
	char text[RECORD_LIMIT];
	size_t n;

	if (S_ISDIR(type) && fchmod(fd, needs ? mode | S_ISVTX : mode) < 0)
		return -errno;
	if (!needs)
		return 0;
	n = record_print(&f->owner, type | mode, text);
	if (host_setxattr(fd, RECORD_XATTR, text, n, 0) == 0)
		return 0;
	return set_by_store(s, fd, &f->owner);
}

int fresh_set(struct store *s, int fd, const struct fresh *f, uint32_t type, uint64_t *ret_lost)
{
	bool stands_for = (f->owner.mode & S_IFMT) != (type & S_IFMT);
	int r;

	if (s->host_ids && !s->config.real)
		r = set_by_store(s, fd, &f->owner);
	else if (s->config.real)
		r = stands_for ? set_by_store(s, fd, &f->owner) : put_on_inode(fd, f, type);
	else
		r = write_record(s, fd, f, type);
	return r < 0 ? r : set_xattrs(s, fd, f, ret_lost);
}

int fresh_set_root(struct store *s, int fd, const struct fresh *f, uint64_t *ret_lost)
{
	int r = set_by_store(s, fd, &f->owner);

	return r < 0 ? r : set_xattrs(s, fd, f, ret_lost);
}

int fresh_set_special(struct store *s, int fd, const struct fresh *f, uint64_t *ret_lost)
{
	int r = set_by_store(s, fd, &f->owner);

	for (unsigned i = 0; r == 0 && i < f->xattr_count; i++) {
		if (store_keeps_xattr(f->xattrs[i].name))
			r = set_xattr(s, fd, &f->xattrs[i], ret_lost);
		else
			(*ret_lost)++;
	}
	return r;
}

static int remove_listed(int fd, const char *list, ssize_t n)
{
	int r = 0;

	for (ssize_t i = 0; r == 0 && i < n; i += (ssize_t)strlen(list + i) + 1) {
		const char *name = list + i;

		if (strcmp(name, STORE_MARKER) == 0)
			continue; /* of the root, and the store's own */
		if (begins(name, "user.") || begins(name, "system.posix_acl_") ||
		    begins(name, "trusted.") || strcmp(name, "security.capability") == 0)
			r = host_removexattr(fd, name);
		r = r == -ENODATA || r == -EPERM ? 0 : r;
	}
	return r;
}

static int forget_beside(struct store *s, int fd)
{
	struct statx st;
	const struct store_object o = { .fd = fd, .st = &st, .place = STORE_ROOTFS };
	int r = host_stat(fd, &st);

	if (r == 0 && store_remembers_beside(s, &st))
		store_forget(s, &o);
	return r;
}

int fresh_reset(struct store *s, int fd)
{
	char *list;
	ssize_t n = host_listxattr(fd, NULL, 0);
	int r = 0;

	if (n > 0) {
		list = talloc_size(s, LIST_BYTES);
		n = list ? host_listxattr(fd, list, LIST_BYTES) : -ENOMEM;
		r = n < 0 ? (int)n : remove_listed(fd, list, n);
		talloc_free(list);
	}
	return r < 0 ? r : forget_beside(s, fd);
}
