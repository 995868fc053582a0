/* SPDX-License-Identifier: MIT */
/* What the files of the owner store share, store.h's insides. */
#ifndef PR_IDENT_STORE_IMPL_H
#define PR_IDENT_STORE_IMPL_H

#include "ident/store.h"
#include "ident/store_side.h"

struct store {
	struct store_config config;
	uint32_t euid, egid;
	struct side *side;
	struct side_key root; /* the rootfs directory: it always has a record */
};

/* May we change the mode of such an object, and so mark it? */
bool store_owns(const struct store *s, const struct statx *st);
/* Has it the index bit? */
bool store_is_marked(const struct statx *st);

/* The record on the object itself: 0, or -errno (-ENODATA). */
int store_read_record(const struct store_object *o, struct owner *ret);

/* Does the object carry xattrs of the guest's that the host does not hold as such? */
bool store_carries_xattrs(const struct store_object *o);

/* Gives the object a record of what is told of it now, and a host mode that we can work with. */
int store_ensure_record(struct store *s, const struct store_object *o);

#endif
