// SPDX-License-Identifier: MIT
/*
 * Layers over each other, in memory: by the unpacker's rules, for links on the way, too.
 */
#include "image/listing.h"

#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "base/quote.h"
#include "image/dirs.h"
#include "image/entryname.h"

enum { SHOWN_BYTES = 400 };

/* The names are found by tables that talloc does not know. */
static int clear_children(struct listing_node *n)
{
	HASH_CLEAR(hh, n->children);
	return 0;
}

static struct listing_node *find_child(const struct listing_node *n, const char *name, size_t len)
{
	struct listing_node *c;

	HASH_FIND(hh, n->children, name, len, c);
	return c;
}

static struct listing_node *add_child(struct listing_node *parent, const char *name, size_t len)
{
	struct listing_node *n = talloc_zero(parent, struct listing_node);

	if (!n)
		return NULL;
	talloc_set_destructor(n, clear_children);
	n->name = talloc_strndup(n, name, len);
	n->owner.mode = S_IFDIR | 0755;
	n->parent = parent;
	if (!n->name) {
		talloc_free(n);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, parent->children, n->name, len, n);
	return n;
}

static void remove_node(struct listing_node *n)
{
	HASH_DEL(n->parent->children, n);
	talloc_free(n);
}

struct listing *listing_new(void *ctx)
{
	struct listing *l = talloc_zero(ctx, struct listing);

	if (!l)
		return NULL;
	l->root = talloc_zero(l, struct listing_node);
	if (!l->root) {
		talloc_free(l);
		return NULL;
	}
	talloc_set_destructor(l->root, clear_children);
	l->root->owner.mode = S_IFDIR | 0755;
	return l;
}

const struct listing_node *listing_find(const struct listing *l, const char *path)
{
	const struct listing_node *n = l->root;

	while (n && *path) {
		size_t len = strcspn(path, "/");

		n = find_child(n, path, len);
		path += len + (path[len] == '/');
	}
	return n;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 1099511628211u;
	return h;
}

/* In whatever order they come. */
uint64_t listing_hash_xattrs(const struct fresh *f)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < f->xattr_count; i++) {
		const struct fresh_xattr *x = &f->xattrs[i];

		sum += hash_bytes(hash_bytes(14695981039346656037u, x->name, strlen(x->name) + 1),
				  x->value, x->size);
	}
	return sum;
}

/* Some archives have whole seconds alone, and so do some file systems. */
static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec &&
	       (a->tv_nsec == b->tv_nsec || a->tv_nsec == 0 || b->tv_nsec == 0);
}

bool listing_is_same_time(const struct listing_node *n, const struct attributes *a)
{
	return is_same_time(&n->mtime, &a->mtime);
}

bool listing_is_same(const struct listing_node *n, const struct attributes *a, uint64_t size,
		     const char *link)
{
	const struct owner *o = &a->fresh.owner, *p = &n->owner;

	if (o->uid != p->uid || o->gid != p->gid || n->xattrs != listing_hash_xattrs(&a->fresh) ||
	    (o->mode & S_IFMT) != (p->mode & S_IFMT))
		return false;
	if (S_ISLNK(o->mode))
		return n->link && link && strcmp(n->link, link) == 0 &&
		       is_same_time(&n->mtime, &a->mtime);
	if (o->mode != p->mode || o->rdev_major != p->rdev_major || o->rdev_minor != p->rdev_minor)
		return false;
	if (S_ISDIR(o->mode))
		return true;
	return is_same_time(&n->mtime, &a->mtime) && (!S_ISREG(o->mode) || n->size == size);
}

/* ---- layers ---------------------------------------------------------------------------------- */

struct placing {
	struct listing *l;
	void *scratch;
	unsigned links;
};

/* Where `path` leads from n, made as it goes if `make`. NULL: nowhere. */
static struct listing_node *walk(struct placing *p, struct listing_node *n, const char *path,
				 bool make)
{
	while (n && *path) {
		size_t len = strcspn(path, "/");
		struct listing_node *c;

		if (len == 2 && memcmp(path, "..", 2) == 0) {
			n = n->parent ? n->parent : n;
		} else if (len && !(len == 1 && *path == '.')) {
			c = find_child(n, path, len);
			if (!c && make)
				c = add_child(n, path, len);
			if (c && make)
				c->layer = p->l->layers;
			while (c && S_ISLNK(c->owner.mode) && ++p->links <= DIRS_LINKS_MAX)
				c = walk(p, *c->link == '/' ? p->l->root : n, c->link, make);
			n = c;
		}
		path += len + (path[len] == '/');
	}
	return n && S_ISDIR(n->owner.mode) ? n : NULL;
}

