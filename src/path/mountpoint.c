// SPDX-License-Identifier: MIT
/*
 * From requests to a view, in three passes: sources and the root; destinations, canonical in the
 * view so far, shallow ones first; then, with all entries known, what each destination lacks below.
 */
#include "path/mountpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "path/canon.h"
#include "path/fsops.h"
#include "path/procname.h"

/* Rounds of ".." behind something missing: see canonical_guest. */
#define ROUNDS 8

/* A request on its way to an entry. */
struct mount {
	const struct bind_request *request;
	size_t number; /* its place among the requests */
	char *text;    /* the destination from the guest's root, as asked for */
	char *host;    /* NULL: skipped */
	enum fs_kind kind;
	unsigned depth; /* components of text */
};

struct builder {
	const struct mount_config *c;
	struct fail *f;
	struct view *view;
	size_t *numbers; /* of view->binds: the request each came from */
	struct mount *mounts;
	size_t count;
	struct canon w;
};

static int no_memory(struct fail *f)
{
	return fail_set(f, "no memory for the binds");
}

/* ---- entries --------------------------------------------------------------- */

/* Sorts the entry in, for one at the same name. Takes the strings, children of b or NULL. */
static int put_entry(struct builder *b, char *guest, char *host, unsigned flags, size_t number)
{
	struct view *v = b->view;
	size_t i = 0;

	if (!guest || !host)
		return no_memory(b->f);
	while (i < v->count && strcmp(v->binds[i].guest.s, guest) < 0)
		i++;
	if (i == v->count || strcmp(v->binds[i].guest.s, guest) != 0) {
		v->binds = talloc_realloc(v, v->binds, struct bind, v->count + 1);
		b->numbers = talloc_realloc(b, b->numbers, size_t, v->count + 1);
		if (!v->binds || !b->numbers)
			return no_memory(b->f);
		memmove(v->binds + i + 1, v->binds + i, (v->count - i) * sizeof(*v->binds));
		memmove(b->numbers + i + 1, b->numbers + i, (v->count - i) * sizeof(*b->numbers));
		v->count++;
	} else if (b->numbers[i] > number) {
		return 0; /* the later request holds */
	}
	v->binds[i] = (struct bind){
		.guest = GPATH(talloc_steal(v->binds, guest)),
		.host = HPATH(talloc_steal(v->binds, host)),
		.guest_len = strlen(guest),
		.host_len = strlen(host),
		.flags = flags,
	};
	b->numbers[i] = number;
	return 0;
}

/* ---- sources --------------------------------------------------------------- */

/* The host as one view, so that the walk serves for its names, too. */
static struct bind host_root = {
	.guest = { "/" }, .guest_len = 1, .host = { "/" }, .host_len = 1
};
static struct view host_view = { .binds = &host_root, .count = 1 };

static int walk(struct builder *b, struct view *v, const char *base, const char *name,
		enum canon_last last)
{
	b->w.view = v;
	b->w.ops = b->c->ops;
	b->w.ctx = b->c->ops_ctx;
	return canon_walk(&b->w, (struct canon_base){ .guest = GPATH(base) }, name, last);
}

/* Is it a name that another process would find elsewhere? */
static bool is_our_own(const char *host)
{
	return proc_parse(HPATH(host)).pid == getpid();
}

/*
 * "/proc/<our pid>/x" -> "/proc/self/x", which the kernel reads anew for every guest process;
 * NULL where it is not of that form.
 */
static char *name_by_self(void *ctx, const char *host)
{
	struct procname n = proc_parse(HPATH(host));
	const char *rest;
	char own[64];

	if (n.pid != getpid())
		return NULL;
	snprintf(own, sizeof(own), "/proc/%d/task/%d", n.pid, n.tid);
	rest = n.tid ? path_under(host, own) : NULL;
	if (rest && rest[0])
		return talloc_asprintf(ctx, "/proc/thread-self%s", rest);
	snprintf(own, sizeof(own), "/proc/%d", n.pid);
	rest = path_under(host, own);
	return rest && rest[0] ? talloc_asprintf(ctx, "/proc/self%s", rest) : NULL;
}

