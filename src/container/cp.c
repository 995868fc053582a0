/* SPDX-License-Identifier: MIT */
/*
 * pr cp: files between the host and a container's rootfs. Names in the container are walked as the
 * guest's links lead, never out of its root; then everything is done by (directory's descriptor,
 * name), and no link is followed. What comes in is root's, as from a file without a record; what
 * goes out has the modes that the guest was told, but for set-id bits, and is the caller's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pathbuf.h"
#include "container/container.h"
#include "container/place.h"
#include "ident/store.h"
#include "image/children.h"
#include "image/dirs.h"

enum { DEPTH_MOST = 256 };

struct copying {
	struct store *store; /* the container's */
	bool out;	     /* of the container */
	int depth;
	struct fail *fail;
};

/* A file, by the directory that it is in. */
struct at {
	int dir_fd;
	const char *name;
};

static int tell(struct copying *c, int err, const char *name)
{
	return fail_errno(c->fail, err, "cannot copy '%s'", name);
}

static int look(const struct copying *c, struct at a, struct owner *ret)
{
	struct statx st;
	int fd __attribute__((cleanup(fd_cleanup))) =
		openat(a.dir_fd, a.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 ||
	    statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return -errno;
	*ret = (struct owner){ .mode = st.stx_mode };
	if (c->out)
		store_get(c->store, &(struct store_object){ fd, &st, STORE_ROOTFS }, ret);
	return 0;
}

/* What is in the way goes, with what is remembered of it; a directory only if it is empty. */
static int make_room(const struct copying *c, struct at to)
{
	struct statx st;
	int fd __attribute__((cleanup(fd_cleanup))) =
		openat(to.dir_fd, to.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return -errno;
	if (!c->out && (S_ISDIR(st.stx_mode) || st.stx_nlink == 1))
		store_forget(c->store, &(struct store_object){ fd, &st, STORE_ROOTFS });
	return unlinkat(to.dir_fd, to.name, S_ISDIR(st.stx_mode) ? AT_REMOVEDIR : 0) < 0 ? -errno
											 : 0;
}

static int copy_file(struct copying *c, struct at from, struct at to, mode_t mode)
{
	int in __attribute__((cleanup(fd_cleanup))) =
		openat(from.dir_fd, from.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int out __attribute__((cleanup(fd_cleanup))) = -1;
	struct stat st;
	int r = in < 0 || fstat(in, &st) < 0 ? -errno : make_room(c, to);

	if (r < 0)
		return r;
	out = openat(to.dir_fd, to.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     0600);
	r = out < 0 ? -errno : fd_copy(in, out);
	if (r == 0 && (fchmod(out, mode) < 0 ||
		       futimens(out, (struct timespec[]){ st.st_atim, st.st_mtim }) < 0))
		r = -errno;
	return r;
}

static int copy_link(struct copying *c, struct at from, struct at to)
{
	struct pathname text;
	ssize_t n = readlinkat(from.dir_fd, from.name, text.s, sizeof(text.s) - 1);
	int r = n < 0 ? -errno : make_room(c, to);

	if (r < 0)
		return r;
	text.s[n] = '\0';
	return symlinkat(text.s, to.dir_fd, to.name) < 0 ? -errno : 0;
}

static int copy(struct copying *c, struct at from, struct at to);

static int copy_children(struct copying *c, int from, int to)
{
	struct children all;
	void *ctx = talloc_new(NULL);
	int r = children_read(ctx, from, &all);

	for (size_t i = 0; r == 0 && i < all.count; i++)
		r = copy(c, (struct at){ from, all.names[i] }, (struct at){ to, all.names[i] });
	talloc_free(ctx);
	return r;
}

static int open_directory(struct at a)
{
	int fd = openat(a.dir_fd, a.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Into one that is there, or a new one, whose mode comes last: it may be without w. */
static int copy_directory(struct copying *c, struct at from, struct at to, mode_t mode)
{
	int in __attribute__((cleanup(fd_cleanup))) = open_directory(from);
	int out __attribute__((cleanup(fd_cleanup))) = -1;
	bool is_new = mkdirat(to.dir_fd, to.name, 0700) == 0;
	int r;

	if (in < 0)
		return in;
	if (!is_new && errno != EEXIST)
		return -errno;
	out = open_directory(to);
	if (out < 0)
		return out;
	r = copy_children(c, in, out);
	return r == 0 && is_new && fchmod(out, mode) < 0 ? -errno : r;
}

static int refuse(struct copying *c, const char *name)
{
	fail_set(c->fail, "'%s' is a device, a socket or a pipe: those are not copied", name);
	return -EINVAL;
}

static int copy(struct copying *c, struct at from, struct at to)
{
	struct owner o;
	int r = look(c, from, &o);

	if (++c->depth > DEPTH_MOST)
		r = -ELOOP;
	if (r == 0 && S_ISREG(o.mode))
		r = copy_file(c, from, to, o.mode & 0777);
	else if (r == 0 && S_ISDIR(o.mode))
		r = copy_directory(c, from, to, o.mode & 0777);
	else if (r == 0 && S_ISLNK(o.mode))
		r = copy_link(c, from, to);
	else if (r == 0)
		r = refuse(c, from.name);
	c->depth--;
	if (r < 0 && !c->fail->text[0])
		tell(c, -r, from.name);
	return r;
}

/* ---- names ---- */

/* One of the two sides. */
struct side {
	struct dirs *dirs; /* the container's; NULL: the host */
	const char *path;
	char *parent, *name; /* of it */
	bool all;	     /* "DIR/.", "/": what is in it, not it */
};

/* A descriptor of its own, or -errno. */
static int open_side(const struct side *s, const char *path)
{
	struct dir *d;
	int r;

	if (!s->dirs) {
		r = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return r < 0 ? -errno : r;
	}
	r = dirs_walk(s->dirs, path + strspn(path, "/"), false, &d);
	return r < 0 ? r : open_directory((struct at){ d->fd, "." });
}

static int split(void *ctx, struct side *s)
{
	size_t len = strlen(s->path);
	char *copy = talloc_strdup(ctx, s->path), *slash;

	if (!copy)
		return -ENOMEM;
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	slash = strrchr(copy, '/');
	s->name = slash ? slash + 1 : copy;
	s->all = !*s->name || strcmp(s->name, ".") == 0 || strcmp(s->name, "..") == 0;
	s->parent = slash ? talloc_strndup(ctx, copy, (size_t)(slash - copy) + 1)
			  : talloc_strdup(ctx, s->dirs ? "/" : ".");
	return s->parent ? 0 : -ENOMEM;
}

/* The directory that things are to be put into, made where only its parent is there. */
static int open_into(struct copying *c, const struct side *to)
{
	int fd = open_side(to, to->path), parent __attribute__((cleanup(fd_cleanup))) = -1;

	if (fd != -ENOENT)
		return fd;
	parent = open_side(to, to->parent);
	if (parent < 0)
		return parent;
	if (mkdirat(parent, to->name, 0755) < 0)
		return tell(c, errno, to->path);
	return open_directory((struct at){ parent, to->name });
}

static int copy_all(struct copying *c, const struct side *from, const struct side *to)
{
	int in __attribute__((cleanup(fd_cleanup))) = open_side(from, from->path);
	int out __attribute__((cleanup(fd_cleanup))) = -1;

	if (in < 0)
		return tell(c, -in, from->path);
	out = open_into(c, to);
	if (out < 0)
		return tell(c, -out, to->path);
	return copy_children(c, in, out);
}

/* Into what is a directory, under its own name; else as that name. */
static int copy_one(struct copying *c, const struct side *from, const struct side *to)
{
	int in __attribute__((cleanup(fd_cleanup))) = open_side(from, from->parent);
	int out __attribute__((cleanup(fd_cleanup))) = open_side(to, to->path);
	const char *name = from->name;

	if (in < 0)
		return tell(c, -in, from->path);
	if (out < 0) {
		out = open_side(to, to->parent);
		name = to->name;
	}
	if (out < 0)
		return tell(c, -out, to->path);
	return copy(c, (struct at){ in, from->name }, (struct at){ out, name });
}

static int copy_sides(struct copying *c, struct side *from, struct side *to)
{
	void *ctx = talloc_new(NULL);
	mode_t mask = umask(022);
	int r = split(ctx, from);

	if (r == 0)
		r = split(ctx, to);
	if (r == 0)
		r = from->all ? copy_all(c, from, to) : copy_one(c, from, to);
	umask(mask);
	talloc_free(ctx);
	return r;
}

int container_copy(struct state *s, const char *name, const char *inside, const char *host,
		   enum container_copy_way way, struct fail *fail)
{
	struct copying c = { .out = way == COPY_OUT, .fail = fail };
	struct side there = { .path = inside }, here = { .path = host };
	struct store_config config = { .keeper = STORE_BY_RECORDS };
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	config.rootfs = place_rootfs(p, p);
	config.real = store_is_real(config.rootfs);
	c.store = store_open(p, &config, fail);
	r = -EIO;
	if (c.store)
		there.dirs = dirs_open(p, config.rootfs, &(struct dirs_ops){ 0 }, &r);
	if (there.dirs)
		r = c.out ? copy_sides(&c, &there, &here) : copy_sides(&c, &here, &there);
	if (r < 0 && !fail->text[0])
		fail_errno(fail, -r, "cannot copy from or to container %s", name);
	talloc_free(p);
	return r;
}
