// SPDX-License-Identifier: MIT
/*
 * The tree's items as entries of a PAX archive. A file of several names has its data with the first
 * that is written; the others say which that was. In a layer a name that has not changed is written
 * all the same, if another one of its file has: else it would go on as a file of its own.
 */
#include "image/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "base/fd.h"
#include "base/progress.h"
#include "base/quote.h"
#include "image/listing.h"
#include "image/treewalk.h"

enum { DATA_BYTES = 256 << 10, SHOWN_BYTES = 400 };

/* A file that has more names than one, by its inode. */
struct many_named {
	UT_hash_handle hh;
	uint64_t ino;
	bool written; /* into this archive */
	char path[];
};

struct pack {
	const struct pack_options *options;
	const struct sink *sink;
	int sink_error;
	struct archive *tar;
	struct many_named *links;
	char *data, *zeros;
	uint64_t bytes;
	struct fail *fail;
};

/* ---- the writer ------------------------------------------------------------------------------ */

static int write_fd(void *ctx, const void *bytes, size_t size)
{
	const int *fd = ctx;

	return fd_write(*fd, bytes, size);
}

struct sink sink_of_fd(const int *fd)
{
	return (struct sink){ .write = write_fd, .ctx = (void *)fd };
}

static ssize_t write_sink(struct archive *a, void *ctx, const void *bytes, size_t size)
{
	struct pack *p = ctx;
	int r = p->sink->write(p->sink->ctx, bytes, size);

	if (r == 0)
		return (ssize_t)size;
	p->sink_error = r;
	archive_set_error(a, -r, "%s", strerror(-r));
	return -1;
}

/* libarchive's own complaint, about this name. */
static int writer_failure(struct pack *p, const char *path)
{
	char shown[SHOWN_BYTES];
	const char *why = archive_error_string(p->tar);

	quote_text(path, shown, sizeof(shown));
	if (p->sink_error)
		return fail_errno(p->fail, -p->sink_error, "the %s cannot be written",
				  p->options->is_layer ? "layer" : "archive");
	fail_set(p->fail, "'%s': %s", shown, why ? why : "cannot be put into an archive");
	return -EINVAL;
}

static int open_writer(struct pack *p)
{
	p->tar = archive_write_new();
	if (!p->tar)
		return -ENOMEM;
	archive_write_set_format_pax(p->tar);
	archive_write_set_format_option(p->tar, "pax", "xattrheader", "SCHILY");
	archive_write_set_bytes_per_block(p->tar, DATA_BYTES);
	archive_write_set_bytes_in_last_block(p->tar, 1);
	if (archive_write_open(p->tar, p, NULL, write_sink, NULL) < ARCHIVE_WARN)
		return -ENOMEM;
	return 0;
}

static int put_header(struct pack *p, struct archive_entry *e, const char *path)
{
	return archive_write_header(p->tar, e) < ARCHIVE_WARN ? writer_failure(p, path) : 0;
}

/* ---- data ------------------------------------------------------------------------------------ */

static int put_bytes(struct pack *p, const char *path, const char *bytes, size_t n)
{
	if (archive_write_data(p->tar, bytes, n) < 0)
		return writer_failure(p, path);
	p->bytes += n;
	progress_tell(p->options->progress, p->bytes, 0);
	return 0;
}

static int put_hole(struct pack *p, const char *path, uint64_t n)
{
	int r = 0;

	while (r == 0 && n) {
		size_t part = n < DATA_BYTES ? (size_t)n : DATA_BYTES;

		r = put_bytes(p, path, p->zeros, part);
		n -= part;
	}
	return r;
}

/* A file that shrinks while it is read: the header has said how long it is. */
static int put_data(struct pack *p, const char *path, int fd, uint64_t at, uint64_t end)
{
	int r = 0;

	while (r == 0 && at < end) {
		size_t part = end - at < DATA_BYTES ? (size_t)(end - at) : DATA_BYTES;
		ssize_t n = pread(fd, p->data, part, (off_t)at);

		if (n < 0)
			return fail_errno(p->fail, errno, "'%s'", path);
		if (n == 0)
			return put_hole(p, path, end - at);
		r = put_bytes(p, path, p->data, (size_t)n);
		at += (uint64_t)n;
	}
	return r;
}

/* Where data begins at or behind `at`, and where it ends; at `size`, if there is no more. */
static void find_data(int fd, uint64_t at, uint64_t size, uint64_t *ret_begin, uint64_t *ret_end)
{
	off_t begin = lseek(fd, (off_t)at, SEEK_DATA), end;

	*ret_begin = begin < 0 ? (errno == ENXIO ? size : at) : (uint64_t)begin;
	end = begin < 0 ? -1 : lseek(fd, begin, SEEK_HOLE);
	*ret_end = end < 0 ? size : (uint64_t)end;
	if (*ret_begin > size)
		*ret_begin = size;
	if (*ret_end > size)
		*ret_end = size;
}

