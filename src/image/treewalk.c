// SPDX-License-Identifier: MIT
/*
 * One frame for each directory on the way, which has the names in it; where they are open is the
 * business of dirs.c.
 */
#include "image/treewalk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/quote.h"
#include "ident/store_host.h"
#include "image/dirs.h"

enum { LIST_BYTES = 65536, SHOWN_BYTES = 400, LINK_BYTES = 65536 };

struct frame {
	char *path;
	struct children c; /* children of it */
	size_t at;
};

struct tree {
	const struct treewalk_request *request;
	const struct treewalk_ops *ops;
	struct store *store;
	struct dirs *dirs;
	struct frame *frames;
	size_t count, room;
	char *list;
	struct fail *fail;
};

static int fail_at(struct tree *t, const char *path, int r)
{
	char shown[SHOWN_BYTES];

	if (r < 0 && !t->fail->text[0])
		fail_errno(t->fail, -r, "'%s'", quote_text(path, shown, sizeof(shown)));
	return r;
}

/* ---- one object ------------------------------------------------------------------------------ */

static ssize_t get_xattr(struct tree *t, const struct store_object *o, const char *name, void *buf,
			 size_t size)
{
	return store_keeps_xattr(name) ? store_getxattr(t->store, o, name, buf, size)
				       : host_getxattr(o->fd, name, buf, size);
}

static int add_xattr(struct tree *t, void *ctx, const struct store_object *o, const char *name,
		     struct fresh *f)
{
	ssize_t n = get_xattr(t, o, name, NULL, 0);
	struct fresh_xattr *list;
	char *value;

	if (n < 0)
		return n == -ENODATA ? 0 : (int)n;
	value = talloc_size(ctx, (size_t)n + 1);
	list = talloc_realloc(ctx, (struct fresh_xattr *)f->xattrs, struct fresh_xattr,
			      f->xattr_count + 1);
	if (!value || !list)
		return -ENOMEM;
	if (n > 0)
		n = get_xattr(t, o, name, value, (size_t)n);
	if (n < 0)
		return (int)n;
	f->xattrs = list;
	list[f->xattr_count++] = (struct fresh_xattr){ talloc_strdup(ctx, name), value, (size_t)n };
	return list[f->xattr_count - 1].name ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	const struct fresh_xattr *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int read_xattrs(struct tree *t, void *ctx, const struct store_object *o, struct fresh *f)
{
	ssize_t n = store_listxattr(t->store, o, t->list, LIST_BYTES);
	int r = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; r == 0 && i < n; i += (ssize_t)strlen(t->list + i) + 1)
		if (!fresh_drops_xattr(t->list + i))
			r = add_xattr(t, ctx, o, t->list + i, f);
	if (r == 0 && f->xattr_count > 1)
		qsort((void *)f->xattrs, f->xattr_count, sizeof(f->xattrs[0]), by_name);
	return r;
}

static int read_link(const struct store_object *o, struct treewalk_item *item)
{
	char *text;
	ssize_t n;

	if (!S_ISLNK(o->st->stx_mode))
		return 0;
	text = talloc_size(item->scratch, LINK_BYTES);
	n = text ? readlinkat(o->fd, "", text, LINK_BYTES - 1) : -1;
	if (n < 0)
		return text ? -errno : -ENOMEM;
	text[n] = '\0';
	item->link = text;
	return 0;
}

