/* SPDX-License-Identifier: MIT */
/*
 * The file that a rootfs' side store is kept in: frames, one behind the other, each whole or not
 * there. Knows nothing of what they say.
 *
 * It lies beside the rootfs, as ".pr-owners-INODE" in its parent directory; where that cannot be
 * written to, below $XDG_DATA_HOME/pr/owners; else in memory, for this session alone
 * (docs/decisions/0007.md). It is named by the directory's inode, so that the rootfs may be
 * renamed.
 *
 * Readers in other sessions learn of changes from a counter in the file, mapped into memory: to
 * ask it costs no system call. Who changes anything holds the lock (flock) and has moved the
 * counter before, so that a reader who sees it waits for the whole change.
 */
#ifndef PR_IDENT_STORE_JOURNAL_H
#define PR_IDENT_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct journal;

struct journal_reader {
	void (*restart)(void *ctx); /* all that was read is void, it comes again */
	void (*frame)(void *ctx, const void *bytes, size_t len);
	void *ctx;
};

/*
 * `rootfs` is canonical, `root` its statx. What a former directory of this inode left is dropped.
 * `copy`: the file is left as it is, or not made; what it says now is in memory. NULL on OOM.
 */
struct journal *journal_open(void *ctx, const char *rootfs, const struct statx *root, bool copy);

/* The descriptor, -1 if none: to be spared by who closes all others. */
int journal_fd(const struct journal *j);

/* Was anything changed since the last journal_read? No system call. */
bool journal_changed(const struct journal *j);

/*
 * Locks against other sessions; 0 or -errno. With JOURNAL_WRITE their readers wait from here on,
 * too. Locks nest.
 */
enum journal_lock { JOURNAL_READ, JOURNAL_WRITE };
int journal_lock(struct journal *j, enum journal_lock how);
void journal_unlock(struct journal *j);
bool journal_is_writing(const struct journal *j);

/*
 * Locked: hands over what is new. What a killed writer left half-written is cut off. JOURNAL_LOST:
 * somebody has cut off what was read already; it is to be written anew.
 */
enum { JOURNAL_LOST = 1 };
int journal_read(struct journal *j, const struct journal_reader *r);
/* Locked for writing, and read to its end: adds a frame. 0 or -errno, and nothing is added. */
int journal_append(struct journal *j, const void *bytes, size_t len);
/* The same, in place of all there is: `frames` as journal_frame made them. */
int journal_rewrite(struct journal *j, const void *frames, size_t len);
/* Appends one frame to *frames, of *len bytes, children of ctx. 0 or -ENOMEM. */
int journal_frame(void *ctx, char **frames, size_t *len, const void *bytes, size_t n);
/* Bytes of frames that were read and written. */
uint64_t journal_size(const struct journal *j);

/* A word for the store's own use, in the header; locked for writing to change it. */
uint32_t journal_mark(const struct journal *j);
void journal_set_mark(struct journal *j, uint32_t mark);

#endif
