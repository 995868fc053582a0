/* SPDX-License-Identifier: MIT */
/*
 * Journal lines: "d NAME" or "f NAME", written before the thing is made, and "d DEV INODE NAME" (or
 * f) behind that when it is. A line of what was not made is taken back. Names hold no newline.
 *
 * Two locks: flock(2), shared, is held by every session that uses what is in the journal; the lock
 * of its first byte by who changes anything, so that no session joins while another finds that it
 * is the last. Both are the open file's, and so go with the last process of a session.
 */
#include "engine/userns/points.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/pathbuf.h"
#include "ident/store_place.h"

/* ---- the journal ---------------------------------------------------------------------------- */

static int open_at(const struct place_list *places, unsigned i, bool create, struct points *ret)
{
	if (create)
		place_prepare(places, i, 0);
	ret->fd = open(places->name[i], O_RDWR | O_NOFOLLOW | O_CLOEXEC | (create ? O_CREAT : 0),
		       0600);
	ret->name = places->name[i];
	return ret->fd < 0 ? -errno : 0;
}

int points_open(void *ctx, const char *rootfs, bool needed, struct points *ret, struct fail *fail)
{
	struct place_list places;
	struct statx st;

	*ret = (struct points){ .fd = -1 };
	if (statx(AT_FDCWD, rootfs, 0, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return fail_errno(fail, errno, "cannot look at '%s'", rootfs), -1;
	if (place_find(ctx, "mounts", rootfs, &st, &places) < 0)
		return fail_set(fail, "no memory for the mount points");
	for (unsigned i = 0; i < places.count; i++)
		if (open_at(&places, i, false, ret) == 0)
			return 0;
	for (unsigned i = 0; needed && i < places.count; i++)
		if (open_at(&places, i, true, ret) == 0)
			return 0;
	ret->name = NULL;
	return needed ? fail_set(fail, "no place to note the mount points of '%s' in", rootfs) : 0;
}

static void lock_changes(const struct points *p, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_len = 1 };

	while (fcntl(p->fd, F_OFD_SETLKW, &lock) < 0 && errno == EINTR)
		;
}

/* Did whoever was last remove it before we had the lock? */
static bool is_gone(const struct points *p)
{
	struct stat st;

	return fstat(p->fd, &st) < 0 || st.st_nlink == 0;
}

/* ---- taking away ---------------------------------------------------------------------------- */

static void remove_point(enum point_kind kind, const char *name, unsigned long long dev,
			 unsigned long long ino)
{
	struct stat st;

	if (lstat(name, &st) < 0)
		return;
	if (ino && (st.st_dev != dev || st.st_ino != ino))
		return;
	if (kind == POINT_DIR)
		rmdir(name); /* fails where it is not empty */
	else if (S_ISLNK(st.st_mode) && kind == POINT_LINK)
		unlink(name);
	else if (S_ISREG(st.st_mode) && st.st_size == 0 && st.st_nlink == 1)
		unlink(name);
}

/* "d DEV INODE NAME" or, of what may not have been made, "d NAME". */
struct line {
	enum point_kind kind;
	unsigned long long dev, ino; /* 0: unknown */
	const char *name;
};

static bool read_line(const char *text, struct line *ret)
{
	int at = 0;

	*ret = (struct line){ .kind = (enum point_kind)text[0] };
	if (sscanf(text, "%*c %llu %llu %n", &ret->dev, &ret->ino, &at) < 2 || at == 0) {
		ret->dev = ret->ino = 0;
		at = text[0] ? 2 : 0;
	}
	ret->name = text + at;
	return *ret->name == '/';
}

/* Is the line in front of `behind` the announcement of what that says was made? */
static bool is_announced(const struct line *l, const struct line *behind)
{
	return !l->ino && behind->ino && strcmp(l->name, behind->name) == 0;
}

/*
 * The lines, the last first; `take` is given each but those of which the one behind says more: by
 * the name alone something else would be taken, which a guest's link leads to.
 */
static void each_line(struct points *p, void (*take)(struct points *p, const struct line *l))
{
	off_t size = lseek(p->fd, 0, SEEK_END);
	char *text = size > 0 ? malloc((size_t)size + 1) : NULL, *end, *begin;
	ssize_t n = text ? pread(p->fd, text, (size_t)size, 0) : -1;
	struct line l, behind = { .ino = 0 };

	if (n > 0) {
		text[n] = '\0';
		while ((end = strrchr(text, '\n'))) {
			*end = '\0';
			begin = strrchr(text, '\n');
			if (!read_line(begin ? begin + 1 : text, &l))
				continue;
			if (!is_announced(&l, &behind))
				take(p, &l);
			behind = l;
		}
	}
	free(text);
}

static void remove_noted(struct points *p, const struct line *l)
{
	(void)p;
	remove_point(l->kind, l->name, l->dev, l->ino);
}

/* What was made last, deepest, goes first. */
static void remove_all(struct points *p)
{
	each_line(p, remove_noted);
	if (ftruncate(p->fd, 0) < 0)
		return;
}

/* ---- holding on to them --------------------------------------------------------------------- */

static void hold(struct points *p, const struct line *l)
{
	struct stat st;
	int fd;

	if (!l->ino || p->held_count == POINTS_HELD)
		return;
	fd = open(l->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		p->held[p->held_count++] = fd;
	else if (fd >= 0)
		close(fd);
}

void points_hold(struct points *p)
{
	if (p->fd >= 0)
		each_line(p, hold);
}

/* By the name that it has now. */
static void remove_held(int fd)
{
	struct pathbuf name;
	char link[32];
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name.s, sizeof(name.s) - 1);
	if (n <= 0 || fstat(fd, &st) < 0)
		return;
	name.s[n] = '\0';
	remove_point(S_ISDIR(st.st_mode)   ? POINT_DIR
		     : S_ISLNK(st.st_mode) ? POINT_LINK
					   : POINT_FILE,
		     name.s, st.st_dev, st.st_ino);
}

/* ---- making --------------------------------------------------------------------------------- */

int points_begin(struct points *p)
{
	while (p->fd >= 0) {
		lock_changes(p, F_WRLCK);
		if (!is_gone(p))
			break;
		close(p->fd);
		p->fd = open(p->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (p->fd < 0)
		return p->name ? -errno : 0;
	if (flock(p->fd, LOCK_EX | LOCK_NB) == 0)
		remove_all(p);
	return flock(p->fd, LOCK_SH) < 0 ? -errno : 0;
}

static int append(const struct points *p, const char *text)
{
	size_t len = strlen(text);
	ssize_t n = pwrite(p->fd, text, len, lseek(p->fd, 0, SEEK_END));

	return n < 0 ? -errno : (size_t)n < len ? -ENOSPC : 0;
}

static int make(int dir, const char *name, enum point_kind kind, const char *text)
{
	int fd;

	if (kind == POINT_DIR)
		return mkdirat(dir, name, 0755) < 0 ? -errno : 0;
	if (kind == POINT_LINK)
		return symlinkat(text, dir, name) < 0 ? -errno : 0;
	fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* The line before it is made, or after. */
static int note(const struct points *p, enum point_kind kind, const char *host,
		const struct stat *made)
{
	char *line = made ? talloc_asprintf(NULL, "%c %llu %llu %s\n", kind,
					    (unsigned long long)made->st_dev,
					    (unsigned long long)made->st_ino, host)
			  : talloc_asprintf(NULL, "%c %s\n", kind, host);
	int r = line ? append(p, line) : -ENOMEM;

	talloc_free(line);
	return r;
}

int points_make(struct points *p, int dir, const char *host, enum point_kind kind, const char *text)
{
	const char *base = strrchr(host, '/') + 1;
	off_t before = lseek(p->fd, 0, SEEK_END);
	struct stat st;
	int r;

	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (strchr(host, '\n'))
		return -EINVAL;
	r = note(p, kind, host, NULL);
	if (r == 0)
		r = make(dir, base, kind, text);
	if (r < 0 && ftruncate(p->fd, before) < 0)
		return -errno;
	if (r == 0 && fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0)
		r = note(p, kind, host, &st);
	return r == -EEXIST ? 0 : r;
}

void points_settle(struct points *p)
{
	if (p->fd >= 0)
		lock_changes(p, F_UNLCK);
}

void points_end(struct points *p)
{
	if (p->fd < 0)
		return;
	lock_changes(p, F_WRLCK);
	if (!is_gone(p) && flock(p->fd, LOCK_EX | LOCK_NB) == 0) {
		for (unsigned i = 0; i < p->held_count; i++)
			remove_held(p->held[i]);
		remove_all(p);
		unlink(p->name);
	}
	close(p->fd);
	p->fd = -1;
}
