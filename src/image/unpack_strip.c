// SPDX-License-Identifier: MIT
/*
 * Where in the archive the root is: at its top, or in a directory of the packer's ("rootfs/",
 * "root.x86_64/", "debian-12/"). That is known best when all is unpacked. A top that has anything
 * of a root's own names is the root; else the directory below it that has most of them, some
 * levels deep at most, takes its place, and all else is thrown away.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/fresh.h"
#include "image/children.h"
#include "image/unpack_impl.h"

enum { LEVELS = 4, ENOUGH = 3, LOOKED_AT_MAX = 256 };

/* hier(7) */
static const char *const of_a_root[] = {
	"bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc",
	"root", "run", "sbin", "srv", "sys", "tmp", "usr", "var",
};

struct search {
	struct unpack *u;
	void *ctx;
	unsigned looked_at;
	unsigned best;
	char *name; /* of the best */
};

static unsigned score(const struct children *c)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < sizeof(of_a_root) / sizeof(of_a_root[0]); k++)
			n += strcmp(c->names[i], of_a_root[k]) == 0;
	return n;
}

static bool is_dir(int at, const char *name)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* What is in `name`, a real directory, and what its directories are: in *todo. */
static int look_into(struct search *s, const char *name, char ***todo, size_t *count)
{
	struct children c;
	struct dir *d;
	unsigned points;
	int r = dirs_walk(s->u->dirs, name, false, &d);

	if (r == 0)
		r = children_read(s->ctx, d->fd, &c);
	if (r < 0)
		return r;
	points = score(&c);
	/* Of what lies deeper a word or two in common may be chance. */
	if (points > s->best && (!*name || points >= ENOUGH)) {
		s->best = points;
		s->name = talloc_strdup(s->ctx, name);
	}
	for (size_t i = 0; points == 0 && i < c.count && *count < LOOKED_AT_MAX; i++) {
		if (!is_dir(d->fd, c.names[i]))
			continue;
		*todo = talloc_realloc(s->ctx, *todo, char *, *count + 1);
		if (!*todo)
			return -ENOMEM;
		(*todo)[(*count)++] = talloc_asprintf(s->ctx, "%s%s%s", name, *name ? "/" : "",
						      c.names[i]);
	}
	return 0;
}

static int search(struct search *s)
{
	char *top = talloc_strdup(s->ctx, ""), **level = &top, **next = NULL;
	size_t count = 1, more = 0;
	int r = top ? 0 : -ENOMEM;

	for (unsigned depth = 0; r == 0 && count && depth <= LEVELS; depth++) {
		for (size_t i = 0; r == 0 && i < count; i++)
			r = level[i] ? look_into(s, level[i], &next, &more) : -ENOMEM;
		if (s->best >= (depth == 0 ? 1 : ENOUGH))
			break;
		level = next;
		count = more;
		next = NULL;
		more = 0;
	}
	return r;
}

/* ---- taking its place ------------------------------------------------------------------------ */

/* Attributes, the time included. */
static int take_attributes(struct unpack *u, int fd)
{
	struct dir *root = dirs_root(u->dirs);
	struct statx st;
	const struct store_object o = { .fd = fd, .st = &st, .place = STORE_ROOTFS };
	struct attributes a = { .mtime = { 0, 0 } };

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return -errno;
	store_get(u->store, &o, &a.fresh.owner);
	root->mtime = a.mtime = (struct timespec){ st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec };
	root->has_mtime = root->changed = true;
	root->has_devices = store_getxattr(u->store, &o, STORE_DEVICES_XATTR, NULL, 0) >= 0;
	talloc_free(root->want);
	root->want = attributes_copy(u->dirs, &a);
	return root->want ? 0 : -ENOMEM;
}

/* Everything in the root but `kept` goes. */
static int remove_others(struct unpack *u, const char *kept)
{
	struct dir *root = dirs_root(u->dirs);
	struct children c;
	int r = children_read(u->scratch, root->fd, &c);

	for (size_t i = 0; r == 0 && i < c.count; i++)
		if (strcmp(c.names[i], kept) != 0)
			r = unpack_remove(u, root, c.names[i]);
	return r;
}

static int move_up(struct unpack *u, const char *from)
{
	struct dir *root = dirs_root(u->dirs), *d;
	struct children c;
	int r = dirs_enter(u->dirs, root, from, &d);

	root = dirs_root(u->dirs);
	if (r == 0)
		r = children_read(u->scratch, d->fd, &c);
	for (size_t i = 0; r == 0 && i < c.count; i++)
		if (renameat(d->fd, c.names[i], root->fd, c.names[i]) < 0)
			r = -errno;
	dirs_forget(u->dirs, root, from);
	return r == 0 && unlinkat(root->fd, from, AT_REMOVEDIR) < 0 ? -errno : r;
}

/* A name that nothing in `dir` has. */
static char *free_name(void *ctx, int dir)
{
	char *name = NULL;

	for (unsigned i = 0; i < 1000; i++) {
		talloc_free(name);
		name = talloc_asprintf(ctx, ".pr-root-%u", i);
		if (!name || faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			break;
	}
	return name;
}

/* First out of the way of what is thrown away, then up. */
static int hoist(struct unpack *u, const char *name)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
	char *aside = free_name(u->scratch, dirs_root(u->dirs)->fd);
	char *parent = talloc_strndup(u->scratch, name, slash ? (size_t)(slash - name) : 0);
	struct dir *d;
	int r = aside && parent ? dirs_leave(u->dirs, false) : -ENOMEM;

	if (r == 0)
		r = dirs_walk(u->dirs, name, false, &d);
	if (r == 0)
		r = take_attributes(u, d->fd);
	if (r == 0)
		r = dirs_walk(u->dirs, parent, false, &d);
	if (r == 0)
		r = dirs_forget(u->dirs, d, last);
	if (r == 0 && renameat(d->fd, last, dirs_root(u->dirs)->fd, aside) < 0)
		r = -errno;
	if (r == 0)
		r = remove_others(u, aside);
	return r < 0 ? r : move_up(u, aside);
}

int unpack_find_root(struct unpack *u)
{
	struct search s = { .u = u };
	int r = dirs_leave(u->dirs, false);

	u->scratch = s.ctx = talloc_new(u);
	if (!s.ctx)
		r = -ENOMEM;
	if (r == 0)
		r = search(&s);
	if (r == 0 && s.name && *s.name)
		r = hoist(u, s.name);
	talloc_free(s.ctx);
	u->scratch = NULL;
	return r < 0 ? unpack_fail_name(u, u->rootfs, r, NULL) : 0;
}