static int open_object(const struct treewalk_item *item, struct statx *ret)
{
	int fd = openat(item->dir, item->name, O_PATH | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = host_stat(fd, ret);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

/* A file that its own mode keeps from us is opened up meanwhile. */
static bool open_up(const struct treewalk_item *i, const struct store_object *o)
{
	uint32_t mode = o->st->stx_mode;

	return S_ISREG(mode) && !(mode & 0400) &&
	       faccessat(i->dir, i->name, R_OK, AT_EACCESS) < 0 &&
	       host_chmod(o->fd, (mode & 07777) | 0400) == 0;
}

static int tell_open(struct tree *t, struct treewalk_item *item, const struct store_object *o)
{
	int r;

	store_get(t->store, o, &item->a.fresh.owner);
	item->a.mtime = (struct timespec){ o->st->stx_mtime.tv_sec, o->st->stx_mtime.tv_nsec };
	r = read_xattrs(t, item->scratch, o, &item->a.fresh);
	if (r == 0)
		r = read_link(o, item);
	return r < 0 ? r : t->ops->item(t->ops->ctx, item);
}

/* Is it a directory to go into? 1, 0 or -errno. */
static int tell(struct tree *t, struct treewalk_item *item)
{
	struct statx st;
	struct store_object o = { .fd = open_object(item, &st), .st = &st,
				  .place = STORE_ROOTFS };
	bool opened;
	int r;

	if (o.fd < 0)
		return o.fd;
	item->st = &st;
	opened = open_up(item, &o);
	r = store_passes_over(t->store, &o) ? 1 : tell_open(t, item, &o);
	if (opened)
		host_chmod(o.fd, st.stx_mode & 07777);
	close(o.fd);
	return r < 0 ? r : r == 0 && S_ISDIR(st.stx_mode);
}

static int tell_named(struct tree *t, const char *path, int dir, const char *name)
{
	struct treewalk_item item = { .path = path, .dir = dir, .name = name,
				      .scratch = talloc_new(t) };
	int r = item.scratch ? tell(t, &item) : -ENOMEM;

	talloc_free(item.scratch);
	return fail_at(t, path, r);
}

/* ---- the tree -------------------------------------------------------------------------------- */

static bool is_without(const struct tree *t, const char *path)
{
	for (const char *const *w = t->request->without; w && *w; w++)
		if (strcmp(*w, path) == 0)
			return true;
	return false;
}

static char *join(void *ctx, const char *dir, const char *name)
{
	return talloc_asprintf(ctx, "%s%s%s", dir, *dir ? "/" : "", name);
}

static int drop_without(struct tree *t, struct frame *f)
{
	size_t kept = 0;

	for (size_t i = 0; t->request->without && i < f->c.count; i++) {
		char *path = join(f->path, f->path, f->c.names[i]);

		if (!path)
			return -ENOMEM;
		if (!is_without(t, path))
			f->c.names[kept++] = f->c.names[i];
		talloc_free(path);
	}
	if (t->request->without)
		f->c.count = kept;
	return 0;
}

/* Goes into the directory `path`. */
static int push(struct tree *t, const char *path)
{
	size_t room = t->room ? t->room * 2 : 32;
	struct frame *f;
	struct dir *d;
	int r;

	if (t->count == t->room) {
		f = talloc_realloc(t, t->frames, struct frame, room);
		if (!f)
			return -ENOMEM;
		t->frames = f;
		t->room = room;
	}
	f = &t->frames[t->count];
	*f = (struct frame){ .path = talloc_strdup(t, path) };
	r = f->path ? dirs_walk(t->dirs, path, false, &d) : -ENOMEM;
	if (r == 0)
		r = children_read(f->path, d->fd, &f->c);
	if (r == 0)
		r = drop_without(t, f);
	if (r == 0 && t->ops->listed)
		r = t->ops->listed(t->ops->ctx, path, &f->c);
	t->count += r == 0;
	return r;
}

/* The next name of the directory on top; it goes when it has no more. */
static int step(struct tree *t)
{
	struct frame *f = &t->frames[t->count - 1];
	struct dir *d;
	char *path;
	int r;

	if (f->at == f->c.count) {
		talloc_free(f->path);
		t->count--;
		return 0;
	}
	path = join(f->path, f->path, f->c.names[f->at]);
	r = path ? dirs_walk(t->dirs, f->path, false, &d) : -ENOMEM;
	if (r == 0)
		r = tell_named(t, path, d->fd, f->c.names[f->at++]);
	if (r > 0)
		r = push(t, path);
	return path ? fail_at(t, path, r) : r;
}

static int walk_all(struct tree *t)
{
	int r = tell_named(t, "", dirs_root(t->dirs)->fd, ".");

	if (r > 0)
		r = push(t, "");
	while (r == 0 && t->count)
		r = step(t);
	return r < 0 ? r : dirs_leave(t->dirs, true);
}

static int open_tree(struct tree *t, const char *rootfs)
{
	const struct store_config config = {
		.keeper = t->request->keeper, .rootfs = rootfs, .reads = true,
		.real = t->request->keeper != STORE_BY_RECORDS || store_is_real(rootfs),
	};
	const struct dirs_ops none = { .make = NULL };
	int r;

	t->list = talloc_size(t, LIST_BYTES);
	if (!t->list)
		return fail_errno(t->fail, ENOMEM, "'%s'", rootfs);
	t->store = store_open(t, &config, t->fail);
	if (!t->store)
		return -EINVAL;
	t->dirs = dirs_open(t, rootfs, &none, &r);
	return r < 0 ? fail_errno(t->fail, -r, "'%s'", rootfs) : 0;
}

int treewalk(const struct treewalk_request *request, const struct treewalk_ops *ops,
	     struct fail *fail)
{
	char *rootfs = realpath(request->rootfs, NULL);
	struct tree *t = talloc_zero(NULL, struct tree);
	int r;

	fail->text[0] = '\0';
	if (!rootfs || !t) {
		r = fail_errno(fail, t ? errno : ENOMEM, "'%s'", request->rootfs);
	} else {
		t->request = request;
		t->ops = ops;
		t->fail = fail;
		r = open_tree(t, rootfs);
		if (r == 0)
			r = fail_at(t, request->rootfs, walk_all(t));
	}
	talloc_free(t);
	free(rootfs);
	return r;
}
