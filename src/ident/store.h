/* SPDX-License-Identifier: MIT */
/*
 * The owner store: what the host refuses to hold of a file (owner, set-id bits, device numbers,
 * modes that would lock us out, privileged xattrs), remembered across sessions.
 *
 * On the file itself: user.containers.override_stat, "uid:gid:0mode[:type]" (containers/storage,
 * fuse-overlayfs, libkrun); user.fuseoverlayfs.override_stat and user.rootlesscontainers are read
 * and converted. Where a user xattr cannot live (links, devices' placeholders that are no files,
 * file systems without them, files that the user may not write): in the side store, one database
 * per rootfs, found by inode and birth time.
 *
 * Index bit: a file or directory with a record carries S_ISVTX on the host, so that who has its
 * mode knows without another call that there is no record (links have no such bit: they are looked
 * for in the side store where it holds any link). The guest's own S_ISVTX is therefore always a
 * record.
 *
 * Safe against kill -9 at any moment and against other sessions on the same rootfs (flock).
 */
#ifndef PR_IDENT_STORE_H
#define PR_IDENT_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/fail.h"
#include "ident/owner.h"

struct inodeset;
struct store;

/* Where a file without a record stands. */
enum store_place {
	STORE_ROOTFS, /* 0:0 */
	STORE_BIND,   /* the host user's own are the session's first uid and gid, others 65534 */
};

/* We; the kernel, for a real root; it, by subordinate ids; nobody, while a tree is converted. */
enum store_keeper { STORE_BY_RECORDS, STORE_BY_INODES, STORE_BY_MAPS, STORE_BY_CONVERSION };

struct store_config {
	enum store_keeper keeper;
	const char *rootfs; /* host name; holds the marker, and the side store beside or in it */
	uint32_t uid, gid; /* the session's first ids: the host user's own files in binds */
	bool real; /* we are real root: owners, modes and devices go onto the inode */
	bool reads; /* nothing is written, in the tree or beside it: adopting it is in memory */
};

/*
 * Would owners, modes and devices set by us on files of this tree hold? True for a root who may
 * chown there (not in a user namespace of one id, nor where root is squashed); tried, not guessed.
 */
bool store_is_real(const char *rootfs);

/*
 * Opens the store of a rootfs: adopts a tree without the marker by one scan, finishes what a
 * killed session left in the journal. NULL with `fail` filled in. Child of ctx.
 */
struct store *store_open(void *ctx, const struct store_config *config, struct fail *fail);
/*
 * Lets the kernel keep the owners of a tree that nobody has claimed yet. 0, or -1 with the reason:
 * there are records in it, or ids of another kind. The others only read the marker.
 */
int store_claim(const char *rootfs, enum store_keeper keeper, struct fail *fail);
bool store_has_records(const char *rootfs);
bool store_is_claimed(const char *rootfs);
int store_may_claim(const char *rootfs, enum store_keeper keeper, struct fail *fail);
bool store_is_converting(const char *rootfs);
/* The one descriptor it keeps, to be spared by who closes all others; -1: none. */
int store_fd(const struct store *s);

/*
 * An object of the host: `fd` is open on it (O_PATH will do, O_NOFOLLOW for a link), `st` is what
 * statx(2) says (STATX_BASIC_STATS | STATX_BTIME).
 */
struct store_object {
	int fd;
	const struct statx *st;
	enum store_place place;
};

/*
 * What the guest is to be told. No system call for a file without a record. Never fails: what
 * cannot be read is told as if there were no record.
 */
void store_get(struct store *s, const struct store_object *o, struct owner *ret);
/* Is the same told of it in both places? Then any will do, here and below. No system call. */
bool store_ignores_place(const struct store *s, const struct statx *st);
/* Is every object of the rootfs told as 0:0 that has no record? */
bool store_tells_root(const struct store *s);
bool store_wants_fd(struct store *s, const struct statx *st); /* or will -1 do? no call */
/* May it have an access list? Then store_getxattr knows. No system call. */
bool store_may_have_list(struct store *s, const struct statx *st);

/*
 * Makes it so: the host's mode becomes u+rw (directories u+rwx) without set-id bits, plus what of
 * `owner`'s permissions the host may hold; the rest is recorded. 0 or -errno; nothing half-done.
 * In the same step an access list follows the mode, and a file's capabilities go where its owner
 * changes (where he is set anew without a change, removing them is the caller's part).
 */
int store_set(struct store *s, const struct store_object *o, const struct owner *owner);

/*
 * Other sessions change nothing between the two, for an owner to be looked at and then set. What
 * was asked of the host before may be old by then. Without effect where there is no lock to be had.
 */
void store_hold(struct store *s);
void store_release(struct store *s);

/*
 * The same for an object whose mode is to be widened only, because the host refuses us what the
 * guest's root may do. -EPERM where it is not ours.
 */
int store_widen(struct store *s, const struct store_object *o);

/* The object is about to lose its last name (or has): its side record goes with it. */
void store_forget(struct store *s, const struct store_object *o);
/* What is kept of nameless objects for those who have them open: when nobody is left. */
void store_forget_dead(struct store *s);
bool store_remembers_beside(struct store *s, const struct statx *st); /* anything? no call */
/* From now on the set holds the inode of all that anything is remembered of beside, */
void store_show_beside(struct store *s, struct inodeset *set);
void store_catch_up(struct store *s); /* now by other sessions, too */
/* A name has changed (the host's), for side records kept by name: those without a birth time. */
void store_renamed(struct store *s, const char *from, const char *to);
bool store_knows_names(struct store *s); /* are there any? no call */

/*
 * Privileged xattrs: security.capability, trusted.*, system.posix_acl_access/default. As
 * getxattr(2) & co.: sizes, or -errno (-ENODATA, -ERANGE, -EEXIST with XATTR_CREATE...).
 */
ssize_t store_getxattr(struct store *s, const struct store_object *o, const char *name, void *buf,
		       size_t size);
int store_setxattr(struct store *s, const struct store_object *o, const char *name,
		   const void *value, size_t size, int flags);
int store_removexattr(struct store *s, const struct store_object *o, const char *name);
/* As listxattr(2), without what is ours and with what is remembered: the size, or -errno. */
ssize_t store_listxattr(struct store *s, const struct store_object *o, char *buf, size_t size);
/* Is this a name that the store keeps (and the host does not hold for the guest)? */
bool store_keeps_xattr(const char *name);
/* Kept like any other, for our own use: hidden from the guest by store_hides_xattr. */
#define STORE_PRIVATE_XATTR "trusted.pr."
/* On a directory that has got a file that stands for a device: its listings must tell so. */
#define STORE_DEVICES_XATTR STORE_PRIVATE_XATTR "devices"
bool store_passes_over(struct store *s, const struct store_object *o); /* a file of records */
/* Is this a name of ours on the host, which the guest must not see or touch? */
bool store_hides_xattr(const char *name);

#endif
