// SPDX-License-Identifier: MIT
/*
 * The file: a line of what is converted, one per entry with its name and xattrs behind it, and
 * "end" where it is whole. Lengths tell where a name or value ends. It is written by one process,
 * which holds its lock (flock), and only believed if it is that user's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/convert/convert.h"
#include "ident/store_host.h"
#include "ident/store_place.h"

#define HEADER "pr convert 2"

enum { TEXT_MAX = 1 << 30 };

/* ---- reading -------------------------------------------------------------------------------- */

struct reader {
	char *at, *end;
};

/* `n` bytes and the newline behind them; NULL: they are not there. */
static char *take_bytes(void *ctx, struct reader *r, size_t n)
{
	char *bytes;

	if ((size_t)(r->end - r->at) <= n || r->at[n] != '\n')
		return NULL;
	bytes = talloc_size(ctx, n + 1);
	if (!bytes)
		return NULL;
	memcpy(bytes, r->at, n);
	bytes[n] = '\0';
	r->at += n + 1;
	return bytes;
}

/* A line, which ends where the newline was; NULL: none. */
static char *take_line(struct reader *r)
{
	char *line = r->at, *newline = memchr(line, '\n', (size_t)(r->end - line));

	if (!newline)
		return NULL;
	*newline = '\0';
	r->at = newline + 1;
	return line;
}

static int read_xattr(void *ctx, struct reader *r, struct truth_xattr *x)
{
	char *line = take_line(r);
	unsigned is_kept;
	size_t name_len;

	if (!line || sscanf(line, "x %u %zu %zu", &is_kept, &name_len, &x->size) != 3)
		return -EINVAL;
	x->is_kept = is_kept;
	x->name = take_bytes(ctx, r, name_len);
	x->value = take_bytes(ctx, r, x->size);
	return x->name && x->value ? 0 : -EINVAL;
}

static int read_entry(void *ctx, struct list *l, struct reader *r, const char *line)
{
	struct entry e = { .name = NULL };
	struct truth *t = &e.truth;
	struct owner *o = &t->owner;
	unsigned long long ino;
	long long sec;
	unsigned is_kept;
	size_t name_len;
	int err = 0;

	if (sscanf(line, "e %llu %u %u %o %u %u %u %zu %u %lld %ld", &ino, &o->uid, &o->gid,
		   &o->mode, &o->rdev_major, &o->rdev_minor, &is_kept, &name_len, &t->xattr_count,
		   &sec, &e.dir_mtime.tv_nsec) != 11)
		return -EINVAL;
	e.ino = ino;
	e.dir_mtime.tv_sec = (time_t)sec;
	t->is_kept = is_kept;
	e.name = take_bytes(ctx, r, name_len);
	if (!e.name || t->xattr_count > TEXT_MAX / sizeof(*t->xattrs))
		return -EINVAL;
	t->xattrs = talloc_zero_array(ctx, struct truth_xattr, t->xattr_count);
	for (unsigned i = 0; err == 0 && t->xattrs && i < t->xattr_count; i++)
		err = read_xattr(t->xattrs, r, &t->xattrs[i]);
	if (err == 0)
		err = t->xattrs ? list_add(ctx, l, &e) : -ENOMEM;
	talloc_free(e.name);
	return err;
}

/* What is not whole counts for its first line alone: then nothing was changed yet. */
static void read_text(void *ctx, struct list *l, char *text, size_t len)
{
	struct reader r = { text, text + len };
	char *line = take_line(&r);
	unsigned from, ids;
	size_t count;

	if (!line || sscanf(line, HEADER " %u %u", &from, &ids) != 2 || from > MARK_MAPPED ||
	    ids > MARK_MAPPED)
		return;
	l->from = from;
	l->ids = ids;
	while ((line = take_line(&r)) && strncmp(line, "e ", 2) == 0)
		if (read_entry(ctx, l, &r, line) < 0)
			return;
	l->is_whole = line && sscanf(line, "end %zu", &count) == 1 && count == l->count;
}

static int read_file(void *ctx, struct list *l)
{
	off_t size = lseek(l->fd, 0, SEEK_END);
	char *text = size < 0 || size > TEXT_MAX ? NULL : talloc_size(ctx, (size_t)size + 1);
	ssize_t n = text ? pread(l->fd, text, (size_t)size, 0) : -1;

	if (n == size)
		read_text(ctx, l, text, (size_t)n);
	talloc_free(text);
	return n == size ? 0 : -EIO;
}

/* ---- finding it ----------------------------------------------------------------------------- */

