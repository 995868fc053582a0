// SPDX-License-Identifier: MIT
/*
 * The store of a rootfs: opening it, and what is told of an object.
 */
#include "ident/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/record.h"
#include "ident/store_host.h"
#include "ident/store_impl.h"

enum { NOBODY = 65534 };

static const char *const mark_words[] = {
	[MARK_RECORDS] = "records", [MARK_REAL] = "real", [MARK_MAPPED] = "mapped",
	[MARK_CONVERTING] = "converting",
};

#define MODE_BITS 07777u

bool store_owns(const struct store *s, const struct statx *st)
{
	return s->owns_all || st->stx_uid == s->euid;
}

bool store_is_marked(const struct statx *st)
{
	return (st->stx_mode & S_ISVTX) && !S_ISLNK(st->stx_mode);
}

bool store_can_carry(const struct statx *st)
{
	return S_ISREG(st->stx_mode) || S_ISDIR(st->stx_mode);
}

static bool is_device(uint32_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

/* ---- telling -------------------------------------------------------------------------------- */

void store_tell_plain(const struct store *s, const struct store_object *o, struct owner *ret)
{
	const struct statx *st = o->st;

	*ret = (struct owner){ .mode = st->stx_mode };
	if (is_device(st->stx_mode)) {
		ret->rdev_major = st->stx_rdev_major;
		ret->rdev_minor = st->stx_rdev_minor;
	}
	if (s->config.real || (s->host_ids && o->place == STORE_ROOTFS)) {
		ret->uid = st->stx_uid;
		ret->gid = st->stx_gid;
	} else if (o->place == STORE_BIND) {
		ret->uid = st->stx_uid == s->euid ? s->config.uid : NOBODY;
		ret->gid = st->stx_gid == s->egid ? s->config.gid : NOBODY;
	}
}

/* Types that a plain file may stand for. Of others the host's word holds. */
static bool is_placeholder_type(uint32_t mode)
{
	return is_device(mode) || S_ISFIFO(mode) || S_ISSOCK(mode);
}

/* A record speaks of the type only where a file may stand for something. */
static void settle_type(struct owner *o, const struct statx *st)
{
	if (S_ISREG(st->stx_mode) && is_placeholder_type(o->mode))
		return;
	o->mode = (o->mode & MODE_BITS) | (st->stx_mode & S_IFMT);
	o->rdev_major = is_device(o->mode) ? st->stx_rdev_major : 0;
	o->rdev_minor = is_device(o->mode) ? st->stx_rdev_minor : 0;
}

int store_read_text(const struct store_object *o, const char *xattr, struct owner *ret)
{
	char text[RECORD_LIMIT];
	ssize_t n = host_getxattr(o->fd, xattr, text, sizeof(text));
	int r = n < 0 ? (int)n : record_parse(text, (size_t)n, o->st->stx_mode, ret);

	if (r == 0)
		settle_type(ret, o->st);
	return r;
}

int store_read_record(const struct store_object *o, struct owner *ret)
{
	return store_read_text(o, RECORD_XATTR, ret);
}

/* What is remembered of it, beside it or on it. */
static bool tell_recorded(struct store *s, const struct store_object *o, struct owner *ret)
{
	const struct side_entry *e = side_find(s->side, o->st, o->fd);

	if (e && e->has_owner) {
		*ret = e->owner;
		settle_type(ret, o->st);
		return true;
	}
	if (!store_can_carry(o->st) || !store_is_marked(o->st))
		return false;
	if (cache_find(s->cache, o->st, ret))
		return true;
	if (store_read_record(o, ret) < 0)
		return false;
	cache_put(s->cache, o->st, ret);
	return true;
}

/* What it is told now, while no other session is changing it. */
static void tell_locked(struct store *s, const struct store_object *o, struct owner *ret)
{
	struct store_object now = *o;
	struct statx st;

	if (o->fd < 0 || side_pause(s->side) < 0)
		return;
	if (host_stat(o->fd, &st) == 0) {
		now.st = &st;
		if (!tell_recorded(s, &now, ret))
			store_tell_plain(s, &now, ret);
	}
	side_end(s->side);
}

/*
 * May o->st be from the midst of a change? There it has an index bit and no record, which it also
 * has where the bit is the object's own. On an inode that holds the truth itself, owner and mode
 * are changed by two calls: there the writer's counter tells.
 */
static bool is_doubtful(const struct store *s, const struct store_object *o, bool was_behind)
{
	return s->config.real ? was_behind : store_is_marked(o->st) && store_owns(s, o->st);
}

void store_get(struct store *s, const struct store_object *o, struct owner *ret)
{
	bool was_behind = side_is_behind(s->side);

	if (tell_recorded(s, o, ret))
		return;
	store_tell_plain(s, o, ret);
	if (is_doubtful(s, o, was_behind))
		tell_locked(s, o, ret);
}

bool store_ignores_place(const struct store *s, const struct statx *st)
{
	if (s->config.real)
		return true;
	return !s->host_ids && s->config.uid == 0 && s->config.gid == 0 &&
	       st->stx_uid == s->euid && st->stx_gid == s->egid && !store_is_marked(st);
}

bool store_tells_root(const struct store *s)
{
	return !s->config.real && !s->host_ids && s->config.uid == 0 && s->config.gid == 0;
}

bool store_wants_fd(struct store *s, const struct statx *st)
{
	return store_is_marked(st) || (s->config.real && side_is_behind(s->side)) ||
	       side_wants_fd(s->side, st);
}

/* On real root's inodes the lists are the host's own, and nothing tells beforehand. */
bool store_may_have_list(struct store *s, const struct statx *st)
{
	return !S_ISLNK(st->stx_mode) && (s->config.real || store_wants_fd(s, st));
}

void store_forget(struct store *s, const struct store_object *o)
{
	side_forget(s->side, o->st);
}

bool store_remembers_beside(struct store *s, const struct statx *st)
{
	return side_find(s->side, st, -1);
}

void store_forget_dead(struct store *s)
{
	side_forget_dead(s->side);
}

void store_show_beside(struct store *s, struct inodeset *set)
{
	side_show(s->side, set);
}

void store_catch_up(struct store *s)
{
	side_catch_up(s->side);
}

bool store_knows_names(struct store *s)
{
	return side_has_names(s->side);
}

void store_renamed(struct store *s, const char *from, const char *to)
{
	side_renamed(s->side, from, to);
}

void store_hold(struct store *s)
{
	s->held = side_begin(s->side) == 0;
}

void store_release(struct store *s)
{
	if (s->held)
		side_end(s->side);
	s->held = false;
}

int store_fd(const struct store *s)
{
	return side_fd(s->side);
}

/* ---- opening -------------------------------------------------------------------------------- */

bool store_is_real(const char *rootfs)
{
	bool real;
	int fd;

	if (geteuid() != 0)
		return false;
	fd = open(rootfs, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) /* read-only, or without such files: by our rights at least */
		fd = memfd_create("owner", MFD_CLOEXEC);
	real = fd >= 0 && fchown(fd, 1, 1) == 0;
	if (fd >= 0)
		close(fd);
	return real;
}

int store_open_item(int dir, const char *name, struct store_item *ret)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = host_stat(fd, &ret->st);
	if (r < 0)
		close(fd);
	ret->o = (struct store_object){ .fd = fd, .st = &ret->st, .place = STORE_ROOTFS };
	return r;
}