/* What lower layers have made goes. Goes as deep as names may be: ENTRYNAME_MAX / 2. */
static void sweep(struct listing *l, struct listing_node *dir)
{
	struct listing_node *c, *next;

	HASH_ITER(hh, dir->children, c, next) {
		if (c->layer < l->layers)
			remove_node(c);
		else if (c->children)
			sweep(l, c);
	}
}

static void white_out(struct placing *p, const struct entryname *name)
{
	struct listing_node *dir = walk(p, p->l->root, name->parent, false), *n;
	const char *last = name->last + strlen(".wh.");

	n = dir ? find_child(dir, last, strlen(last)) : NULL;
	if (n && n->layer < p->l->layers)
		remove_node(n);
	else if (n)
		sweep(p->l, n);
}

static int fill(struct placing *p, struct listing_node *n, struct archive_entry *e)
{
	const char *link = archive_entry_symlink(e);
	struct attributes a;
	int r = attributes_read(p->scratch, e, &a);

	if (r < 0)
		return r;
	n->owner = a.fresh.owner;
	n->mtime = a.mtime;
	n->size = (uint64_t)archive_entry_size(e);
	n->xattrs = listing_hash_xattrs(&a.fresh);
	n->layer = p->l->layers;
	n->link = S_ISLNK(n->owner.mode) ? talloc_strdup(n, link ? link : "") : NULL;
	return S_ISLNK(n->owner.mode) && !n->link ? -ENOMEM : 0;
}

/* Another name is the same again. */
static int fill_from(struct placing *p, struct listing_node *n, const char *target)
{
	struct entryname name = { .room = 0 };
	struct listing_node *dir, *t;
	int r = entryname_parse(p->scratch, target, 0, &name);

	if (r < 0)
		return r;
	dir = walk(p, p->l->root, name.parent, false);
	t = dir ? find_child(dir, name.last, strlen(name.last)) : NULL;
	if (!t || t == n)
		return 0;
	n->owner = t->owner;
	n->mtime = t->mtime;
	n->size = t->size;
	n->xattrs = t->xattrs;
	n->layer = p->l->layers;
	n->link = t->link ? talloc_strdup(n, t->link) : NULL;
	return 0;
}

static int put(struct placing *p, const struct entryname *name, struct archive_entry *e)
{
	struct listing_node *dir = walk(p, p->l->root, name->parent, true), *n;
	const char *target = archive_entry_hardlink(e);

	if (!dir)
		return -ENOTDIR;
	if (!*name->last)
		return fill(p, p->l->root, e);
	n = find_child(dir, name->last, strlen(name->last));
	if (n && !(S_ISDIR(n->owner.mode) && archive_entry_filetype(e) == AE_IFDIR && !target)) {
		remove_node(n);
		n = NULL;
	}
	if (!n)
		n = add_child(dir, name->last, strlen(name->last));
	if (!n)
		return -ENOMEM;
	return target ? fill_from(p, n, target) : fill(p, n, e);
}

static int place(struct placing *p, struct archive_entry *e)
{
	struct entryname name = { .room = 0 };
	const char *text = archive_entry_pathname(e);
	struct listing_node *dir;
	int r = text ? entryname_parse(p->scratch, text, 0, &name) : -EBADMSG;

	if (r < 0)
		return r;
	switch (entryname_kind(&name)) {
	case ENTRYNAME_WHITEOUT: white_out(p, &name); return 0;
	case ENTRYNAME_OPAQUE:
		dir = walk(p, p->l->root, name.parent, false);
		if (dir)
			sweep(p->l, dir);
		return 0;
	case ENTRYNAME_NOTHING: return 0;
	case ENTRYNAME_BAD: return -EINVAL;
	default: return put(p, &name, e);
	}
}

static int add_entries(struct listing *l, struct tarball *t, struct fail *fail)
{
	struct archive_entry *e;
	char shown[SHOWN_BYTES];
	int r;

	while ((r = tarball_next(t, &e, fail)) > 0) {
		struct placing p = { .l = l, .scratch = talloc_new(t) };
		const char *name = archive_entry_pathname(e);

		r = p.scratch ? place(&p, e) : -ENOMEM;
		talloc_free(p.scratch);
		if (r < 0)
			return fail_errno(fail, -r, "'%s'",
					  quote_text(name ? name : "", shown, sizeof(shown)));
	}
	return r;
}

int listing_add_layer(struct listing *l, const struct source *src, struct fail *fail)
{
	struct tarball *t = tarball_open(l, src, TARBALL_ANY_RATIO, fail);
	int r;

	if (!t)
		return -EBADMSG;
	l->layers++;
	r = add_entries(l, t, fail);
	talloc_free(t);
	return r;
}
