// SPDX-License-Identifier: MIT
/*
 * The table, its operations as bytes, and how both stay one: whatever changes the table was
 * written to the journal first and comes back from there, also what this session wrote itself.
 */
#include "ident/store_side.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/inodeset.h"
#include "base/pathbuf.h"
#include "ident/store_host.h"
#include "ident/store_journal.h"

enum {
	DEAD_MAX = 1024,	  /* entries that only who has the object open can see */
	GARBAGE_MIN = 1 << 18,	  /* bytes of journal that are not worth the trouble */
	ENTRY_BYTES = 128,	  /* of journal, about */
};

/* btime of objects without one, in the rootfs' file system and in others. */
enum { NO_BTIME, NO_BTIME_OUTSIDE };

struct side {
	struct journal *journal;
	struct side_entry *entries;
	unsigned named, dead; /* entries that have a name, that are dead */
	size_t value_bytes;
	uint32_t dev_major, dev_minor; /* the rootfs' */
	struct inodeset *shown; /* side_show */
};

/* An operation in the journal; name and value follow. */
struct stored {
	uint32_t kind, flags;
	uint64_t ino, btime, mtime;
	uint32_t uid, gid, mode, rdev_major, rdev_minor;
	uint32_t name_len, value_len, has_value;
};

/* ---- the table ----------------------------------------------------------------------------- */

struct side_key side_key_of(const struct side *s, const struct statx *st)
{
	struct side_key k;

	memset(&k, 0, sizeof(k)); /* hashed as bytes */
	k.ino = st->stx_ino;
	k.btime = host_btime(st);
	if (k.btime <= NO_BTIME_OUTSIDE)
		k.btime = st->stx_dev_major == s->dev_major && st->stx_dev_minor == s->dev_minor ?
				  NO_BTIME : NO_BTIME_OUTSIDE;
	return k;
}

bool side_needs_name(struct side_key key, unsigned flags)
{
	return key.btime == NO_BTIME_OUTSIDE || (key.btime == NO_BTIME && !(flags & SIDE_MARKED));
}

static struct side_entry *lookup(const struct side *s, struct side_key key)
{
	struct side_entry *e;

	HASH_FIND(hh, s->entries, &key, sizeof(key), e);
	return e;
}

static struct side_entry *entry_at(struct side *s, struct side_key key)
{
	struct side_entry *e = lookup(s, key);

	if (e)
		return e;
	e = talloc_zero(s, struct side_entry);
	if (!e)
		return NULL;
	e->key = key;
	HASH_ADD(hh, s->entries, key, sizeof(e->key), e);
	if (s->shown)
		inodeset_add(s->shown, key.ino);
	return e;
}

static void set_name(struct side *s, struct side_entry *e, const char *name, size_t len)
{
	if (e->name)
		s->named--;
	talloc_free(e->name);
	e->name = len ? talloc_strndup(e, name, len) : NULL;
	if (e->name)
		s->named++;
}

static void drop_xattr(struct side *s, struct side_entry *e, const char *name, size_t len)
{
	struct side_xattr **at = &e->xattrs, *x;

	while ((x = *at) && (strlen(x->name) != len || memcmp(x->name, name, len) != 0))
		at = &x->next;
	if (!x)
		return;
	*at = x->next;
	s->value_bytes -= x->size;
	talloc_free(x);
}

static void drop_entry(struct side *s, struct side_entry *e)
{
	while (e->xattrs)
		drop_xattr(s, e, e->xattrs->name, strlen(e->xattrs->name));
	set_name(s, e, NULL, 0);
	s->dead -= e->dead;
	HASH_DEL(s->entries, e);
	talloc_free(e);
}

static void drop_all(void *ctx)
{
	struct side *s = ctx;
	struct side_entry *e, *next;

	HASH_ITER(hh, s->entries, e, next)
		drop_entry(s, e);
}

void side_forget_dead(struct side *s)
{
	struct side_entry *e, *next;

	HASH_ITER(hh, s->entries, e, next)
		if (e->dead)
			drop_entry(s, e);
}

static bool is_above_limit(const struct side *s)
{
	return s->dead > DEAD_MAX;
}

/* ---- operations ---------------------------------------------------------------------------- */

static void put_owner(struct side *s, struct side_entry *e, const struct stored *op,
		      const char *name)
{
	e->has_owner = true;
	e->flags = op->flags;
	e->mtime = op->mtime;
	e->owner = (struct owner){ op->uid, op->gid, op->mode, op->rdev_major, op->rdev_minor };
	set_name(s, e, name, op->name_len);
}