static bool is_unfinished(const struct side_entry *e)
{
	return e && e->has_owner && (e->flags & SIDE_UNFINISHED) &&
	       !(e->xattrs && e->xattrs->next);
}

/* What a killed session left undone. Another object may have the name by now. */
static void finish(void *ctx, const char *name)
{
	struct store *s = ctx;
	void *scratch = talloc_new(s);
	const struct side_entry *e;
	struct store_xattr x;
	struct owner owner;
	struct store_item n;

	if (store_open_item(AT_FDCWD, name, &n) == 0) {
		e = side_find(s->side, &n.st, n.o.fd);
		if (scratch && is_unfinished(e)) {
			owner = e->owner;
			if (e->xattrs)
				x = (struct store_xattr){
					talloc_strdup(scratch, e->xattrs->name),
					talloc_memdup(scratch, e->xattrs->value,
						      e->xattrs->size + 1),
					e->xattrs->size };
			store_change(s, &n.o, &owner, e->xattrs ? &x : NULL);
		}
		close(n.o.fd);
	}
	talloc_free(scratch);
}

static uint32_t marker_at(int fd)
{
	char word[16];
	ssize_t n = host_getxattr(fd, STORE_MARKER, word, sizeof(word));

	for (uint32_t m = MARK_REAL; n > 0 && m <= MARK_CONVERTING; m++)
		if ((size_t)n == strlen(mark_words[m]) && memcmp(word, mark_words[m], n) == 0)
			return m;
	return n > 0 ? MARK_RECORDS : MARK_NONE;
}

