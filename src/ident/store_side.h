/* SPDX-License-Identifier: MIT */
/*
 * The side store: what is remembered of objects that cannot carry it themselves. A table in memory
 * of what the journal says, brought up to date when another session has changed that.
 *
 * What stands here goes before what the object carries. So it is also where a change of several
 * steps is written down whole before the first of them, to be dropped behind the last; a session
 * killed in between leaves it, and the guest is told of the change as if it were done.
 *
 * An object is known by inode and birth time, never by device (it changes across boots) nor ctime
 * (rename and link change it). Inode numbers come back, where there are no birth times or within a
 * tick of the clock; so what is remembered of an object with the index bit counts only for one with
 * it, which a new one has not. Of others (links, what is not ours) it counts, without birth time,
 *  - only at the name it had, which side_renamed keeps up,
 *  - or with the mtime it had: a link's changes by utimensat(2) alone, and a session may be killed
 *    between a rename and our knowing.
 */
#ifndef PR_IDENT_STORE_SIDE_H
#define PR_IDENT_STORE_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <uthash.h>

#include "ident/owner.h"

struct inodeset;
struct side;

struct side_key {
	uint64_t ino;
	uint64_t btime; /* nanoseconds; see side_key_of for file systems without */
};

struct side_xattr {
	struct side_xattr *next;
	char *name;
	void *value; /* NULL: known not to be there, whatever the object carries */
	size_t size;
};

enum side_flags {
	SIDE_MARKED = 1 << 0,	  /* the object has the index bit, or is about to get it */
	SIDE_UNFINISHED = 1 << 1, /* the object is to carry it itself */
};

struct side_entry {
	struct side_key key;
	UT_hash_handle hh;
	bool has_owner;
	bool dead; /* its last name is gone: for who has it open still */
	unsigned flags;
	struct owner owner;
	char *name;	   /* on the host, where it matters; or NULL */
	uint64_t mtime;	   /* nanoseconds */
	struct side_xattr *xattrs;
};

/* One step of a change. */
enum side_op_kind {
	SIDE_OWNER = 1, /* owner, flags, name, mtime */
	SIDE_NO_OWNER,
	SIDE_XATTR,	  /* name, value, size; value NULL: known not to be there */
	SIDE_NO_XATTR,	  /* name */
	SIDE_NOTHING,	  /* all that is remembered of the object goes */
	SIDE_RENAMED,	  /* name -> value, host names; no key */
};

struct side_op {
	enum side_op_kind kind;
	struct side_key key;
	unsigned flags;
	const struct owner *owner;
	const char *name;
	const void *value;
	size_t size;
	uint64_t mtime;
};

/* `rootfs` is canonical, `root` its statx; `copy` as journal_open has it. NULL on OOM. */
struct side *side_open(void *ctx, const char *rootfs, const struct statx *root, bool copy);
int side_fd(const struct side *s);

struct side_key side_key_of(const struct side *s, const struct statx *st);
/* Is an object of this key, kept with these side_flags, known by name, too? */
bool side_needs_name(struct side_key key, unsigned flags);
/*
 * What is remembered of this object, or NULL; no system call where that is nothing. Valid until the
 * next call. `fd` is open on it, or -1: then a name is not compared.
 */
const struct side_entry *side_find(struct side *s, const struct statx *st, int fd);
/* From now on `set` holds the inode of each entry before anything is told by it. */
void side_show(struct side *s, struct inodeset *set);
/* What is kept for objects that have no name any more and may be open still. */
void side_forget_dead(struct side *s);
/* Reads what other sessions have changed. */
void side_catch_up(struct side *s);
/* Has another session changed something that is not known here yet? No system call. */
bool side_is_behind(const struct side *s);
/* Is there something under its key that is about another object, gone meanwhile? */
bool side_is_stale(struct side *s, const struct statx *st, int fd);
/* Would side_find want the descriptor? */
bool side_wants_fd(struct side *s, const struct statx *st);

/*
 * A change: 0 or -errno of the lock. Between the two, readers in other sessions wait, and all that
 * they have changed is known here. Nests.
 */
int side_begin(struct side *s);
void side_end(struct side *s);
/* In place of side_begin, to look only while nobody changes anything. */
int side_pause(struct side *s);
/* Within: all of it or nothing. 0 or -errno. */
int side_write(struct side *s, const struct side_op *ops, size_t count);

uint64_t side_mtime_of(const struct statx *st);
/* `dead`: the object may be open still. */
int side_forget(struct side *s, const struct statx *st);
void side_renamed(struct side *s, const char *from, const char *to);
/* Is any entry known by name? */
bool side_has_names(struct side *s);

/* Calls f for each that is unfinished, by name; f may change it. */
void side_each_unfinished(struct side *s, void (*f)(void *ctx, const char *name), void *ctx);

uint32_t side_mark(const struct side *s);
int side_set_mark(struct side *s, uint32_t mark);

#endif
