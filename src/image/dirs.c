// SPDX-License-Identifier: MIT
/*
 * nodes[0] is the root. A walk goes down nodes as long as names agree, and leaves what hangs below
 * where they do not, but not before the new name has been found to be a directory: a link may well
 * lead back into what is open.
 *
 * At most DIRS_OPEN_MAX are open; beyond that those next to the root are left, and opened anew
 * when they are needed. The root stays open.
 */
#include "image/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

enum { DIRS_OPEN_MAX = 48 };

struct dirs {
	struct dirs_ops ops;
	struct dir *nodes;
	size_t count, room;
	size_t open_count;
	/* The last walk: `last` led to nodes[last_level]. */
	char *last;
	size_t last_level;
	bool last_is_valid;
	int error; /* of a directory that was left */
};

/* ---- one directory --------------------------------------------------------------------------- */

static int note(struct dirs *s, int r)
{
	if (r < 0 && s->error == 0)
		s->error = r;
	return r;
}

static int put_time(const struct dir *d)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, d->mtime };

	if (!d->has_mtime || !d->changed)
		return 0;
	return futimens(d->fd, times) < 0 ? -errno : 0;
}

/* Closes it; its attributes are what they are to be. */
static void leave_node(struct dirs *s, struct dir *d)
{
	if (d->fd < 0)
		return;
	if (s->ops.leave)
		note(s, s->ops.leave(s->ops.ctx, d));
	if (d->restore && fchmod(d->fd, d->restore & 07777) < 0)
		note(s, -errno);
	note(s, put_time(d));
	close(d->fd);
	d->fd = -1;
	d->restore = 0;
	d->changed = false;
	s->open_count--;
}

/* Everything below nodes[level]. */
static void cut(struct dirs *s, size_t level)
{
	while (s->count > level + 1) {
		struct dir *d = &s->nodes[s->count - 1];

		leave_node(s, d);
		talloc_free(d->want);
		talloc_free(d->name);
		s->count--;
	}
	if (s->last_level > level)
		s->last_is_valid = false;
}

static int open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* One that keeps us out is opened up for as long as it is open. */
static int open_closed(int at, const char *name, uint32_t *ret_restore)
{
	struct stat st;
	int fd;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
	    fchmodat(at, name, (st.st_mode & 07777) | 0700, 0) < 0)
		return -EACCES;
	fd = open_dir(at, name);
	if (fd >= 0)
		*ret_restore = st.st_mode;
	return fd;
}

static int open_any(int at, const char *name, uint32_t *ret_restore)
{
	int fd = open_dir(at, name);

	*ret_restore = 0;
	return fd == -EACCES ? open_closed(at, name, ret_restore) : fd;
}

/* What it is now, and is to be again when it is left. */
static int look_at(struct dir *d, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	d->fd = fd;
	d->ino = st.st_ino;
	d->mode = st.st_mode;
	if (!d->has_mtime)
		d->mtime = st.st_mtim;
	d->has_mtime = true;
	return 0;
}

/* Those next to the root go, but neither the root nor `keep`. */
static void limit_open(struct dirs *s, size_t keep)
{
	for (size_t i = 1; s->open_count > DIRS_OPEN_MAX && i + 1 < keep; i++)
		leave_node(s, &s->nodes[i]);
}

/* ---- the stack ------------------------------------------------------------------------------- */

