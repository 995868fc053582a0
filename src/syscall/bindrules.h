/* SPDX-License-Identifier: MIT */
/*
 * What the kernel would say of a bind if it were a real mount: EROFS, EBUSY, EXDEV. It does not
 * know them, so these are answered by us, where the kernel's own order of checks puts them.
 */
#ifndef PR_SYSCALL_BINDRULES_H
#define PR_SYSCALL_BINDRULES_H

#include <stdbool.h>
#include <stdint.h>

#include "syscall/table.h"

struct bind;
struct call;
struct canon;
struct session;
struct sys_arg;

/* Is the object in a :ro bind? */
bool bindrules_read_only(const struct canon *w);

/*
 * The same for a host name that no walk found (what a descriptor is open on): is it in a :ro
 * bind, and under no other name of the guest's in one that is not?
 */
bool bindrules_only_read_only(struct session *s, const char *host);
/* Has the guest a name for this host name in the bind `b`, or none in any? */
bool bindrules_may_be_in(struct session *s, const char *host, const struct bind *b);

/* Is some bind below what the session's last walk found? */
bool bindrules_has_below(struct session *s);

/*
 * The entry that holds the directory of what the last walk, a CANON_PARENT, found; NULL: no guest
 * name.
 */
const struct bind *bindrules_parent(const struct session *s);
/* The same for a directory without a guest name: guestfs_holding. */
const struct bind *bindrules_unnamed_parent(struct session *s, bool *ret_removed);
/*
 * What the kernel asks of an entry before it looks for a mount on it: may it be taken out of its
 * directory, 0, -EACCES or -EPERM; and may it be written, as a directory that is to move?
 */
int bindrules_may_delete(struct session *s, const char *host, const char *guest);
bool bindrules_entry_writable(struct session *s, const char *host, const char *guest);

/*
 * After the walk of path argument `a` (not one that ended in CANON_ERROR): 0, or the errno that a
 * mount would give.
 */
int bindrules_check(struct call *c, const struct sys_arg *a);

/* The same for an open with these flags (openat2 has them in memory). */
int bindrules_check_open(struct call *c, uint64_t flags);

/*
 * access(2) of this host name in a :ro bind: permissions first, then EROFS for writing, and not for
 * special files (fs/open.c).
 */
int bindrules_check_access(struct call *c, const char *host, enum path_rule follow);

/* utimensat(2) with nanoseconds that are none: EINVAL comes before EROFS. */
bool bindrules_times_wrong(const struct call *c);

/*
 * What filename_create refuses to make for its name alone, the session's last walk's: one too long,
 * or "new/" of what is no directory.
 */
bool bindrules_cannot_be_made(const struct call *c);

/* Is the last component of this name longer than any file system takes? */
bool bindrules_name_too_long(const char *guest);

#endif
