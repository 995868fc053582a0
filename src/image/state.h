/* SPDX-License-Identifier: MIT */
/*
 * The directory in which images and containers are kept (docs/state.md), its locks, and work that
 * is not finished. Whatever is visible in it is whole: all else is made below tmp/ and moved to its
 * place by one rename.
 *
 * Functions here return 0 (or as said) or -errno with `fail` set.
 */
#ifndef PR_IMAGE_STATE_H
#define PR_IMAGE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fail.h"
#include "image/digest.h"

enum state_lock {
	STATE_UNLOCKED,
	STATE_SHARED,	 /* to read the index, and to begin work */
	STATE_EXCLUSIVE, /* to change the index, put blobs in their places, remove any */
};

struct state {
	const char *dir; /* absolute, for messages and for those who need a name */
	int fd;
	int lock_fd;
	enum state_lock lock;
};

/*
 * Finds or makes it: $PR_HOME, $XDG_DATA_HOME/pr, ~/.local/share/pr. A child of ctx, which is
 * closed when freed. -EPROTO: it is in another format.
 */
int state_open(void *ctx, struct state **ret, struct fail *fail);

/* Is there one? Nothing is made, nobody told. */
bool state_is_there(void);

/*
 * Waits for it. Locks are not nested: what was held before is changed to `lock`, STATE_UNLOCKED
 * included. Taking STATE_EXCLUSIVE removes what killed work left in tmp/.
 */
int state_lock(struct state *s, enum state_lock lock, struct fail *fail);

/* ---- unfinished work ---- */

/* A directory of one's own below tmp/; when freed it goes, with all that is still in it. */
struct work {
	struct state *state;
	const char *name; /* "tmp/XXXXXXXX", below the state directory */
	int fd;
	int lock_fd;
};

int work_begin(void *ctx, struct state *s, struct work **ret, struct fail *fail);

/*
 * Moves work's `from` (a file or directory directly in it) to `to`, a name below the state
 * directory, for good: the names are on disk when it returns (what is in a directory is the
 * caller's to sync). -EEXIST: there is such a directory already. A file takes the place of one.
 */
int work_publish(struct work *w, const char *from, const char *to, struct fail *fail);

/*
 * Replaces the file `name` (below dir_fd) by `text`, in one rename, and syncs it. For index and
 * containers' files. The temporary name is `name` with "~" behind it: hold a lock.
 */
int state_write_file(int dir_fd, const char *name, const char *text, size_t len, struct fail *fail);

/* ---- blobs ---- */

enum { BLOB_NAME = sizeof("blobs//") + DIGEST_TEXT };

/* "blobs/sha256/HEX", its name below the state directory. */
void blob_name(const struct digest *d, char ret[BLOB_NAME]);
/* Open for reading. -ENOENT: there is none. */
int blob_open(const struct state *s, const struct digest *d, struct fail *fail);
/* All that is behind the descriptor, with a NUL behind it, a child of ctx. 0 or -errno. */
int blob_read(void *ctx, int fd, char **ret, size_t *ret_len);
/* Its size, or -ENOENT. */
off_t blob_size(const struct state *s, const struct digest *d);

/* ---- containers ---- */

/* [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 64 bytes. Else -EINVAL and why. */
int state_check_name(const char *name, struct fail *fail);
/* The names of all, sorted; ends with NULL; a child of ctx. */
int state_containers(void *ctx, const struct state *s, char ***ret, struct fail *fail);
/* containers/NAME as a descriptor; -ENOENT: there is none of that name. */
int state_container_open(const struct state *s, const char *name, struct fail *fail);

#endif