static int reopen(struct dirs *s, size_t level)
{
	struct dir *d = &s->nodes[level];
	int fd = open_any(d[-1].fd, d->name, &d->restore), r;

	if (fd < 0)
		return fd;
	d->has_mtime = false;
	r = look_at(d, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	s->open_count++;
	limit_open(s, level);
	return 0;
}

static int ensure_open(struct dirs *s, size_t level)
{
	size_t i = level;
	int r = 0;

	while (s->nodes[i].fd < 0)
		i--;
	for (i++; r == 0 && i <= level; i++)
		r = reopen(s, i);
	return r;
}

static int make_room(struct dirs *s)
{
	size_t room = s->room ? s->room * 2 : 64;
	struct dir *nodes;

	if (s->count < s->room)
		return 0;
	nodes = talloc_realloc(s, s->nodes, struct dir, room);
	if (!nodes)
		return -ENOMEM;
	s->nodes = nodes;
	s->room = room;
	return 0;
}

/* fd, open on `name` in nodes[level], goes on top. Takes fd in any case. */
static int push(struct dirs *s, size_t level, const char *name, int fd, uint32_t restore)
{
	struct dir d = { .restore = restore };
	int r;

	cut(s, level);
	r = make_room(s);
	if (r == 0)
		r = look_at(&d, fd);
	d.name = r == 0 ? talloc_strdup(s, name) : NULL;
	if (r == 0 && !d.name)
		r = -ENOMEM;
	if (r < 0) {
		close(fd);
		return r;
	}
	s->nodes[s->count++] = d;
	s->open_count++;
	limit_open(s, s->count - 1);
	if (s->ops.enter)
		s->ops.enter(s->ops.ctx, &s->nodes[level], &s->nodes[s->count - 1]);
	return 0;
}

static bool is_below(const struct dirs *s, size_t level, const char *name)
{
	return level + 1 < s->count && strcmp(s->nodes[level + 1].name, name) == 0;
}

/* ---- the walk -------------------------------------------------------------------------------- */

struct walk {
	char *text, *todo; /* what is left of the text */
	size_t level;
	unsigned links;
	bool make;
};

/* The text of a link in front of what is left. */
static int put_in_front(struct dirs *s, struct walk *w, const char *text)
{
	char *todo;

	if (++w->links > DIRS_LINKS_MAX)
		return -ELOOP;
	if (strlen(text) + 1 + strlen(w->todo) > DIRS_PATH_MAX)
		return -ENAMETOOLONG;
	if (*text == '/')
		w->level = 0;
	todo = talloc_asprintf(s, "%s/%s", text, w->todo);
	if (!todo)
		return -ENOMEM;
	talloc_free(w->text);
	w->text = w->todo = todo;
	return 0;
}

static int follow(struct dirs *s, struct walk *w, const char *name)
{
	char *text = talloc_size(s, DIRS_PATH_MAX);
	ssize_t n;
	int r;

	if (!text)
		return -ENOMEM;
	n = readlinkat(s->nodes[w->level].fd, name, text, DIRS_PATH_MAX - 1);
	if (n < 0) {
		r = errno == EINVAL ? -ENOTDIR : -errno;
	} else {
		text[n] = '\0';
		r = put_in_front(s, w, text);
	}
	talloc_free(text);
	return r;
}

static int step_into(struct dirs *s, struct walk *w, const char *name)
{
	uint32_t restore;
	struct dir *at;
	int fd, r = ensure_open(s, w->level);

	if (r < 0)
		return r;
	at = &s->nodes[w->level];
	fd = open_any(at->fd, name, &restore);
	if (fd == -ENOENT && w->make && s->ops.make) {
		at->changed = true;
		r = s->ops.make(s->ops.ctx, at, name);
		fd = r < 0 ? r : open_any(at->fd, name, &restore);
	}
	if (fd == -ENOTDIR || fd == -ELOOP)
		return follow(s, w, name);
	if (fd < 0)
		return fd;
	r = push(s, w->level, name, fd, restore);
	if (r == 0)
		w->level = s->count - 1;
	return r;
}

static int step(struct dirs *s, struct walk *w, const char *name)
{
	if (strcmp(name, "..") == 0) {
		w->level -= w->level > 0;
		return 0;
	}
	if (is_below(s, w->level, name)) {
		w->level++;
		return 0;
	}
	return step_into(s, w, name);
}

/* The next component of todo: 1, 0: there is none. */
static int next_name(struct walk *w, char ret[NAME_MAX + 1])
{
	const char *at = w->todo + strspn(w->todo, "/");
	size_t n = strcspn(at, "/");

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(ret, at, n);
	ret[n] = '\0';
	w->todo += at + n - w->todo;
	return n > 0;
}

static int walk_all(struct dirs *s, struct walk *w)
{
	char name[NAME_MAX + 1];
	int r;

	while ((r = next_name(w, name)) > 0) {
		r = strcmp(name, ".") == 0 ? 0 : step(s, w, name);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : ensure_open(s, w->level);
}

int dirs_walk(struct dirs *s, const char *path, bool make, struct dir **ret)
{
	struct walk w = { .make = make };
	int r;

	if (s->last_is_valid && strcmp(path, s->last) == 0) {
		r = ensure_open(s, s->last_level);
		*ret = &s->nodes[s->last_level];
		return r;
	}
	w.text = w.todo = talloc_strdup(s, path);
	if (!w.text)
		return -ENOMEM;
	r = walk_all(s, &w);
	talloc_free(w.text);
	*ret = &s->nodes[w.level];
	if (r == 0) {
		talloc_free(s->last);
		s->last = talloc_strdup(s, path);
		s->last_level = w.level;
		s->last_is_valid = s->last != NULL;
	}
	return r;
}

int dirs_enter(struct dirs *s, struct dir *parent, const char *name, struct dir **ret)
{
	size_t level = (size_t)(parent - s->nodes);
	uint32_t restore;
	int r = 0, fd;

	if (is_below(s, level, name)) {
		r = ensure_open(s, level + 1);
	} else {
		fd = open_any(parent->fd, name, &restore);
		r = fd < 0 ? fd : push(s, level, name, fd, restore);
	}
	*ret = &s->nodes[level + 1];
	return r;
}

int dirs_forget(struct dirs *s, const struct dir *parent, const char *name)
{
	size_t level = (size_t)(parent - s->nodes);

	if (is_below(s, level, name))
		cut(s, level);
	return s->error;
}

struct dir *dirs_root(struct dirs *s)
{
	return &s->nodes[0];
}

int dirs_leave(struct dirs *s, bool root)
{
	cut(s, 0);
	s->last_is_valid = false;
	if (root)
		leave_node(s, &s->nodes[0]);
	return s->error;
}

char *dirs_name(void *ctx, const struct dirs *s, const struct dir *d)
{
	char *name = talloc_strdup(ctx, "");

	for (size_t i = 1; name && i <= (size_t)(d - s->nodes); i++)
		name = talloc_asprintf_append(name, "%s%s", i > 1 ? "/" : "", s->nodes[i].name);
	return name;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int close_all(struct dirs *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->nodes[i].fd >= 0)
			close(s->nodes[i].fd);
	return 0;
}

static int open_root(struct dirs *s, const char *root)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = make_room(s);
	if (r < 0) {
		close(fd);
		return r;
	}
	s->nodes[0] = (struct dir){ .fd = -1, .name = (char *)"" };
	r = look_at(&s->nodes[0], fd);
	if (r < 0)
		close(fd);
	s->count = r == 0;
	s->open_count = r == 0;
	return r;
}

struct dirs *dirs_open(void *ctx, const char *root, const struct dirs_ops *ops, int *ret_error)
{
	struct dirs *s = talloc_zero(ctx, struct dirs);

	*ret_error = -ENOMEM;
	if (!s)
		return NULL;
	s->ops = *ops;
	talloc_set_destructor(s, close_all);
	*ret_error = open_root(s, root);
	if (*ret_error < 0) {
		talloc_free(s);
		return NULL;
	}
	return s;
}