/* The same where magic links lead on: frozen to where that is now. */
static int resolve_magic(struct builder *b, const char *name)
{
	char *real = realpath(name, NULL);
	int r = real ? pathbuf_set(&b->w.host, real) : -errno;

	free(real);
	return r;
}

/* Walks a host name; b->w.host is where it leads to. 0 or -errno. */
static int walk_host(struct builder *b, const char *name)
{
	char *cwd = realpath(".", NULL);
	int r = cwd || name[0] == '/' ? 0 : -errno;

	if (r == 0)
		r = walk(b, &host_view, cwd ? cwd : "/", name, CANON_FOLLOW);
	free(cwd);
	if (r == -EACCES)
		return resolve_magic(b, name); /* /proc/<pid>/root */
	if (r < 0)
		return r;
	if (b->w.flags & (CANON_MAGIC | CANON_OUTSIDE))
		return is_our_own(b->w.host.s) && proc_magic(HPATH(b->w.host.s)) == PROC_FD
			       ? 0
			       : resolve_magic(b, name);
	if (b->w.flags & CANON_ERROR)
		return b->w.error;
	return b->w.flags & CANON_MISSING ? -ENOENT : 0;
}

/* The canonical name that a host name leads to, and what is there. 0 or -errno. */
static int resolve_host(struct builder *b, const char *name, char **ret, enum fs_kind *ret_kind)
{
	int r = walk_host(b, name);

	if (r == 0)
		r = b->c->ops->kind(b->c->ops_ctx, HPATH(b->w.host.s));
	if (r < 0)
		return r;
	*ret_kind = r;
	if (b->w.host.len > 1 && b->w.host.s[b->w.host.len - 1] == '/')
		pathbuf_truncate(&b->w.host, b->w.host.len - 1);
	*ret = name_by_self(b, b->w.host.s);
	if (!*ret)
		*ret = talloc_strdup(b, b->w.host.s);
	return *ret ? 0 : -ENOMEM;
}

static int put_rootfs(struct builder *b)
{
	const char *name = b->c->rootfs;
	enum fs_kind kind;
	char *host;
	int r = resolve_host(b, name, &host, &kind);

	if (r < 0)
		return fail_set(b->f, "rootfs '%s': %s: name the directory that holds the guest",
				name, strerror(-r));
	if (kind != FS_DIR)
		return fail_set(b->f, "rootfs '%s': Not a directory: unpack it, and name where to",
				name);
	return put_entry(b, talloc_strdup(b, "/"), host, 0, 0);
}

/* ---- destinations ---------------------------------------------------------- */

/* The destination as a text from the guest's root. */
static char *destination(struct builder *b, const struct bind_request *q)
{
	const char *base = b->c->cwd ? b->c->cwd : "/";
	const char *name = q->guest ? q->guest : q->host;
	char *cwd, *text;

	if (name[0] == '/')
		return talloc_strdup(b, name);
	if (q->guest)
		return talloc_asprintf(b, "%s/%s", base, name);
	cwd = realpath(".", NULL); /* the same name as on the host */
	text = talloc_asprintf(b, "%s/%s", cwd ? cwd : "", name);
	free(cwd);
	return text;
}

static unsigned count_components(const char *s)
{
	unsigned n = 0;

	while (*(s += strspn(s, "/"))) {
		size_t len = strcspn(s, "/");

		if (!(len == 1 && *s == '.'))
			n++;
		s += len;
	}
	return n;
}

static int read_request(struct builder *b, const struct bind_request *q, size_t number)
{
	struct mount *m = &b->mounts[b->count];
	int r;

	*m = (struct mount){ .request = q, .number = number };
	r = resolve_host(b, q->host, &m->host, &m->kind);
	if (r < 0 && q->optional)
		return 0;
	if (r < 0)
		return fail_set(b->f,
				"cannot bind '%s': %s: correct the name, or let it be skipped: "
				"'%s:%s:optional'",
				q->host, strerror(-r), q->host, q->guest ? q->guest : "");
	m->text = destination(b, q);
	if (!m->text)
		return no_memory(b->f);
	m->depth = count_components(m->text);
	b->count++;
	return 0;
}

