// SPDX-License-Identifier: MIT
/*
 * One look at everything in the tree: what is not the same in both forms, and what the other form
 * could not hold. Nothing is changed; what is tried out are xattrs on a file without a name, a
 * device beside the tree, and taking an xattr away that is not there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/convert/convert.h"
#include "engine/engine.h"
#include "ident/acl.h"
#include "ident/store_host.h"

#define CAP_NAME   "security.capability"

struct scan {
	struct conversion *c;
	char **todo; /* directories, from the rootfs */
	size_t todo_count, seen;
	uint32_t dev_major, dev_minor;
};

static bool to_ids(const struct conversion *c)
{
	return c->request->to == CONVERT_TO_IDS;
}

/* ---- what the other form can hold ----------------------------------------------------------- */

static bool has_id(const struct id_ranges *m, uint32_t id)
{
	for (unsigned i = 0; i < m->count; i++)
		if (id - m->ranges[i].first < m->ranges[i].count)
			return true;
	return false;
}

/*
 * Ids without a number here look like 65534, which may be a number, too. To take away capabilities
 * needs CAP_SETFCAP over the inode (cap_inode_removexattr), which is asked before it is found that
 * there are none; so does setting those that there are.
 */
static int try_change(const struct store_object *o)
{
	char value[64];
	ssize_t n = host_getxattr(o->fd, CAP_NAME, value, sizeof(value));
	int r;

	if (n >= 0)
		return host_setxattr(o->fd, CAP_NAME, value, (size_t)n, XATTR_REPLACE);
	r = n == -ENODATA || n == -ENOTSUP ? host_removexattr(o->fd, CAP_NAME) : (int)n;
	return r == -ENODATA || r == -ENOTSUP ? 0 : r;
}

static int check_host(struct conversion *c, const char *name, const struct store_object *o)
{
	const struct statx *st = o->st;
	bool is_doubtful = st->stx_uid == c->overflow_uid || st->stx_gid == c->overflow_gid;
	int r;

	if (!is_doubtful || (r = try_change(o)) == 0)
		return 0;
	if (r == -EROFS)
		return r;
	return tell_problem(c, name, "belongs to somebody else on the host (%s): chown it first",
			    strerror(-r));
}

static int check_owner(struct conversion *c, const char *name, const struct owner *o)
{
	if (has_id(&c->uids, o->uid) && has_id(&c->gids, o->gid))
		return 0;
	return tell_problem(c, name, "is %u:%u's, which is not among the ids that %s", o->uid,
			    o->gid,
			    c->is_mapped ? "/etc/subuid and /etc/subgid give you" :
					   "this user namespace has");
}

/* A default list is tried as an access list: a directory without a name there is not. */
static int try_xattr(const struct conversion *c, const struct truth_xattr *x)
{
	bool is_default = strcmp(x->name, ACL_DEFAULT_XATTR) == 0;
	const char *name = is_default ? ACL_ACCESS_XATTR : x->name;
	int r;

	if (c->trial < 0)
		return 0;
	r = host_setxattr(c->trial, name, x->value, x->size, 0);
	host_removexattr(c->trial, name);
	return r;
}

static int check_xattr(struct conversion *c, const char *name, struct truth *t, unsigned i)
{
	struct truth_xattr *x = &t->xattrs[i];
	int r = try_xattr(c, x);

	if (r == 0)
		return 0;
	if (c->request->keep_records && S_ISREG(t->owner.mode)) {
		x->is_kept = t->is_kept = true;
		return 0;
	}
	return tell_problem(c, name, "its xattr %s cannot be set here: %s", x->name, strerror(-r));
}

/* CAP_MKNOD in the first user namespace, and no cgroup that forbids it: tried, beside the tree. */
static bool makes_nodes(struct conversion *c)
{
	if (c->makes_nodes < 0) {
		unlink(c->list.trial);
		c->makes_nodes = mknod(c->list.trial, S_IFCHR | 0600, makedev(1, 3)) == 0;
		unlink(c->list.trial);
	}
	return c->makes_nodes > 0;
}

/* A file with something in it is not taken away. */
static int check_device(struct conversion *c, const char *name, const struct store_object *o,
			struct truth *t)
{
	if (!truth_is_device(t))
		return 0;
	if (makes_nodes(c) && S_ISREG(o->st->stx_mode) && o->st->stx_size > 0)
		return tell_problem(c, name,
				    "stands for a device, but something was written to it");
	if (makes_nodes(c))
		return 0;
	t->is_kept = true;
	if (c->request->keep_records)
		return 0;
	return tell_problem(c, name, "is a device (%u:%u), which %s", t->owner.rdev_major,
			    t->owner.rdev_minor,
			    c->is_mapped ? "a user namespace cannot make" : "cannot be made here");
}

static int check_truth(struct conversion *c, const char *name, const struct store_object *o,
		       struct truth *t)
{
	int r = to_ids(c) ? check_owner(c, name, &t->owner) : 0;

	if (r == 0 && to_ids(c))
		r = check_device(c, name, o, t);
	for (unsigned i = 0; r == 0 && to_ids(c) && i < t->xattr_count; i++)
		r = check_xattr(c, name, t, i);
	return r;
}

