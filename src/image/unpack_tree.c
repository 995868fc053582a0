// SPDX-License-Identifier: MIT
/*
 * From tree to tree. What a guest of the one is told of an item is made in the other, by the same
 * steps as an archive's entry; so either may keep its owners in whatever way it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "base/pathbuf.h"
#include "base/progress.h"
#include "image/treewalk.h"
#include "image/unpack_impl.h"

enum { COPY_BYTES = 1 << 20, PROBE_BYTES = 4096 };

/* Of a file with several names: where it is, and the first of them. */
struct first_name {
	UT_hash_handle hh;
	struct {
		uint64_t ino;
		uint32_t dev_major, dev_minor;
	} key;
	char path[];
};

struct copying {
	struct unpack *u;
	struct first_name *names;
	struct progress *progress;
	uint64_t bytes;
};

/* ---- data ------------------------------------------------------------------------------------ */

/* By the file system itself, or the kernel; where neither can, page by page. */
static ssize_t copy_some(int from, int to, off_t at, size_t size)
{
	off_t in = at, out = at;
	ssize_t n = copy_file_range(from, &in, to, &out, size, 0);

	if (n >= 0 ||
	    (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP))
		return n;
	if (lseek(to, at, SEEK_SET) < 0)
		return -1;
	return sendfile(to, from, &in, size);
}

/* From `at` to `end`; one that has become shorter has no more. */
static int copy_extent(struct unpack *u, int from, int to, off_t at, off_t end)
{
	while (at < end) {
		size_t size = end - at < COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
		int r = unpack_check_space(u, to, size);
		ssize_t n = r < 0 ? 0 : copy_some(from, to, at, size);

		if (r < 0 || n < 0)
			return r < 0 ? r : -errno;
		if (n == 0)
			break;
		u->counts.bytes += (uint64_t)n;
		at += n;
	}
	return 0;
}

int unpack_copy_data(struct unpack *u, int from, int to, uint64_t size)
{
	off_t end = (off_t)size, at = 0, data, hole;
	int r = 0;

	while (r == 0 && at < end) {
		data = lseek(from, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0) /* a file system that tells of no holes */
			data = at;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || hole > end)
			hole = end;
		r = copy_extent(u, from, to, data, hole);
		at = hole;
	}
	return r == 0 && ftruncate(to, end) < 0 ? -errno : r;
}

/* 1: not by this file system, or not this file. */
static int share_data(int from, int to)
{
	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	return errno == ENOSPC || errno == EDQUOT || errno == EIO ? -errno : 1;
}

int unpack_item_data(struct unpack *u, int fd)
{
	const struct treewalk_item *i = u->item;
	int from, r;

	if (!i->st->stx_size)
		return 0;
	from = openat(i->dir, i->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0)
		return -errno;
	r = u->cannot_share ? 1 : share_data(from, fd);
	if (r > 0) {
		u->cannot_share |= errno == EXDEV || errno == EOPNOTSUPP || errno == ENOTTY;
		r = unpack_copy_data(u, from, fd, i->st->stx_size);
	}
	close(from);
	return r;
}

static int new_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		unlinkat(dir, name, 0);
	return fd;
}

bool unpack_can_share(int dir)
{
	static const char bytes[PROBE_BYTES] = "x";
	int from = new_file(dir, "share"), to = new_file(dir, "share");
	bool can = from >= 0 && to >= 0 && write(from, bytes, sizeof(bytes)) == sizeof(bytes) &&
		   share_data(from, to) == 0;

	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return can;
}

/* ---- items ----------------------------------------------------------------------------------- */

/* *ret: of this very file one that was made before, or NULL. 0 or -ENOMEM. */
static int find_name(struct copying *c, const struct treewalk_item *i, const char **ret)
{
	size_t len = strlen(i->path) + 1;
	struct first_name *n, *found;

	*ret = NULL;
	if (i->st->stx_nlink < 2 || S_ISDIR(i->st->stx_mode))
		return 0;
	n = talloc_zero_size(c, sizeof(*n) + len);
	if (!n)
		return -ENOMEM;
	n->key.ino = i->st->stx_ino;
	n->key.dev_major = i->st->stx_dev_major;
	n->key.dev_minor = i->st->stx_dev_minor;
	memcpy(n->path, i->path, len);
	HASH_FIND(hh, c->names, &n->key, sizeof(n->key), found);
	if (found) {
		*ret = found->path;
		talloc_free(n);
	} else {
		HASH_ADD(hh, c->names, key, sizeof(n->key), n);
	}
	return 0;
}

static int put_named(struct copying *c, const struct treewalk_item *i)
{
	struct unpack *u = c->u;
	const char *other;
	int r = find_name(c, i, &other);

	if (r == 0)
		r = entryname_parse(u, *i->path ? i->path : "/", 0, &u->name);
	if (r < 0)
		return r;
	return other ? unpack_make_hard_link(u, other) : unpack_make(u);
}

static int put_item(void *ctx, const struct treewalk_item *i)
{
	struct copying *c = ctx;
	struct unpack *u = c->u;
	int r;

	u->item = i;
	u->given = i->path;
	u->attributes = i->a;
	u->link = i->link;
	u->scratch = i->scratch;
	r = put_named(c, i);
	u->item = NULL;
	u->given = NULL;
	u->scratch = NULL;
	u->counts.entries++;
	if (S_ISREG(i->st->stx_mode))
		c->bytes += i->st->stx_size;
	progress_tell(c->progress, c->bytes, 0);
	return r;
}

static int end_copying(struct copying *c)
{
	HASH_CLEAR(hh, c->names);
	return 0;
}

/* A tree would go on and on in itself. */
static int check_place(struct unpack *u, const char *from)
{
	char *whole = realpath(from, NULL);
	int r = whole ? 0 : unpack_fail_name(u, from, -errno, NULL);

	if (whole && path_under(u->rootfs, whole))
		r = unpack_fail_name(u, from, -EINVAL, "it holds the copy that is to be made");
	free(whole);
	return r;
}

int unpack_tree(struct unpack *u, const char *from, struct progress *progress, struct fail *fail)
{
	const struct treewalk_request request = { .rootfs = from, .keeper = u->options.keeper };
	struct treewalk_ops ops = { .item = put_item };
	struct copying *c = talloc_zero(u, struct copying);
	int r;

	u->fail = fail;
	u->is_layer = false;
	if (!c)
		return fail_errno(fail, ENOMEM, "'%s'", from);
	talloc_set_destructor(c, end_copying);
	c->u = u;
	c->progress = progress;
	ops.ctx = c;
	r = check_place(u, from);
	if (r == 0)
		r = treewalk(&request, &ops, fail);
	talloc_free(c);
	u->has_lower = true;
	return r;
}