static void list_holes(struct archive_entry *e, int fd, const struct statx *st)
{
	uint64_t at = 0, begin, end, size = st->stx_size;

	if (st->stx_blocks * 512 >= size)
		return;
	while (at < size) {
		find_data(fd, at, size, &begin, &end);
		if (begin >= size && at > 0)
			return;
		/* Nothing but a hole is a piece of data without length. */
		archive_entry_sparse_add_entry(e, (la_int64_t)(begin < size ? begin : 0),
					       (la_int64_t)(end - begin));
		at = end > at ? end : size;
	}
}

static int put_file(struct pack *p, const char *path, int fd, const struct statx *st)
{
	uint64_t at = 0, begin, end, size = st->stx_size;
	int r = 0;

	while (r == 0 && at < size) {
		if (st->stx_blocks * 512 < size) {
			find_data(fd, at, size, &begin, &end);
		} else {
			begin = at;
			end = size;
		}
		r = put_hole(p, path, begin - at);
		if (r == 0)
			r = put_data(p, path, fd, begin, end);
		at = end > at ? end : size;
	}
	return r;
}

/* ---- entries --------------------------------------------------------------------------------- */

static struct archive_entry *new_entry(const struct treewalk_item *i)
{
	struct archive_entry *e = archive_entry_new();

	if (!e)
		return NULL;
	attributes_write(e, &i->a);
	archive_entry_copy_pathname(e, *i->path ? i->path : "./");
	return e;
}

