// SPDX-License-Identifier: MIT
/*
 * A header of one page, mapped, and frames behind it. Nothing is ever changed in place but words of
 * the header: frames are added at the end, all of them thrown away at once (a new epoch), or
 * written anew into another file that takes this one's name.
 *
 * A writer killed at any point leaves whole frames and at most one that is not, at the end; who
 * has the lock next cuts it off. Should somebody truncate the file, who has read it writes it anew.
 */
#include "ident/store_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/store_file.h"
#include "ident/store_guard.h"
#include "ident/store_host.h"
#include "ident/store_place.h"

#define MAGIC "prowner1"

enum { HEAD_BYTES = 4096, FRAME_LIMIT = 1 << 20 };

struct head {
	char magic[8];
	uint64_t root_ino, root_btime;
	uint64_t generation; /* moved by every writer before it writes */
	uint64_t epoch;	     /* moved when frames that were read may be gone */
	uint32_t superseded; /* another file has, or is about to get, this one's name */
	uint32_t mark;
	char text[512]; /* for who wonders what this file is */
};

struct frame {
	uint32_t len, check;
};

struct journal {
	volatile struct head *head;
	struct guard guard; /* of the head */
	uint64_t seen, epoch; /* of the head, at the last journal_read */
	uint64_t end;	      /* where the next frame begins */
	int fd;
	unsigned locks;
	bool writing, read_only, copy;
	char *name; /* NULL: in memory */
	char *rootfs;
	struct statx root;
};

static uint32_t checksum(const void *bytes, size_t len)
{
	const unsigned char *b = bytes;
	uint32_t h = 2166136261u ^ (uint32_t)len; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 16777619u;
	return h;
}

/* ---- one file ------------------------------------------------------------------------------ */

static int write_head(const struct journal *j, int fd, uint64_t epoch, uint32_t mark)
{
	union {
		struct head head;
		char bytes[HEAD_BYTES];
	} h = { .head = { .root_ino = j->root.stx_ino, .root_btime = host_btime(&j->root),
			  .generation = epoch, .epoch = epoch, .mark = mark } };

	memcpy(h.head.magic, MAGIC, sizeof(h.head.magic));
	snprintf(h.head.text, sizeof(h.head.text),
		 "\nowners of files in %.400s\nkept by pr; of no use without it\n", j->rootfs);
	return file_write(fd, h.bytes, sizeof(h.bytes), 0);
}

/* Was it made for this directory, and not for a former one that had the same inode? */
static bool is_for(const struct head *h, const struct journal *j)
{
	uint64_t btime = host_btime(&j->root);

	if (h->root_ino != j->root.stx_ino || h->root_btime != btime)
		return false;
	if (btime || !h->mark)
		return true;
	/* Without a birth time: the store marks the rootfs itself before it sets its mark. */
	return j->head || (j->root.stx_mode & S_ISVTX);
}

/* Locked: makes what is there a journal of this rootfs. */
static int settle_head(struct journal *j, int fd, const struct stat *st)
{
	struct head h = { .epoch = 0 };
	int r;

	if (st->st_size >= HEAD_BYTES) {
		if (pread(fd, &h, sizeof(h), 0) != sizeof(h))
			return -EIO;
		if (memcmp(h.magic, MAGIC, sizeof(h.magic)) != 0)
			return -EPROTONOSUPPORT; /* not ours to overwrite */
		if (is_for(&h, j))
			return 0;
	}
	if (j->read_only)
		return -ENOENT;
	r = write_head(j, fd, h.epoch + 1, 0);
	return r < 0 || ftruncate(fd, HEAD_BYTES) == 0 ? r : -errno;
}

static void unmap_head(struct journal *j)
{
	if (!j->head)
		return;
	guard_remove(&j->guard);
	munmap((void *)j->head, HEAD_BYTES);
	j->head = NULL;
}