static void put_xattr(struct side *s, struct side_entry *e, const struct stored *op,
		      const char *name)
{
	struct side_xattr *x = talloc_zero(e, struct side_xattr);

	if (!x)
		return;
	drop_xattr(s, e, name, op->name_len);
	x->name = talloc_strndup(x, name, op->name_len);
	x->size = op->value_len;
	if (op->has_value) {
		x->value = talloc_size(x, x->size + 1);
		if (x->value)
			memcpy(x->value, name + op->name_len, x->size);
	}
	if (!x->name || (op->has_value && !x->value)) {
		talloc_free(x);
		return;
	}
	s->value_bytes += x->size;
	x->next = e->xattrs;
	e->xattrs = x;
}

/* Its last name is gone: kept for who has it open still. */
static void bury(struct side *s, struct side_entry *e)
{
	if (!e->has_owner && !e->xattrs) {
		drop_entry(s, e);
		return;
	}
	s->dead += !e->dead;
	e->dead = true;
	if (is_above_limit(s))
		side_forget_dead(s);
}

static void revive(struct side *s, struct side_entry *e)
{
	while (e->dead && e->xattrs)
		drop_xattr(s, e, e->xattrs->name, strlen(e->xattrs->name));
	s->dead -= e->dead;
	e->dead = false;
}

static void rename_all(struct side *s, const char *from, const char *to)
{
	struct side_entry *e, *next;

	HASH_ITER(hh, s->entries, e, next) {
		const char *rest = e->name ? path_under(e->name, from) : NULL;
		char *name = rest ? talloc_asprintf(NULL, "%s%s", to, rest) : NULL;

		if (name)
			set_name(s, e, name, strlen(name));
		talloc_free(name);
	}
}

static void apply_renamed(struct side *s, const struct stored *op, const char *names)
{
	char *from = talloc_strndup(s, names, op->name_len);
	char *to = talloc_strndup(s, names + op->name_len, op->value_len);

	if (from && to)
		rename_all(s, from, to);
	talloc_free(from);
	talloc_free(to);
}

static void apply_to(struct side *s, struct side_entry *e, const struct stored *op,
		     const char *name)
{
	switch (op->kind) {
	case SIDE_OWNER:
		revive(s, e);
		put_owner(s, e, op, name);
		return;
	case SIDE_XATTR:
		revive(s, e);
		put_xattr(s, e, op, name);
		return;
	case SIDE_NO_OWNER:
		e->has_owner = false;
		set_name(s, e, NULL, 0);
		break;
	case SIDE_NO_XATTR: drop_xattr(s, e, name, op->name_len); break;
	case SIDE_NOTHING: bury(s, e); return;
	default: break;
	}
	if (!e->has_owner && !e->xattrs)
		drop_entry(s, e);
}

static void apply(struct side *s, const struct stored *op, const char *name)
{
	struct side_key key;
	struct side_entry *e;

	memset(&key, 0, sizeof(key));
	key.ino = op->ino;
	key.btime = op->btime;
	if (op->kind == SIDE_RENAMED) {
		apply_renamed(s, op, name);
		return;
	}
	e = op->kind == SIDE_OWNER || op->kind == SIDE_XATTR ? entry_at(s, key) : lookup(s, key);
	if (e)
		apply_to(s, e, op, name);
}

static void apply_frame(void *ctx, const void *bytes, size_t len)
{
	const char *at = bytes, *end = at + len;
	struct stored op;

	while ((size_t)(end - at) >= sizeof(op)) {
		memcpy(&op, at, sizeof(op));
		at += sizeof(op);
		if ((uint64_t)op.name_len + op.value_len > (uint64_t)(end - at))
			return;
		apply(ctx, &op, at);
		at += op.name_len + op.value_len;
	}
}