static uint32_t read_marker(const struct store *s, const struct store_item *root)
{
	uint32_t mark = marker_at(root->o.fd);

	return mark != MARK_NONE ? mark : side_mark(s->side);
}

static void write_marker(struct store *s, const struct store_item *root, uint32_t mark)
{
	const char *word = mark_words[mark];

	if (host_setxattr(root->o.fd, STORE_MARKER, word, strlen(word), 0) < 0 &&
	    mark != MARK_REAL)
		side_set_mark(s->side, mark);
}

/* Readers of records, others' too, look for one there to know that there are any. */
static void ensure_root_record(struct store *s, const struct store_item *root)
{
	struct owner now;

	if (store_is_marked(&root->st) || !store_owns(s, &root->st))
		return;
	store_get(s, &root->o, &now);
	store_record(s, &root->o, &now, NULL);
}

/* Could a tree with this root hold records at all, and can we keep what we find? */
static bool is_adoptable(const struct store *s, const struct store_item *root)
{
	return strcmp(s->config.rootfs, "/") != 0 &&
	       (s->config.reads || store_owns(s, &root->st));
}

/*
 * The first session on a tree. Where nobody has left any record, and we can do without, the inodes
 * shall tell the truth.
 */
static uint32_t index_tree(struct store *s, const struct store_item *root)
{
	bool real = s->config.real;
	uint32_t mark = s->config.keeper == STORE_BY_MAPS ? MARK_MAPPED : MARK_REAL;
	long found;

	if (!is_adoptable(s, root))
		return real ? MARK_REAL : MARK_RECORDS;
	s->config.real = false;
	found = store_adopt(s);
	s->config.real = real;
	if (found != 0 || (mark == MARK_REAL && !real))
		mark = MARK_RECORDS;
	if (s->config.reads || (mark == MARK_RECORDS && s->config.keeper != STORE_BY_RECORDS))
		return mark;
	if (mark == MARK_RECORDS)
		ensure_root_record(s, root);
	if (found >= 0)
		write_marker(s, root, mark);
	return mark;
}

/* Locked against other sessions' first steps on the same tree. */
static int settle(struct store *s, struct store_item *root)
{
	uint32_t mark;
	int r = side_begin(s->side);

	if (r < 0)
		return r == -EROFS ? 0 : r;
	mark = read_marker(s, root);
	if (s->config.keeper == STORE_BY_CONVERSION) {
		s->mark = mark;
	} else {
		s->mark = mark == MARK_NONE ? index_tree(s, root) : mark;
		s->host_ids = s->mark == MARK_REAL;
		s->config.real = s->config.real && s->host_ids;
		if (s->mark != MARK_CONVERTING && !s->config.reads)
			side_each_unfinished(s->side, finish, s);
	}
	side_end(s->side);
	return 0;
}

static int open_at(struct store *s, struct store_item *root)
{
	s->cache = cache_new(s);
	s->side = side_open(s, s->config.rootfs, &root->st, s->config.reads);
	if (!s->cache || !s->side)
		return -ENOMEM;
	s->root = side_key_of(s->side, &root->st);
	return settle(s, root);
}

/* On overlayfs the directory gets the birth time that it will keep. */
static int open_root(struct store *s, struct store_item *root)
{
	int r = store_open_item(AT_FDCWD, s->config.rootfs, root);

	if (r < 0)
		return r;
	s->overlay = host_is_overlay(root->o.fd);
	if (s->overlay && store_owns(s, &root->st) && !s->config.reads) {
		host_touch(root->o.fd, root->st.stx_mode);
		r = host_stat(root->o.fd, &root->st);
	}
	if (r == 0)
		r = open_at(s, root);
	close(root->o.fd);
	return r;
}

