/* SPDX-License-Identifier: MIT */
/*
 * The truth of objects that were made a moment ago, in a tree that nobody has seen yet: should we
 * be killed, the tree is thrown away. So there is nothing to be looked up first, and no journal;
 * most objects need no call at all, as they are made with the mode that they are to have.
 */
#ifndef PR_IDENT_FRESH_H
#define PR_IDENT_FRESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ident/owner.h"

struct store;

struct fresh_xattr {
	const char *name;
	const void *value;
	size_t size;
};

struct fresh {
	struct owner owner;
	const struct fresh_xattr *xattrs;
	unsigned xattr_count;
};

/* Do owners and modes go onto the inodes? */
bool fresh_is_real(const struct store *s);
/* Is this xattr not to be taken from, or given to, anybody else? Ours, the host's own. */
bool fresh_drops_xattr(const char *name);
/*
 * The mode to make the object with (umask 0). `type`: S_IFREG for what a file is to stand for;
 * S_IFDIR ones stay open to us until they get their own.
 */
uint32_t fresh_mode(const struct store *s, const struct fresh *f, uint32_t type);
/* May fresh_set be left out for an object made so? */
bool fresh_is_plain(const struct store *s, const struct fresh *f, uint32_t type);
/*
 * A file or directory, open for reading or writing, made with fresh_mode (of directories, any).
 * Adds to *ret_lost the xattrs that the file system or the kernel's rules have no place for. 0 or
 * -errno.
 */
int fresh_set(struct store *s, int fd, const struct fresh *f, uint32_t type, uint64_t *ret_lost);
/* The root of the tree, which always has a record. */
int fresh_set_root(struct store *s, int fd, const struct fresh *f, uint64_t *ret_lost);
/* Anything else, a link or a pipe; `fd` by O_PATH. */
int fresh_set_special(struct store *s, int fd, const struct fresh *f, uint64_t *ret_lost);
/* What was remembered of a directory is void, and so are the xattrs that it has. 0 or -errno. */
int fresh_reset(struct store *s, int fd);

#endif