/* Appends the operation's bytes; 0 or -ENOMEM. */
static int encode(void *ctx, char **bytes, size_t *len, const struct side_op *op)
{
	const struct owner *o = op->owner;
	struct stored st = {
		.kind = op->kind, .flags = op->flags, .ino = op->key.ino, .btime = op->key.btime,
		.mtime = op->mtime, .name_len = op->name ? (uint32_t)strlen(op->name) : 0,
		.value_len = op->value ? (uint32_t)op->size : 0, .has_value = op->value != NULL,
	};
	size_t more = sizeof(st) + st.name_len + st.value_len;
	char *at = talloc_realloc(ctx, *bytes, char, *len + more);

	if (!at)
		return -ENOMEM;
	if (o) {
		st.uid = o->uid;
		st.gid = o->gid;
		st.mode = o->mode;
		st.rdev_major = o->rdev_major;
		st.rdev_minor = o->rdev_minor;
	}
	*bytes = at;
	at += *len;
	memcpy(at, &st, sizeof(st));
	if (st.name_len)
		memcpy(at + sizeof(st), op->name, st.name_len);
	if (st.value_len)
		memcpy(at + sizeof(st) + st.name_len, op->value, st.value_len);
	*len += more;
	return 0;
}

/* ---- the journal --------------------------------------------------------------------------- */

/* All that makes this entry, as one frame. */
static int frame_entry(void *ctx, char **frames, size_t *len, const struct side_entry *e)
{
	char *bytes = NULL;
	size_t n = 0;
	int r = 0;

	if (e->has_owner)
		r = encode(ctx, &bytes, &n,
			   &(struct side_op){ .kind = SIDE_OWNER, .key = e->key, .flags = e->flags,
					      .owner = &e->owner, .name = e->name,
					      .mtime = e->mtime });
	for (const struct side_xattr *x = e->xattrs; r == 0 && x; x = x->next)
		r = encode(ctx, &bytes, &n,
			   &(struct side_op){ .kind = SIDE_XATTR, .key = e->key, .name = x->name,
					      .value = x->value, .size = x->size });
	if (r == 0)
		r = journal_frame(ctx, frames, len, bytes, n);
	talloc_free(bytes);
	return r;
}

static void compact(struct side *s)
{
	void *scratch = talloc_new(s);
	struct side_entry *e, *next;
	char *frames = NULL;
	size_t len = 0;
	int r = scratch ? 0 : -ENOMEM;

	HASH_ITER(hh, s->entries, e, next)
		if (r == 0 && !e->dead)
			r = frame_entry(scratch, &frames, &len, e);
	if (r == 0)
		journal_rewrite(s->journal, frames, len);
	talloc_free(scratch);
}

static int read_on(struct side *s)
{
	const struct journal_reader reader = { drop_all, apply_frame, s };
	int r = journal_read(s->journal, &reader);

	if (r != JOURNAL_LOST)
		return r;
	compact(s);
	return journal_read(s->journal, &reader);
}

void side_catch_up(struct side *s)
{
	if (!journal_changed(s->journal) || journal_lock(s->journal, JOURNAL_READ) < 0)
		return;
	read_on(s);
	journal_unlock(s->journal);
}

/* Nothing to keep, and something to throw away; or more of that than of the other. */
static bool is_worth_it(const struct side *s)
{
	uint64_t size = journal_size(s->journal);
	unsigned live = HASH_COUNT(s->entries) - s->dead;

	if (live == 0)
		return size > 0;
	return size > GARBAGE_MIN && size > 4 * ((uint64_t)live * ENTRY_BYTES + s->value_bytes);
}

static int begin(struct side *s, enum journal_lock how)
{
	int r = journal_lock(s->journal, how);

	if (r < 0)
		return r;
	r = read_on(s);
	if (r < 0)
		journal_unlock(s->journal);
	return r;
}

int side_begin(struct side *s)
{
	return begin(s, JOURNAL_WRITE);
}

int side_pause(struct side *s)
{
	return begin(s, JOURNAL_READ);
}

void side_end(struct side *s)
{
	if (journal_is_writing(s->journal) && is_worth_it(s))
		compact(s);
	journal_unlock(s->journal);
}

int side_write(struct side *s, const struct side_op *ops, size_t count)
{
	char *bytes = NULL;
	size_t len = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = encode(s, &bytes, &len, &ops[i]);
	if (r == 0)
		r = journal_append(s->journal, bytes, len);
	if (r == 0)
		apply_frame(s, bytes, len);
	talloc_free(bytes);
	return r;
}

/* The entries are talloc's, what finds them is not. */
static int clear_hash(struct side *s)
{
	HASH_CLEAR(hh, s->entries);
	return 0;
}

struct side *side_open(void *ctx, const char *rootfs, const struct statx *root, bool copy)
{
	struct side *s = talloc_zero(ctx, struct side);

