// SPDX-License-Identifier: MIT
/*
 * Carries the list out. Each step can be done again: attributes are set to what they are to be, and
 * a device takes its file's place by rename(2) when it has all of them. Where something is not
 * there any more, or is another object, the person has changed the tree, and knows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/convert/convert.h"
#include "ident/store_host.h"

static int give(struct conversion *c, const struct store_object *o, const struct truth *t,
		enum store_mark form)
{
	return form == MARK_RECORDS ? truth_to_record(c->store, o, t)
				    : truth_to_inode(c->store, o, t);
}

/* ---- devices -------------------------------------------------------------------------------- */

/* The type that stands for this truth in that form. */
static uint32_t type_in(const struct truth *t, enum store_mark form)
{
	bool is_file = truth_is_device(t) && (form == MARK_RECORDS || t->is_kept);

	return is_file ? S_IFREG : t->owner.mode & S_IFMT;
}

/* The new object under the temporary name, complete. */
static int make_device(struct conversion *c, const struct place *p, const struct store_object *old,
		       const struct truth *t, enum store_mark form)
{
	const struct timespec times[2] = {
		{ old->st->stx_atime.tv_sec, old->st->stx_atime.tv_nsec },
		{ old->st->stx_mtime.tv_sec, old->st->stx_mtime.tv_nsec },
	};
	dev_t dev = makedev(t->owner.rdev_major, t->owner.rdev_minor);
	struct store_object o;
	struct statx st;
	int r;

	if (mknodat(p->dir, CONVERT_TEMPORARY, type_in(t, form) | 0600, dev) < 0)
		return -errno;
	r = open_object(p->dir, CONVERT_TEMPORARY, &o, &st);
	if (r < 0)
		return r;
	r = give(c, &o, t, form);
	close(o.fd);
	if (r == 0 && utimensat(p->dir, CONVERT_TEMPORARY, times, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	return r;
}

/* An earlier name of the same object has been replaced already: this is to be the same again. */
static int link_device(struct conversion *c, const struct place *p, const struct entry *first)
{
	struct place other;
	int r = open_place(c, first->name, &other);

	if (r < 0)
		return r;
	r = linkat(other.dir, other.base, p->dir, CONVERT_TEMPORARY, 0) < 0 ? -errno : 0;
	close(other.dir);
	return r;
}

static int replace(struct conversion *c, const struct place *p, const struct entry *e,
		   const struct entry *first, const struct store_object *old,
		   enum store_mark form)
{
	int r = first ? link_device(c, p, first) : make_device(c, p, old, &e->truth, form);

	if (r == 0)
		r = truth_wipe(c->store, old); /* what is beside it */
	if (r == 0 && renameat(p->dir, CONVERT_TEMPORARY, p->dir, p->base) < 0)
		r = -errno;
	return r;
}

/* What a killed one left, with what the store knows of it. */
static int drop_temporary(struct conversion *c, const struct place *p)
{
	struct store_object o;
	struct statx st;
	int r = open_object(p->dir, CONVERT_TEMPORARY, &o, &st);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = st.stx_nlink > 1 ? 0 : truth_wipe(c->store, &o);
	close(o.fd);
	if (r == 0 && unlinkat(p->dir, CONVERT_TEMPORARY, 0) < 0)
		r = -errno;
	return r;
}

/*
 * Only names have changed in the directory, which a guest should not see by its time. What it was
 * is known by the list alone: it may have been a killed one that changed it.
 */
static int restore_time(const struct place *p, const struct entry *e)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, e->dir_mtime };

	return utimensat(p->dir, ".", times, 0) < 0 ? -errno : 0;
}

/* ---- one entry ------------------------------------------------------------------------------ */

/*
 * The device, or a file that stands for it, of whichever conversion: not what the person has put
 * there since the list was written, unless nothing is lost with it.
 */
static bool is_expected(const struct entry *e, const struct statx *st, enum store_mark form)
{
	const struct owner *want = &e->truth.owner;

	if (S_ISREG(st->stx_mode))
		return st->stx_size == 0 ||
		       (st->stx_ino == e->ino && type_in(&e->truth, form) == S_IFREG);
	return ((st->stx_mode ^ want->mode) & S_IFMT) == 0 &&
	       st->stx_rdev_major == want->rdev_major && st->stx_rdev_minor == want->rdev_minor;
}

/* The inode that stands there in this form by now; 0: none. */
static uint64_t made_at(const struct conversion *c, const struct entry *e, enum store_mark form)
{
	struct store_object o;
	struct place p;
	struct statx st;
	uint64_t ino = 0;

	if (open_place(c, e->name, &p) < 0)
		return 0;
	if (open_object(p.dir, p.base, &o, &st) == 0) {
		if ((st.stx_mode & S_IFMT) == type_in(&e->truth, form) && is_expected(e, &st, form))
			ino = st.stx_ino;
		close(o.fd);
	}
	close(p.dir);
	return ino;
}

/* Another name of the same object that has been dealt with; NULL: none yet. */
static const struct entry *first_of(const struct conversion *c, const struct entry *e,
				    enum store_mark form, uint64_t *ret_ino)
{
	for (const struct entry *other = c->list.entries; other < e; other++)
		if (other->ino == e->ino && (*ret_ino = made_at(c, other, form)))
			return other;
	return NULL;
}

static int apply_device(struct conversion *c, const struct place *p, const struct entry *e,
			const struct store_object *o, enum store_mark form)
{
	uint64_t ino;
	const struct entry *first = first_of(c, e, form, &ino);
	bool is_there = first ? ino == o->st->stx_ino
			      : (o->st->stx_mode & S_IFMT) == type_in(&e->truth, form);
	int r = 0;

	if (!is_expected(e, o->st, form))
		return 0;
	if (!is_there)
		r = replace(c, p, e, first, o, form);
	else if (!first)
		r = give(c, o, &e->truth, form);
	if (r == 0 && form == MARK_RECORDS)
		r = truth_note_device(c->store, p->dir);
	return r;
}

static int apply_to(struct conversion *c, const struct place *p, const struct entry *e,
		    enum store_mark form)
{
	struct store_object o;
	struct statx st;
	int r = open_object(p->dir, p->base, &o, &st);

	if (r < 0)
		return r;
	if (truth_is_device(&e->truth))
		r = apply_device(c, p, e, &o, form);
	else if (st.stx_ino == e->ino)
		r = give(c, &o, &e->truth, form);
	close(o.fd);
	return r;
}

static int apply(struct conversion *c, const struct entry *e, enum store_mark form)
{
	bool may_replace = truth_is_device(&e->truth) && !e->truth.is_kept;
	struct place p;
	int r = open_place(c, e->name, &p);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? 0 : r;
	if (may_replace)
		r = drop_temporary(c, &p);
	if (r == 0)
		r = apply_to(c, &p, e, form);
	if (r == -ENOENT)
		r = 0;
	if (r == 0 && may_replace)
		r = restore_time(&p, e);
	close(p.dir);
	return r;
}

int apply_all(struct conversion *c, enum store_mark form, const char **ret_name)
{
	int r = 0;

	store_tell_as(c->store, form);
	for (size_t i = 0; r == 0 && i < c->list.count; i++) {
		tell_progress("converted", i, c->list.count);
		*ret_name = c->list.entries[i].name;
		r = apply(c, &c->list.entries[i], form);
	}
	tell_progress("", 0, 0);
	return r;
}
