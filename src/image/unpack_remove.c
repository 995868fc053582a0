// SPDX-License-Identifier: MIT
/*
 * Taking away: for an entry of another type, and for whiteouts, which spare what their own layer
 * has made. Of a directory that the layer has touched only what it has not made goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/rmtree.h"
#include "ident/store_host.h"
#include "image/children.h"
#include "image/unpack_impl.h"

/* What is remembered beside it goes with its last name. */
static void forget(struct unpack *u, int dir, const char *name)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statx st;
	const struct store_object o = { .fd = fd, .st = &st, .place = STORE_ROOTFS };

	if (fd < 0)
		return;
	if (host_stat(fd, &st) == 0 && st.stx_nlink <= 1 && store_remembers_beside(u->store, &st))
		store_forget(u->store, &o);
	close(fd);
}

int unpack_remove(struct unpack *u, struct dir *parent, const char *name)
{
	int r = dirs_forget(u->dirs, parent, name);

	if (r < 0)
		return r;
	parent->changed = true;
	forget(u, parent->fd, name);
	if (unlinkat(parent->fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	return rmtree(parent->fd, name, ULONG_MAX) ? 0 : -EIO;
}

/* Directories to be swept, by name from the root. */
struct sweep {
	struct unpack *u;
	char **todo; /* children of it */
	size_t count, room;
};

static int push(struct sweep *s, const char *dir, const char *name)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		char **todo = talloc_realloc(s->u->scratch, s->todo, char *, room);

		if (!todo)
			return -ENOMEM;
		s->todo = todo;
		s->room = room;
	}
	s->todo[s->count] = talloc_asprintf(s->todo, "%s%s%s", dir, *dir ? "/" : "", name);
	return s->todo[s->count++] ? 0 : -ENOMEM;
}

static bool is_dir(int at, const char *name)
{
	struct stat st;

	return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* All of it, unless the layer has made it or something in it. */
static int take_away(struct sweep *s, struct dir *parent, const char *dir, const char *name)
{
	if (!nameset_has(&s->u->made, parent->ino, name))
		return unpack_remove(s->u, parent, name);
	return is_dir(parent->fd, name) ? push(s, dir, name) : 0;
}

static int sweep_dir(struct sweep *s, const char *dir)
{
	struct children c;
	struct dir *d;
	int r = dirs_walk(s->u->dirs, dir, false, &d);

	if (r == 0)
		r = children_read(s->u->scratch, d->fd, &c);
	for (size_t i = 0; r == 0 && i < c.count; i++)
		r = take_away(s, d, dir, c.names[i]);
	if (r == 0)
		talloc_free(c.names);
	return r;
}

static int sweep_all(struct sweep *s)
{
	int r = 0;

	while (r == 0 && s->count) {
		char *dir = s->todo[--s->count];

		r = sweep_dir(s, dir);
		talloc_free(dir);
	}
	return r;
}

/* Where the whiteout is, if anywhere: 1, 0 or -errno. Nothing is made for it. */
static int find_parent(struct unpack *u, struct dir **ret)
{
	int r = u->has_lower ? dirs_walk(u->dirs, u->name.parent, false, ret) : -ENOENT;

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	return r < 0 ? r : 1;
}

int unpack_whiteout(struct unpack *u)
{
	struct sweep s = { .u = u };
	const char *name = u->name.last + strlen(".wh.");
	struct dir *parent;
	char *dir;
	int r = find_parent(u, &parent);

	if (r > 0) {
		dir = dirs_name(u->scratch, u->dirs, parent);
		r = dir ? take_away(&s, parent, dir, name) : -ENOMEM;
		if (r == 0)
			r = sweep_all(&s);
	}
	return r < 0 ? unpack_fail(u, r, NULL) : 0;
}

int unpack_opaque(struct unpack *u)
{
	struct sweep s = { .u = u };
	struct dir *parent;
	char *dir;
	int r = find_parent(u, &parent);

	if (r > 0) {
		dir = dirs_name(u->scratch, u->dirs, parent);
		r = dir ? sweep_dir(&s, dir) : -ENOMEM;
		if (r == 0)
			r = sweep_all(&s);
	}
	return r < 0 ? unpack_fail(u, r, NULL) : 0;
}