static int map_head(struct journal *j, int fd)
{
	void *p = mmap(NULL, HEAD_BYTES, j->read_only ? PROT_READ : PROT_READ | PROT_WRITE,
		       MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	unmap_head(j);
	j->head = p;
	j->guard = (struct guard){ .page = p, .bytes = HEAD_BYTES };
	guard_add(&j->guard);
	return 0;
}

/*
 * The old file's lock is let go, not left to close: processes forked since have the same open file,
 * and its lock would live as long as they.
 */
static void adopt_file(struct journal *j, int fd)
{
	if (j->fd >= 0) {
		flock(j->fd, LOCK_UN);
		close(j->fd);
	}
	j->fd = fd;
	j->epoch = 0;
	j->seen = ~j->head->generation;
	j->end = HEAD_BYTES;
}

static int open_name(struct journal *j, int flags)
{
	int fd = open(j->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);

	j->read_only = j->copy || (fd < 0 && (errno == EROFS || errno == EACCES));
	if (fd < 0 && j->read_only)
		fd = open(j->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Someone else's is not believed; root's own is given to whom the tree belongs. */
static bool is_trusted(struct journal *j, int fd, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return false;
	if (geteuid() == 0 && st->st_uid == 0 && j->root.stx_uid != 0)
		return j->copy || fchown(fd, j->root.stx_uid, j->root.stx_gid) == 0 ||
		       errno == EPERM;
	return st->st_uid == geteuid() || (geteuid() == 0 && st->st_uid == j->root.stx_uid);
}

/* Is it still the file of this name? 0 or -errno, 1: no. */
static int check_name(const struct journal *j, int fd, struct stat *ret)
{
	struct stat st;

	if (fstat(fd, ret) < 0)
		return -errno;
	return lstat(j->name, &st) < 0 || st.st_ino != ret->st_ino || st.st_dev != ret->st_dev;
}

/* Opens the file of j's name, which stays locked. 1: it lost its name meanwhile. */
static int try_open(struct journal *j, int flags)
{
	struct stat st;
	int fd = open_name(j, flags), r;

	if (fd < 0)
		return fd;
	r = file_lock(fd);
	if (r == 0)
		r = check_name(j, fd, &st);
	if (r == 0 && !is_trusted(j, fd, &st))
		r = -EPERM;
	if (r == 0)
		r = settle_head(j, fd, &st);
	if (r == 0)
		r = map_head(j, fd);
	if (r != 0) {
		close(fd);
		return r;
	}
	if (!j->read_only)
		j->head->superseded = 0;
	adopt_file(j, fd);
	return 0;
}

static int open_locked(struct journal *j, int flags)
{
	int r;

	do
		r = try_open(j, flags);
	while (r > 0);
	return r;
}

/* ---- finding it ---------------------------------------------------------------------------- */

static int close_journal(struct journal *j)
{
	unmap_head(j);
	if (j->fd >= 0)
		close(j->fd);
	return 0;
}

/* A copy of the file that is open and locked, which is let go; else one that says nothing. */
static int open_in_memory(struct journal *j)
{
	int fd = memfd_create("owners", MFD_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	j->name = NULL;
	j->read_only = false;
	r = j->fd >= 0 ? file_copy(j->fd, fd) : write_head(j, fd, 1, 0);
	if (r == 0)
		r = map_head(j, fd);
	if (r < 0)
		close(fd);
	else
		adopt_file(j, fd);
	return r;
}

/* The first that is there; else the first that can be made. */
static int open_somewhere(struct journal *j)
{
	static const int flags[] = { 0, O_CREAT };
	const unsigned passes = j->copy ? 1 : 2;
	struct place_list places;
	int r = -ENOENT;

	if (place_find(j, "owners", j->rootfs, &j->root, &places) < 0)
		return -ENOMEM;
	for (unsigned pass = 0; pass < passes; pass++) {
		for (unsigned i = 0; r < 0 && i < places.count; i++) {
			if (flags[pass])
				place_prepare(&places, i, j->root.stx_ino);
			j->name = places.name[i];
			r = open_locked(j, flags[pass]);
		}
	}
	return r == 0 && !j->copy ? 0 : open_in_memory(j);
}

struct journal *journal_open(void *ctx, const char *rootfs, const struct statx *root, bool copy)
{
	struct journal *j = talloc_zero(ctx, struct journal);

	if (!j)
		return NULL;
	j->fd = -1;
	j->copy = copy;
	j->root = *root;
	j->rootfs = talloc_strdup(j, rootfs);
	talloc_set_destructor(j, close_journal);
	if (!j->rootfs || open_somewhere(j) < 0) {
		talloc_free(j);
		return NULL;
	}
	flock(j->fd, LOCK_UN);
	return j;
}

int journal_fd(const struct journal *j)
{
	return j->fd;
}

/* ---- locks --------------------------------------------------------------------------------- */

bool journal_changed(const struct journal *j)
{
	return j->head->generation != j->seen;
}

/*
 * Locked: has another file got this one's name? Then that one is ours. One that was deleted serves
 * on while the session lives.
 */
static int follow_name(struct journal *j)
{
	if (!j->name || !j->head->superseded)
		return 0;
	/* Should it have its name still, the lock is to be had by the new descriptor. */
	flock(j->fd, LOCK_UN);
	return open_locked(j, 0);
}

/*
 * Locked: somebody truncated it, so that the header is gone. Who comes first makes it anew, without
 * frames; whose mapping is lost, but the header is there, comes later.
 */
static int heal(struct journal *j)
{
	struct stat st;
	int r;

	if (!j->guard.lost && j->head->magic[0])
		return 0;
	if (fstat(j->fd, &st) < 0)
		return -errno;
	if (j->read_only)
		return -EIO;
	r = st.st_size < HEAD_BYTES ? write_head(j, j->fd, j->epoch, 0) : 0;
	return r < 0 ? r : map_head(j, j->fd);
}

int journal_lock(struct journal *j, enum journal_lock how)
{
	int r = 0;

	if (how == JOURNAL_WRITE && j->read_only)
		return -EROFS;
	if (j->locks++ == 0) {
		r = file_lock(j->fd);
		if (r == 0)
			r = heal(j);
		if (r == 0)
			r = follow_name(j);
	}
	if (r < 0) {
		journal_unlock(j);
		return r;
	}
	if (how == JOURNAL_WRITE && !j->writing) {
		j->writing = true;
		j->head->generation++;
	}
	return 0;
}

void journal_unlock(struct journal *j)
{
	if (--j->locks)
		return;
	j->writing = false;
	flock(j->fd, LOCK_UN);
}

bool journal_is_writing(const struct journal *j)
{
	return j->writing;
}

/* ---- frames -------------------------------------------------------------------------------- */

static size_t padded(size_t len)
{
	return (len + 7) / 8 * 8;
}

/* The frame at bytes[at]; NULL: none that is whole. */
static const struct frame *frame_at(const char *bytes, size_t len, size_t at)
{
	const struct frame *f = (const void *)(bytes + at);

	if (len - at < sizeof(*f) || f->len > FRAME_LIMIT ||
	    padded(f->len) > len - at - sizeof(*f))
		return NULL;
	return checksum(f + 1, f->len) == f->check ? f : NULL;
}

/* Hands over the whole frames; how many bytes they were. */
static size_t hand_over(const char *bytes, size_t len, const struct journal_reader *r)
{
	const struct frame *f;
	size_t at = 0;

	while ((f = frame_at(bytes, len, at))) {
		r->frame(r->ctx, f + 1, f->len);
		at += sizeof(*f) + padded(f->len);
	}
	return at;
}

static int read_tail(struct journal *j, uint64_t size, const struct journal_reader *r)
{
	char *bytes = talloc_size(j, size - j->end);
	ssize_t n = bytes ? pread(j->fd, bytes, size - j->end, (off_t)j->end) : -1;

	if (n >= 0)
		j->end += hand_over(bytes, (size_t)n, r);
	talloc_free(bytes);
	if (n < 0)
		return -EIO;
	if (j->end < size && !j->read_only && ftruncate(j->fd, (off_t)j->end) < 0)
		return -errno;
	return 0;
}

int journal_read(struct journal *j, const struct journal_reader *r)
{
	struct stat st;
	int result = 0;

	if (fstat(j->fd, &st) < 0)
		return -errno;
	if (j->epoch == j->head->epoch && (uint64_t)st.st_size < j->end)
		return JOURNAL_LOST;
	if (j->epoch != j->head->epoch) {
		r->restart(r->ctx);
		j->epoch = j->head->epoch;
		j->end = HEAD_BYTES;
	}
	if ((uint64_t)st.st_size > j->end)
		result = read_tail(j, (uint64_t)st.st_size, r);
	if (result == 0)
		j->seen = j->head->generation;
	return result;
}

int journal_frame(void *ctx, char **frames, size_t *len, const void *bytes, size_t n)
{
	struct frame f = { (uint32_t)n, checksum(bytes, n) };
	char *at;

	if (n > FRAME_LIMIT)
		return -EFBIG;
	at = talloc_realloc(ctx, *frames, char, *len + sizeof(f) + padded(n));
	if (!at)
		return -ENOMEM;
	*frames = at;
	at += *len;
	memcpy(at, &f, sizeof(f));
	memcpy(at + sizeof(f), bytes, n);
	memset(at + sizeof(f) + n, 0, padded(n) - n);
	*len += sizeof(f) + padded(n);
	return 0;
}

int journal_append(struct journal *j, const void *bytes, size_t len)
{
	char *frame = NULL;
	size_t n = 0;
	int r = journal_frame(j, &frame, &n, bytes, len);

	if (r == 0)
		r = file_write(j->fd, frame, n, j->end);
	if (r == 0)
		j->end += n;
	else if (ftruncate(j->fd, (off_t)j->end) < 0)
		r = -EIO;
	talloc_free(frame);
	return r;
}

uint64_t journal_size(const struct journal *j)
{
	return j->end - HEAD_BYTES;
}

/* ---- all anew ------------------------------------------------------------------------------ */

static int throw_away(struct journal *j)
{
	j->epoch = ++j->head->epoch;
	if (ftruncate(j->fd, HEAD_BYTES) < 0)
		return -errno;
	j->end = HEAD_BYTES;
	return 0;
}

/* A new file under a name that the lock of the old one gives us; its descriptor, locked. */
static int write_new(struct journal *j, const char *name, const void *frames, size_t len)
{
	int fd, r;

	unlink(name); /* what a killed one left */
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = file_lock(fd);
	if (r == 0)
		r = write_head(j, fd, j->head->epoch + 1, j->head->mark);
	if (r == 0)
		r = file_write(fd, frames, len, HEAD_BYTES);
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	if (r < 0) {
		unlink(name);
		close(fd);
	}
	return r < 0 ? r : fd;
}

static int replace(struct journal *j, const void *frames, size_t len)
{
	char *name = talloc_asprintf(j, "%s.new", j->name);
	int fd = name ? write_new(j, name, frames, len) : -ENOMEM, r = fd;

	if (fd >= 0) {
		j->head->superseded = 1; /* before the name is another's: see follow_name */
		r = rename(name, j->name) < 0 ? -errno : map_head(j, fd);
		if (r == 0) {
			adopt_file(j, fd);
			j->epoch = j->head->epoch;
			j->seen = j->head->generation;
			j->end = HEAD_BYTES + len;
		} else {
			close(fd);
		}
	}
	talloc_free(name);
	return r < 0 ? r : 0;
}

int journal_rewrite(struct journal *j, const void *frames, size_t len)
{
	int r;

	if (len && j->name)
		return replace(j, frames, len);
	r = throw_away(j);
	if (r == 0 && len)
		r = file_write(j->fd, frames, len, HEAD_BYTES);
	if (r == 0)
		j->end += len;
	return r;
}

uint32_t journal_mark(const struct journal *j)
{
	return j->head->mark;
}

void journal_set_mark(struct journal *j, uint32_t mark)
{
	j->head->mark = mark;
}