static int by_depth(const void *a, const void *b)
{
	const struct mount *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/*
 * Appends what the walk left undone behind something missing to its guest name, dots by text.
 * 1 if there was a "..": the name may then lead over links again.
 */
static int append_missing(struct canon *w)
{
	const char *s = w->todo.s + w->at;
	int up = 0;

	while (*(s += strspn(s, "/"))) {
		size_t len = strcspn(s, "/");

		if (len == 2 && memcmp(s, "..", 2) == 0) {
			pathbuf_pop(&w->guest);
			up = 1;
		} else if (!(len == 1 && *s == '.') && pathbuf_push(&w->guest, s, len) < 0) {
			return -ENAMETOOLONG;
		}
		s += len;
	}
	return up;
}

/* The canonical guest name of a destination, in b->w.guest; 0 or -errno. */
static int canonical_guest(struct builder *b, const struct mount *m)
{
	enum canon_last last = m->request->no_follow ? CANON_NOFOLLOW : CANON_FOLLOW;
	const char *text = m->text;
	struct pathbuf again;

	for (int i = 0; i < ROUNDS; i++) {
		int r = walk(b, b->view, "/", text, last);

		if (r < 0)
			return r;
		if (last == CANON_FOLLOW &&
		    (b->w.flags & (CANON_MAGIC | CANON_OUTSIDE) || is_our_own(b->w.host.s))) {
			last = CANON_NOFOLLOW;
			continue;
		}
		if (b->w.flags & CANON_OUTSIDE)
			return -ENOENT;
		if (!(b->w.flags & CANON_ERROR))
			return 0;
		if (b->w.error != -ENOENT)
			return b->w.error;
		r = append_missing(&b->w);
		if (r <= 0)
			return r;
		pathbuf_set_n(&again, b->w.guest.s, b->w.guest.len);
		text = again.s;
	}
	return -ELOOP;
}

static int put_mount(struct builder *b, const struct mount *m)
{
	const struct bind_request *q = m->request;
	unsigned flags = (q->read_only ? BIND_RO : 0) | (q->noexec ? BIND_NOEXEC : 0) |
			 (q->read_only || q->noexec ? BIND_LOCKED : 0) |
			 (m->kind != FS_DIR ? BIND_FILE : 0);
	int r = canonical_guest(b, m);

	if (r < 0)
		return fail_set(b->f, "cannot bind '%s' to '%s': %s: choose another destination",
				q->host, m->text, strerror(-r));
	if (b->w.guest.len == 1 && m->kind != FS_DIR)
		return fail_set(b->f, "cannot bind '%s' to '/': Not a directory", q->host);
	return put_entry(b, talloc_strdup(b, b->w.guest.s), m->host, flags, m->number);
}

/* ---- what destinations lack ------------------------------------------------ */

/* Makes the directory, or the empty file, unless there is something. */
static int make_entry(const char *name, enum fs_kind kind)
{
	int fd;

	if (kind == FS_DIR) {
		if (mkdir(name, 0755) < 0)
			return errno == EEXIST ? 0 : -errno;
		chmod(name, 0755); /* whatever our umask is */
		return 0;
	}
	fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Makes dir + rest: directories, but the last one a file if `leaf` is not a directory. */
static int make_skeleton(struct hpath dir, const char *rest, enum fs_kind leaf)
{
	struct pathbuf name;
	int r = pathbuf_set(&name, dir.s);

	while (r == 0 && *(rest += strspn(rest, "/"))) {
		size_t len = strcspn(rest, "/");

		r = pathbuf_push(&name, rest, len);
		rest += len;
		if (r == 0)
			r = make_entry(name.s, *rest ? FS_DIR : leaf);
	}
	return r;
}

/*
 * The length of the first directory or entry of `guest` that `below`, the entry that holds its
 * parent, lacks; 0: it has them all. -ENOTDIR: something else is in the way.
 */
static int first_missing(struct builder *b, const struct bind *below, struct gpath guest)
{
	size_t at = below->guest_len > 1 ? below->guest_len : 0;
	struct pathbuf host;
	int r = pathbuf_set(&host, below->host.s);

	if (r == 0 && (below->flags & BIND_FILE))
		r = -ENOTDIR;
	while (r == 0 && guest.s[at]) {
		size_t len = strcspn(guest.s + at + 1, "/");

		r = pathbuf_push(&host, guest.s + at + 1, len);
		if (r < 0)
			return r;
		at += 1 + len;
		r = b->c->ops->kind(b->c->ops_ctx, HPATH(host.s));
		if (r == -ENOENT)
			return at;
		if (r == FS_OTHER && guest.s[at])
			return -ENOTDIR;
		if (r < 0)
			return r == -EACCES ? 0 : r; /* may well be there */
		r = 0;
	}
	return r;
}

/* A made up directory at guest[0..len), and in it what leads to the destination. */
static int put_skeleton(struct builder *b, struct gpath guest, size_t len, enum fs_kind leaf)
{
	struct hpath dir = { b->c->session_dir };
	char *top = talloc_strndup(b, guest.s, len);
	char *host = talloc_asprintf(b, "%s/skel%s", dir.s, top);
	char *rest = talloc_asprintf(b, "/skel%s", guest.s);
	int r;

	if (!top || !host || !rest)
		return -ENOMEM;
	r = make_skeleton(dir, rest, leaf);
	if (r < 0)
		return r;
	r = put_entry(b, top, host, BIND_SKELETON | BIND_UNLISTED | BIND_RO, 0);
	return r < 0 ? -ENOMEM : 0;
}

/* Entry i, all shallower ones done: gives it what it lacks. */
static int place(struct builder *b, size_t i)
{
	struct bind *e = &b->view->binds[i];
	const char *slash = strrchr(e->guest.s, '/');
	const struct bind *below = view_holding(b->view, e->guest.s, slash - e->guest.s);
	enum fs_kind leaf = e->flags & BIND_FILE ? FS_OTHER : FS_DIR;
	int r = first_missing(b, below, e->guest);

	if (r <= 0)
		return r;
	if (below->flags & BIND_SKELETON)
		return make_skeleton(below->host, e->guest.s + below->guest_len, leaf);
	if (r < (int)e->guest_len && b->c->session_dir)
		return put_skeleton(b, e->guest, r, leaf);
	e->flags |= BIND_UNLISTED;
	return 0;
}

/* Parents sort before what is in them. An entry that got a skeleton comes up once more, in vain. */
static int place_all(struct builder *b)
{
	for (size_t i = 1; i < b->view->count; i++) {
		const struct bind *e = &b->view->binds[i];
		const char *guest = e->guest.s, *host = e->host.s;
		int r = place(b, i);

		if (r < 0)
			return fail_set(b->f,
					"cannot bind '%s' to '%s': %s: choose another destination",
					host, guest, strerror(-r));
	}
	return 0;
}

/* ---- all together ---------------------------------------------------------- */

static int build(struct builder *b)
{
	size_t n = b->c->bind_count;

	b->view = talloc_zero(b, struct view);
	b->mounts = talloc_array(b, struct mount, n + 1);
	if (!b->view || !b->mounts)
		return no_memory(b->f);
	if (put_rootfs(b) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (read_request(b, &b->c->binds[i], i + 1) < 0)
			return -1;
	qsort(b->mounts, b->count, sizeof(*b->mounts), by_depth);
	for (size_t i = 0; i < b->count; i++)
		if (put_mount(b, &b->mounts[i]) < 0)
			return -1;
	if (b->c->read_only)
		b->view->binds[0].flags |= BIND_RO | BIND_LOCKED;
	return place_all(b);
}

int mountpoint_build(void *ctx, const struct mount_config *c, struct view **ret, struct fail *f)
{
	struct builder *b = talloc_zero(ctx, struct builder);
	int r;

	if (!b)
		return no_memory(f);
	b->c = c;
	b->f = f;
	r = build(b);
	if (r == 0)
		*ret = talloc_steal(ctx, b->view);
	talloc_free(b);
	return r;
}