	if (!s)
		return NULL;
	talloc_set_destructor(s, clear_hash);
	s->dev_major = root->stx_dev_major;
	s->dev_minor = root->stx_dev_minor;
	s->journal = journal_open(s, rootfs, root, copy);
	if (!s->journal) {
		talloc_free(s);
		return NULL;
	}
	side_catch_up(s);
	side_forget_dead(s);
	return s;
}

int side_fd(const struct side *s)
{
	return journal_fd(s->journal);
}

uint32_t side_mark(const struct side *s)
{
	return journal_mark(s->journal);
}

int side_set_mark(struct side *s, uint32_t mark)
{
	int r = side_begin(s);

	if (r < 0)
		return r;
	journal_set_mark(s->journal, mark);
	side_end(s);
	return 0;
}

/* ---- questions ----------------------------------------------------------------------------- */

uint64_t side_mtime_of(const struct statx *st)
{
	return (uint64_t)st->stx_mtime.tv_sec * 1000000000 + st->stx_mtime.tv_nsec;
}

static bool has_name(const struct side_entry *e, int fd)
{
	char *name = host_name_of(NULL, fd);
	bool same = name && strcmp(name, e->name) == 0;

	talloc_free(name);
	return same;
}

/* Of the entry's key; is it the object that was meant? */
static bool is_same_object(const struct side_entry *e, const struct statx *st, int fd)
{
	if (e->dead)
		return st->stx_nlink == 0;
	if ((e->flags & SIDE_MARKED) && !(st->stx_mode & S_ISVTX))
		return false;
	if (!side_needs_name(e->key, e->flags))
		return true;
	return st->stx_nlink != 1 || e->mtime == side_mtime_of(st) || fd < 0 || !e->name ||
	       has_name(e, fd);
}

const struct side_entry *side_find(struct side *s, const struct statx *st, int fd)
{
	const struct side_entry *e;

	side_catch_up(s);
	e = s->entries ? lookup(s, side_key_of(s, st)) : NULL;
	return e && is_same_object(e, st, fd) ? e : NULL;
}

void side_show(struct side *s, struct inodeset *set)
{
	struct side_entry *e, *next;

	s->shown = set;
	HASH_ITER(hh, s->entries, e, next)
		inodeset_add(set, e->key.ino);
}

bool side_is_behind(const struct side *s)
{
	return journal_changed(s->journal);
}

bool side_is_stale(struct side *s, const struct statx *st, int fd)
{
	const struct side_entry *e = s->entries ? lookup(s, side_key_of(s, st)) : NULL;

	return e && !is_same_object(e, st, fd);
}

bool side_wants_fd(struct side *s, const struct statx *st)
{
	const struct side_entry *e = side_find(s, st, -1);

	return e && e->name && side_needs_name(e->key, e->flags);
}

/* ---- changes of names ---------------------------------------------------------------------- */

int side_forget(struct side *s, const struct statx *st)
{
	const struct side_op op = { .kind = SIDE_NOTHING, .key = side_key_of(s, st) };
	const struct side_entry *e = s->entries ? lookup(s, op.key) : NULL;
	int r;

	if (!e || e->dead)
		return 0;
	r = side_begin(s);
	if (r < 0)
		return r;
	r = side_write(s, &op, 1);
	side_end(s);
	return r;
}

void side_renamed(struct side *s, const char *from, const char *to)
{
	const struct side_op op = { .kind = SIDE_RENAMED, .name = from, .value = to,
				    .size = strlen(to) };

	side_catch_up(s);
	if (s->named == 0 || side_begin(s) < 0)
		return;
	side_write(s, &op, 1);
	side_end(s);
}

bool side_has_names(struct side *s)
{
	side_catch_up(s);
	return s->named > 0;
}

void side_each_unfinished(struct side *s, void (*f)(void *ctx, const char *name), void *ctx)
{
	void *scratch = talloc_new(s);
	struct side_entry *e, *next;
	char **names = NULL;
	size_t count = 0;

	HASH_ITER(hh, s->entries, e, next) {
		if (!e->name || !(e->flags & SIDE_UNFINISHED))
			continue;
		names = talloc_realloc(scratch, names, char *, count + 1);
		if (!names)
			break;
		names[count++] = talloc_strdup(names, e->name);
	}
	for (size_t i = 0; names && i < count; i++)
		if (names[i])
			f(ctx, names[i]);
	talloc_free(scratch);
}