/* ---- one object ----------------------------------------------------------------------------- */

static int add_object(struct conversion *c, int dir, const char *name,
		      const struct store_object *o, bool always);

/* The directory of a device, which records will note: going back it is to lose the note. */
static int add_parent(struct conversion *c, int dir, const char *name)
{
	const char *slash = strrchr(name, '/');
	char *parent = slash ? talloc_strndup(c->ctx, name, (size_t)(slash - name))
			     : talloc_strdup(c->ctx, ".");
	struct store_object o;
	struct statx st;
	int r = parent ? open_object(dir, ".", &o, &st) : -ENOMEM;

	if (r == 0) {
		r = add_object(c, -1, parent, &o, true);
		close(o.fd);
	}
	talloc_free(parent);
	return r;
}

static int note_time(int dir, struct entry *e)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return -errno;
	e->dir_mtime = st.st_mtim;
	return 0;
}

/* To the list, if the forms differ, or always. */
static int add_object(struct conversion *c, int dir, const char *name,
		      const struct store_object *o, bool always)
{
	struct entry e = { .name = (char *)name, .ino = o->st->stx_ino };
	struct truth *t = &e.truth;
	bool changes;
	int r = truth_read(c->ctx, c->store, o, t, &changes);

	if (r < 0)
		return tell_problem(c, name, "its xattrs cannot be read: %s", strerror(-r));
	if (!changes && !always)
		return 0;
	r = check_truth(c, name, o, t);
	if (r == 0 && truth_is_device(t))
		r = note_time(dir, &e);
	if (r == 0 && truth_is_device(t) && !to_ids(c))
		r = add_parent(c, dir, name);
	return r == 0 ? list_add(c->ctx, &c->list, &e) : r;
}

/* ---- the tree ------------------------------------------------------------------------------- */

static int push(struct scan *s, const char *name)
{
	char **todo = talloc_realloc(s->c->ctx, s->todo, char *, s->todo_count + 1);

	if (!todo)
		return -ENOMEM;
	s->todo = todo;
	todo[s->todo_count] = talloc_strdup(todo, name);
	return todo[s->todo_count++] ? 0 : -ENOMEM;
}

static int scan_object(struct scan *s, int dir, const char *base, const char *name)
{
	struct store_object o;
	struct statx st;
	int r = open_object(dir, base, &o, &st);

	if (r < 0)
		return r == -ENOENT ? 0 : tell_problem(s->c, name, "%s", strerror(-r));
	if (strcmp(base, CONVERT_TEMPORARY) == 0) {
		close(o.fd);
		return tell_problem(s->c, name, "has a name that pr convert needs: rename it");
	}
	tell_progress("looked at", s->seen++, SIZE_MAX);
	if (st.stx_dev_major != s->dev_major || st.stx_dev_minor != s->dev_minor) {
		r = tell_problem(s->c, name, "is a mount: unmount it first");
	} else {
		r = check_host(s->c, name, &o);
		if (r == 0)
			r = add_object(s->c, dir, name, &o, strcmp(name, ".") == 0);
		if (r == 0 && S_ISDIR(st.stx_mode) && strcmp(name, ".") != 0)
			r = push(s, name);
	}
	close(o.fd);
	return r;
}

static int scan_entries(struct scan *s, DIR *d, const char *dir)
{
	struct dirent *e;
	int r = 0;

	while (r == 0 && (e = readdir(d))) {
		char *name;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		name = *dir ? talloc_asprintf(s->c->ctx, "%s/%s", dir, e->d_name)
			    : talloc_strdup(s->c->ctx, e->d_name);
		r = name ? scan_object(s, dirfd(d), e->d_name, name) : -ENOMEM;
		talloc_free(name);
	}
	return r;
}

static int open_directory(const struct conversion *c, const char *dir)
{
	struct place p;
	int r = open_place(c, *dir ? dir : ".", &p), fd;

	if (r < 0)
		return r;
	fd = openat(p.dir, p.base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : fd;
	close(p.dir);
	return r;
}

static int scan_directory(struct scan *s, const char *dir)
{
	int fd = open_directory(s->c, dir), r;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return tell_problem(s->c, *dir ? dir : ".", "cannot be read: %s",
				    strerror(fd < 0 ? -fd : errno));
	}
	r = scan_entries(s, d, dir);
	closedir(d);
	return r;
}

int scan_tree(struct conversion *c)
{
	struct scan s = { .c = c };
	struct statx st;
	int r = host_stat(c->root, &st);

	s.dev_major = st.stx_dev_major;
	s.dev_minor = st.stx_dev_minor;
	c->makes_nodes = c->is_mapped || c->request->dry_run ? !c->is_mapped : -1;
	c->trial = openat(c->root, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (r == 0)
		r = scan_object(&s, c->root, ".", ".");
	if (r == 0)
		r = push(&s, "");
	while (r == 0 && s.todo_count) {
		char *dir = s.todo[--s.todo_count];

		r = scan_directory(&s, dir);
		talloc_free(dir);
	}
	tell_progress("", 0, 0);
	talloc_free(s.todo);
	if (c->trial >= 0)
		close(c->trial);
	return r;
}