/* Is it still the file of that name, and nobody else's? 1: it lost its name, 0 or -errno. */
static int check(const struct list *l)
{
	struct stat st, named;

	if (fstat(l->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return -EPERM;
	return lstat(l->file, &named) < 0 || named.st_ino != st.st_ino ||
	       named.st_dev != st.st_dev;
}

static int open_file(void *ctx, struct list *l, char *name, int flags)
{
	int r;

	do {
		l->fd = open(name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
		if (l->fd < 0)
			return -errno;
		l->file = name;
		r = flock(l->fd, LOCK_EX | LOCK_NB) < 0 ? -errno : check(l);
		if (r != 0)
			close(l->fd);
	} while (r > 0);
	if (r == 0)
		r = read_file(ctx, l);
	l->trial = r == 0 ? talloc_asprintf(ctx, "%s.trial", l->file) : NULL;
	return r == 0 && !l->trial ? -ENOMEM : r;
}

int list_open(void *ctx, const char *rootfs, struct list *ret)
{
	static const int flags[] = { 0, O_CREAT };
	struct place_list places;
	struct statx st;
	int r = -ENOENT;

	*ret = (struct list){ .fd = -1 };
	if (statx(AT_FDCWD, rootfs, 0, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return -errno;
	if (place_find(ctx, "convert", rootfs, &st, &places) < 0)
		return -ENOMEM;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; r < 0 && r != -EWOULDBLOCK && i < places.count; i++) {
			if (flags[pass])
				place_prepare(&places, i, 0);
			r = open_file(ctx, ret, places.name[i], flags[pass]);
		}
	}
	return r;
}

int list_add(void *ctx, struct list *l, const struct entry *new)
{
	size_t room = l->entries ? talloc_array_length(l->entries) : 0;
	struct entry *e = l->entries;

	if (l->count == room) {
		e = talloc_realloc(ctx, e, struct entry, room * 2 + 64);
		if (!e)
			return -ENOMEM;
		l->entries = e;
	}
	e += l->count;
	*e = *new;
	e->name = talloc_strdup(l->entries, new->name);
	if (!e->name)
		return -ENOMEM;
	l->count++;
	return 0;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void print_entry(const struct entry *e, FILE *out)
{
	const struct truth *t = &e->truth;
	const struct owner *o = &t->owner;

	fprintf(out, "e %llu %u %u %o %u %u %u %zu %u %lld %ld\n%s\n", (unsigned long long)e->ino,
		o->uid, o->gid, o->mode, o->rdev_major, o->rdev_minor, (unsigned)t->is_kept,
		strlen(e->name), t->xattr_count, (long long)e->dir_mtime.tv_sec,
		e->dir_mtime.tv_nsec, e->name);
	for (unsigned i = 0; i < t->xattr_count; i++) {
		const struct truth_xattr *x = &t->xattrs[i];

		fprintf(out, "x %u %zu %zu\n%s\n", (unsigned)x->is_kept, strlen(x->name), x->size,
			x->name);
		fwrite(x->value, 1, x->size, out);
		fputc('\n', out);
	}
}

/* From where the file stands. */
static FILE *start_writing(const struct list *l)
{
	int fd = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out && fd >= 0)
		close(fd);
	return out;
}

static int finish_writing(FILE *out)
{
	bool done = fflush(out) == 0 && fdatasync(fileno(out)) == 0;
	int r = done ? 0 : -errno;

	if (r == 0 && ferror(out))
		r = -EIO; /* what failed before is missing, whatever came behind it */
	if (fclose(out) != 0 && r == 0)
		r = -errno;
	return r;
}

/* A file's name is its directory's. Some file systems cannot be asked for that. */
static int sync_name(const struct list *l)
{
	char *dir = talloc_strndup(NULL, l->file, (size_t)(strrchr(l->file, '/') - l->file + 1));
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, r = 0;

	if (fd >= 0 && fsync(fd) < 0 && errno == EIO)
		r = -EIO;
	if (fd >= 0)
		close(fd);
	talloc_free(dir);
	return r;
}

int list_begin(struct list *l)
{
	FILE *out;
	int r;

	if (ftruncate(l->fd, 0) < 0 || lseek(l->fd, 0, SEEK_SET) < 0 || !(out = start_writing(l)))
		return -errno;
	fprintf(out, HEADER " %u %u\n", l->from, l->ids);
	r = finish_writing(out);
	return r < 0 ? r : sync_name(l);
}

int list_write(struct list *l)
{
	FILE *out = start_writing(l);

	if (!out)
		return -errno;
	for (size_t i = 0; i < l->count; i++)
		print_entry(&l->entries[i], out);
	fprintf(out, "end %zu\n", l->count);
	return finish_writing(out);
}

void list_close(struct list *l)
{
	if (l->fd < 0)
		return;
	unlink(l->trial); /* a killed one's */
	unlink(l->file);
	close(l->fd);
	l->fd = -1;
}