/* Is the tree not one that this keeper may keep? */
static int refuse_mark(const struct store *s, struct fail *fail)
{
	static const uint32_t needed[] = {
		[STORE_BY_INODES] = MARK_REAL,
		[STORE_BY_MAPS] = MARK_MAPPED,
	};
	enum store_keeper keeper = s->config.keeper;

	if (keeper == STORE_BY_CONVERSION)
		return 0;
	if (s->mark == MARK_CONVERTING)
		return fail_set(fail,
				"'%s' is half converted: run pr convert again, to either side",
				s->config.rootfs);
	if (keeper == STORE_BY_RECORDS && s->mark == MARK_MAPPED)
		return fail_set(fail,
				"'%s': its files have owners of subordinate ids: use "
				"--engine=userns, or pr convert --to=records",
				s->config.rootfs);
	if (keeper != STORE_BY_RECORDS && s->mark != needed[keeper])
		return fail_set(fail,
				"engine userns: '%s': the owners of its files are in %s: use "
				"--engine=ptrace, or pr convert --to=ids",
				s->config.rootfs,
				s->mark == MARK_RECORDS ? "records" : "ids of another kind");
	return 0;
}

struct store *store_open(void *ctx, const struct store_config *config, struct fail *fail)
{
	struct store *s = talloc_zero(ctx, struct store);
	int r = s ? 0 : -ENOMEM;

	if (r == 0) {
		s->config = *config;
		s->config.rootfs = talloc_strdup(s, config->rootfs);
		s->euid = geteuid();
		s->egid = getegid();
		s->owns_all = config->real;
		r = s->config.rootfs ? open_root(s, &(struct store_item){ .st = { 0 } }) : -ENOMEM;
	}
	if (r < 0) {
		fail_errno(fail, -r, "cannot keep the owners of files in '%s'", config->rootfs);
	} else if (refuse_mark(s, fail) == 0) {
		return s;
	}
	talloc_free(s);
	return NULL;
}

static uint32_t peek(const char *rootfs)
{
	int fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint32_t mark = fd < 0 ? MARK_NONE : marker_at(fd);

	if (fd >= 0)
		close(fd);
	return mark;
}

enum store_mark store_mark(const struct store *s)
{
	return s->mark;
}

void store_tell_as(struct store *s, enum store_mark mark)
{
	s->tells_as = mark;
	s->host_ids = mark == MARK_REAL || mark == MARK_MAPPED;
	s->config.real = s->host_ids;
	s->owns_all = true;
}

int store_set_mark(struct store *s, enum store_mark mark)
{
	struct store_item root;
	int r = store_open_item(AT_FDCWD, s->config.rootfs, &root);

	if (r < 0)
		return r;
	r = host_setxattr(root.o.fd, STORE_MARKER, mark_words[mark], strlen(mark_words[mark]), 0);
	close(root.o.fd);
	if (r == 0)
		s->mark = mark;
	return r;
}

bool store_has_records(const char *rootfs)
{
	return peek(rootfs) == MARK_RECORDS;
}

bool store_is_converting(const char *rootfs)
{
	return peek(rootfs) == MARK_CONVERTING;
}

bool store_is_claimed(const char *rootfs)
{
	return peek(rootfs) != MARK_NONE;
}

int store_may_claim(const char *rootfs, enum store_keeper keeper, struct fail *fail)
{
	const struct store s = {
		.config = { .rootfs = rootfs, .keeper = keeper },
		.mark = peek(rootfs),
	};

	return s.mark == MARK_NONE ? 0 : refuse_mark(&s, fail);
}

int store_claim(const char *rootfs, enum store_keeper keeper, struct fail *fail)
{
	const struct store_config config = { .rootfs = rootfs, .keeper = keeper,
					     .real = keeper == STORE_BY_INODES };
	struct store *s;

	if (peek(rootfs) != MARK_NONE)
		return store_may_claim(rootfs, keeper, fail);
	s = store_open(NULL, &config, fail);
	talloc_free(s);
	return s ? 0 : -1;
}
