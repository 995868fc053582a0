/* SPDX-License-Identifier: MIT */
/* What the files of the owner store share, store.h's insides. */
#ifndef PR_IDENT_STORE_IMPL_H
#define PR_IDENT_STORE_IMPL_H

#include "ident/store.h"
#include "ident/truth.h"
#include "ident/store_cache.h"
#include "ident/store_side.h"

/*
 * On the rootfs directory: the tree is indexed; "records", "real" ids on the inodes, or ids that
 * are "mapped" by a user namespace.
 */
#define STORE_MARKER "user.pr.owners"
/* In front of the name of an xattr that the host does not let us set. */
#define STORE_XATTR_PREFIX "user.pr.xattr."

struct store {
	struct store_config config; /* real: only if the tree is not one of records */
	uint32_t mark; /* the tree's; in the side store's header where it can carry none */
	uint32_t tells_as; /* as of which mark it is being converted */
	bool host_ids; /* an object of the rootfs without a record is its host owner's */
	uint32_t euid, egid;
	bool overlay;  /* the rootfs is on overlayfs */
	bool owns_all; /* we may change what belongs to anybody */
	bool held; /* by store_hold */
	struct side *side;
	struct store_cache *cache; /* of records on objects */
	struct side_key root; /* the rootfs directory: it always has a record */
};

/* An xattr that is to change together with the owner. */
struct store_xattr {
	const char *name;
	const void *value; /* NULL: it is to go */
	size_t size;
};

/* An object of the tree, open: o.st is &st. */
struct store_item {
	struct store_object o;
	struct statx st;
};

/* ---- store.c -------------------------------------------------------------------------------- */

/* May we change the mode of such an object, and so mark it? */
bool store_owns(const struct store *s, const struct statx *st);
/* Can it carry user.* xattrs? xattr(7) */
bool store_can_carry(const struct statx *st);
/* Has it the index bit? */
bool store_is_marked(const struct statx *st);
/* What is told without a record. */
void store_tell_plain(const struct store *s, const struct store_object *o, struct owner *ret);
/* Opens what `name` is, a link not followed; o.fd is then to be closed. 0 or -errno. */
int store_open_item(int dir, const char *name, struct store_item *ret);
/* The record on the object itself: 0, or -errno (-ENODATA). */
int store_read_record(const struct store_object *o, struct owner *ret);
/* The same of another's xattr of that format. */
int store_read_text(const struct store_object *o, const char *xattr, struct owner *ret);

/* ---- store_set.c: within side_begin and side_end, o->st as it is now ------------------------ */

/* Gives the object this owner, and the xattr (or NULL) with it, in one. */
int store_change(struct store *s, const struct store_object *o, const struct owner *owner,
		 const struct store_xattr *x);
/* The same, and the object has a record then, whatever the owner. */
int store_record(struct store *s, const struct store_object *o, const struct owner *owner,
		 const struct store_xattr *x);

/* What of a guest's mode the host may hold, and what we need to get at the object. */
uint32_t store_host_mode(uint32_t guest_mode, uint32_t type);

/* ---- store_xattr.c -------------------------------------------------------------------------- */

/* The object's own name for an xattr that is kept; false where it would be too long. */
struct store_kept_name {
	char s[256];
};
bool store_kept_name(const char *name, struct store_kept_name *ret);
/* An object that store_passes_over knows by it; never written anywhere. */
#define STORE_ADOPTED_XATTR STORE_PRIVATE_XATTR "adopted"
/* Is this one kept for the object, beside it or on it? */
bool store_has_kept(struct store *s, const struct store_object *o, const char *name);
/* Does the object carry any such? */
bool store_carries_xattrs(const struct store_object *o);

/* ---- store_adopt.c -------------------------------------------------------------------------- */

/*
 * Looks through the whole tree once: what has a record of whatever kind gets the index bit, or is
 * remembered in the side store. The number of records found, or -errno.
 */
long store_adopt(struct store *s);

#endif