static int put_regular(struct pack *p, const struct treewalk_item *i, struct archive_entry *e)
{
	int fd = openat(i->dir, i->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	archive_entry_set_size(e, (la_int64_t)i->st->stx_size);
	if (!p->options->is_layer)
		list_holes(e, fd, i->st);
	r = put_header(p, e, i->path);
	if (r == 0)
		r = put_file(p, i->path, fd, i->st);
	close(fd);
	return r;
}

static int put_item(struct pack *p, const struct treewalk_item *i, const char *other_name)
{
	uint32_t mode = i->a.fresh.owner.mode;
	struct archive_entry *e = new_entry(i);
	int r;

	if (!e)
		return -ENOMEM;
	if (other_name) {
		archive_entry_copy_hardlink(e, other_name);
		r = put_header(p, e, i->path);
	} else if (S_ISREG(mode)) {
		r = put_regular(p, i, e);
	} else {
		if (S_ISLNK(mode))
			archive_entry_copy_symlink(e, i->link);
		r = put_header(p, e, i->path);
	}
	archive_entry_free(e);
	return r;
}

/* Who reads the layer would take it for a word about another name. */
static int check_name(struct pack *p, const struct treewalk_item *i)
{
	char shown[SHOWN_BYTES];

	if (!p->options->is_layer || strncmp(i->name, ".wh.", 4) != 0)
		return 0;
	quote_text(i->path, shown, sizeof(shown));
	fail_set(p->fail, "'%s': no image can hold a name that begins with .wh.", shown);
	return -EINVAL;
}

/* Of a file with several names: what is known, or a new one. NULL: no memory. */
static struct many_named *find_names(struct pack *p, const struct treewalk_item *i)
{
	uint64_t ino = i->st->stx_ino;
	size_t len = strlen(i->path) + 1;
	struct many_named *m;

	HASH_FIND(hh, p->links, &ino, sizeof(ino), m);
	if (m)
		return m;
	m = talloc_zero_size(p, sizeof(*m) + len);
	if (!m)
		return NULL;
	m->ino = ino;
	memcpy(m->path, i->path, len);
	HASH_ADD(hh, p->links, ino, sizeof(m->ino), m);
	return m;
}

/* ---- what has changed ------------------------------------------------------------------------ */

static bool is_listed(const struct pack *p, const struct treewalk_item *i)
{
	const struct listing_node *n = p->options->base ? listing_find(p->options->base, i->path)
							: NULL;

	/* Of a directory whose names have changed, the time goes along. */
	return n && listing_is_same(n, &i->a, i->st->stx_size, i->link) &&
	       listing_is_same_time(n, &i->a);
}

static int pack_item(void *ctx, const struct treewalk_item *i)
{
	uint32_t mode = i->a.fresh.owner.mode;
	bool changed = !is_listed(ctx, i), is_new = true;
	struct pack *p = ctx;
	struct many_named *m = NULL;
	int r;

	if (S_ISSOCK(mode))
		return 0;
	if (i->st->stx_nlink > 1 && !S_ISDIR(mode)) {
		m = find_names(p, i);
		if (!m)
			return -ENOMEM;
		is_new = strcmp(m->path, i->path) == 0;
	}
	if (!changed && !(m && m->written))
		return 0;
	r = check_name(p, i);
	if (r == 0)
		r = put_item(p, i, m && !is_new ? m->path : NULL);
	if (m)
		m->written = true;
	return r;
}

static int put_whiteout(struct pack *p, const char *dir, const char *name)
{
	struct archive_entry *e = archive_entry_new();
	char *path = talloc_asprintf(p, "%s%s.wh.%s", dir, *dir ? "/" : "", name);
	int r = -ENOMEM;

	if (e && path) {
		archive_entry_copy_pathname(e, path);
		archive_entry_set_mode(e, S_IFREG | 0644);
		archive_entry_set_size(e, 0);
		archive_entry_set_mtime(e, 0, 0);
		r = put_header(p, e, path);
	}
	archive_entry_free(e);
	talloc_free(path);
	return r;
}

static bool is_without(const struct pack_options *o, const char *dir, const char *name)
{
	size_t n = strlen(dir);

	for (const char *const *w = o->without; w && *w; w++)
		if (strncmp(*w, dir, n) == 0 && (n == 0 || (*w)[n] == '/') &&
		    strcmp(*w + n + (n > 0), name) == 0)
			return true;
	return false;
}

static bool has_name(const struct children *c, const char *name)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(name, c->names[mid]);

		if (order == 0)
			return true;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

static int by_name(struct listing_node *a, struct listing_node *b)
{
	return strcmp(a->name, b->name);
}

/* What the listing has in the directory, and it has no more. */
static int each_gone(const struct pack_options *o, const char *path, const struct children *c,
		     int (*tell)(void *ctx, const char *path, const char *name), void *ctx)
{
	struct listing_node *n = o->base ? (struct listing_node *)listing_find(o->base, path)
					 : NULL, *child;
	int r = 0;

	if (!n || !n->children)
		return 0;
	HASH_SORT(n->children, by_name);
	for (child = n->children; r == 0 && child; child = child->hh.next)
		if (!has_name(c, child->name) && !is_without(o, path, child->name))
			r = tell(ctx, path, child->name);
	return r;
}

static int tell_whiteout(void *ctx, const char *path, const char *name)
{
	return put_whiteout(ctx, path, name);
}

static int pack_listed(void *ctx, const char *path, const struct children *c)
{
	const struct pack *p = ctx;

	return each_gone(p->options, path, c, tell_whiteout, ctx);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int end_pack(struct pack *p)
{
	HASH_CLEAR(hh, p->links);
	if (p->tar)
		archive_write_free(p->tar);
	return 0;
}

static struct treewalk_request request_of(const char *rootfs, const struct pack_options *o)
{
	return (struct treewalk_request){ .rootfs = rootfs, .keeper = o->keeper,
					  .without = o->without };
}

static int close_writer(struct pack *p, const char *rootfs)
{
	return archive_write_close(p->tar) < ARCHIVE_WARN ? writer_failure(p, rootfs) : 0;
}

int pack_tree(const char *rootfs, const struct pack_options *options, const struct sink *sink,
	      struct fail *fail)
{
	const struct treewalk_request request = request_of(rootfs, options);
	struct treewalk_ops ops = { .item = pack_item, .listed = pack_listed };
	struct pack *p = talloc_zero(NULL, struct pack);
	int r;

	if (!p)
		return fail_errno(fail, ENOMEM, "'%s'", rootfs);
	*p = (struct pack){ .options = options, .sink = sink, .fail = fail };
	talloc_set_destructor(p, end_pack);
	p->data = talloc_size(p, DATA_BYTES);
	p->zeros = talloc_zero_size(p, DATA_BYTES);
	r = p->data && p->zeros ? open_writer(p) : -ENOMEM;
	ops.ctx = p;
	if (r < 0)
		fail_errno(fail, -r, "'%s'", rootfs);
	else
		r = treewalk(&request, &ops, fail);
	if (r == 0)
		r = close_writer(p, rootfs);
	talloc_free(p);
	return r;
}

/* ---- comparing ------------------------------------------------------------------------------- */

struct comparison {
	const struct pack_options *options;
	void (*tell)(void *ctx, enum listing_change change, const char *name);
	void *ctx;
};

static int compare_item(void *ctx, const struct treewalk_item *i)
{
	const struct comparison *c = ctx;
	const struct listing_node *n = listing_find(c->options->base, i->path);

	if (!n)
		c->tell(c->ctx, LISTING_ADDED, i->path);
	else if (!listing_is_same(n, &i->a, i->st->stx_size, i->link))
		c->tell(c->ctx, LISTING_CHANGED, i->path);
	return 0;
}

static int tell_gone(void *ctx, const char *path, const char *name)
{
	const struct comparison *c = ctx;
	char *whole = talloc_asprintf(NULL, "%s%s%s", path, *path ? "/" : "", name);

	if (!whole)
		return -ENOMEM;
	c->tell(c->ctx, LISTING_GONE, whole);
	talloc_free(whole);
	return 0;
}

static int compare_listed(void *ctx, const char *path, const struct children *c)
{
	const struct comparison *cmp = ctx;

	return each_gone(cmp->options, path, c, tell_gone, ctx);
}

int listing_compare(const char *rootfs, const struct pack_options *options,
		    void (*tell)(void *ctx, enum listing_change change, const char *name),
		    void *ctx, struct fail *fail)
{
	struct comparison c = { options, tell, ctx };
	const struct treewalk_ops ops = { compare_item, compare_listed, &c };
	const struct treewalk_request request = request_of(rootfs, options);

	return treewalk(&request, &ops, fail);
}
