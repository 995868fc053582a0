/* SPDX-License-Identifier: MIT */
/*
 * Directories and archives as sets of named bytes. An archive's member is copied once, into a file
 * of the work directory, and digested on its way; becoming a blob is a rename then. A member whose
 * name says that it is a blob that we have is not copied at all: that one is used.
 */
#include "image/origin.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "base/fd.h"
#include "base/progress.h"
#include "base/quote.h"
#include "image/archive.h"
#include "image/json.h"
#include "image/space.h"
#include "image/work.h"

enum { MOST_MEMBERS = 200000, MOST_LINKS = 40 };

/* Of an archive's members together: nobody's images have any, and a few bytes say petabytes. */
#define MOST_HOLES (1ULL << 30)

struct member {
	char *name; /* without "./" in front */
	char *link; /* of links: the member that is meant; else NULL */
	char *file; /* in the work directory */
	struct digest digest;
	uint64_t size;
	UT_hash_handle hh;
};

struct origin {
	struct work *work;
	const char *file; /* for messages */
	struct progress *progress;
	int dir; /* -1: an archive */
	struct member *members;
	unsigned count;
	uint64_t holes;
	struct space space;
};

static int origin_close(struct origin *o)
{
	HASH_CLEAR(hh, o->members);
	fd_cleanup(&o->dir);
	return 0;
}

static int no_member(const struct origin *o, const char *name, struct fail *fail)
{
	char quoted[512];

	fail_set(fail, "%s: there is no %s in it", o->file,
		 quote_text(name, quoted, sizeof(quoted)));
	return -ENOENT;
}

static int broken(const struct origin *o, const char *name, struct fail *fail, const char *why)
{
	char quoted[512];

	fail_set(fail, "%s: %s: %s", o->file, quote_text(name, quoted, sizeof(quoted)), why);
	return -EBADMSG;
}

/* ---- an archive is read ---- */

/* "./a//b" is "a/b"; ".." stays what it is: a name that nobody asks for. Takes `dir` in front. */
static char *clean_name(void *ctx, const char *dir, size_t dir_len, const char *name)
{
	char *whole = talloc_asprintf(ctx, "%.*s/%s", (int)dir_len, dir, name);
	char *to = whole, *from = whole;

	while (from && *from) {
		size_t n = strcspn(from, "/");

		if (n == 2 && strncmp(from, "..", 2) == 0 && to > whole) {
			while (to > whole && *--to != '/')
				;
		} else if (n > 0 && !(n == 1 && *from == '.')) {
			if (to > whole)
				*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n + (from[n] == '/');
	}
	if (whole)
		*to = '\0';
	return whole;
}

static struct member *find_exact(struct origin *o, const char *name)
{
	struct member *m;

	HASH_FIND_STR(o->members, name, m);
	return m;
}

/* Links are followed. NULL: there is none, or they lead nowhere. */
static struct member *find_member(struct origin *o, const char *name)
{
	struct member *m = find_exact(o, name);

	for (int i = 0; m && m->link && i < MOST_LINKS; i++)
		m = find_exact(o, m->link);
	return m && m->file ? m : NULL;
}

/* The digest that "blobs/sha256/HEX" says. */
static bool name_says(const char *name, struct digest *ret)
{
	char text[DIGEST_TEXT];

	ret->text[0] = '\0';
	if (strncmp(name, "blobs/", 6) != 0 || strlen(name) > 13 + 128 || name[12] != '/')
		return false;
	snprintf(text, sizeof(text), "%.6s:%s", name + 6, name + 13);
	return digest_parse(text, ret) == 0;
}

struct spool {
	struct origin *origin;
	const char *name; /* the member's */
	int fd;
	struct digester digester;
};

/* 0 or -errno with `fail` set. */
static int spool_bytes(struct spool *s, const char *bytes, size_t len, struct fail *fail)
{
	struct origin *o = s->origin;
	int r = space_check(&o->space, s->fd, len);
	const char *cause = SPACE_SHORT;
	char why[600];

	digester_update(&s->digester, bytes, len);
	if (r == 0) {
		r = fd_write(s->fd, bytes, len);
		cause = strerror(-r);
	}
	if (r == 0)
		return 0;
	snprintf(why, sizeof(why), "cannot be copied to %.400s: %s", o->work->state->dir, cause);
	broken(o, s->name, fail, why);
	return r;
}

/* Holes of the archive's own are zeros of the file. */
static int spool_zeros(struct spool *s, uint64_t len, struct fail *fail)
{
	static char zeros[1 << 16]; /* not const: it takes no room in the program */
	int r = 0;

	if (len > MOST_HOLES || (s->origin->holes += len) > MOST_HOLES)
		return broken(s->origin, s->name, fail, "more than 1 GiB of holes"), -EFBIG;
	for (; r == 0 && len > 0; len -= len < sizeof(zeros) ? len : sizeof(zeros))
		r = spool_bytes(s, zeros, len < sizeof(zeros) ? len : sizeof(zeros), fail);
	return r;
}

static int spool_data(struct tarball *t, struct spool *s, struct fail *fail)
{
	const void *bytes;
	uint64_t offset;
	struct fail why;
	size_t len;
	int r, w = 0;

	while ((r = tarball_data(t, &bytes, &len, &offset, &why)) > 0) {
		if (offset > s->digester.bytes)
			w = spool_zeros(s, offset - s->digester.bytes, fail);
		if (w == 0)
			w = spool_bytes(s, bytes, len, fail);
		if (w < 0)
			return w;
	}
	if (r < 0)
		broken(s->origin, s->name, fail, why.text);
	return r;
}

/* Copies the present entry's data. */
static int spool_member(struct origin *o, struct tarball *t, struct member *m, uint64_t size,
			struct fail *fail)
{
	struct spool s = { .origin = o, .name = m->name };
	struct digest said;
	int r;

	m->size = size;
	if (name_says(m->name, &said) && blob_size(o->work->state, &said) == (off_t)size &&
	    work_pin_blob(o->work, &said) == 0) {
		char name[BLOB_NAME];

		work_blob_name(&said, name);
		m->digest = said;
		m->file = talloc_strdup(m, name);
		return m->file ? 0 : -ENOMEM;
	}
	m->file = talloc_asprintf(m, "m%u", o->count);
	if (!m->file)
		return -ENOMEM;
	s.fd = openat(o->work->fd, m->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (s.fd < 0)
		return fail_errno(fail, errno, "%s", m->name);
	digester_init(&s.digester, digest_is_set(&said) ? digest_kind(&said) : DIGEST_SHA256);
	r = spool_data(t, &s, fail);
	if (r == 0 && s.digester.bytes < size)
		r = spool_zeros(&s, size - s.digester.bytes, fail);
	digester_finish(&s.digester, &m->digest);
	close(s.fd);
	return r;
}

static struct member *add_member(struct origin *o, char *name)
{
	struct member *m = talloc_zero(o, struct member), *old = find_exact(o, name);

	if (!m)
		return NULL;
	m->name = talloc_steal(m, name);
	if (old) {
		HASH_DEL(o->members, old);
		talloc_free(old);
	}
	HASH_ADD_KEYPTR(hh, o->members, m->name, strlen(m->name), m);
	o->count++;
	return m;
}

/* Told at once, not when all of it has been copied. */
static bool is_of_rootfs(const char *name)
{
	return strncmp(name, "etc/", 4) == 0 || strncmp(name, "usr/", 4) == 0;
}

static int take_entry(struct origin *o, struct tarball *t, struct archive_entry *e,
		      struct fail *fail)
{
	const char *path = archive_entry_pathname(e), *hard = archive_entry_hardlink(e);
	char *name = path ? clean_name(o, "", 0, path) : NULL;
	const char *slash;
	struct member *m;

	if (name && is_of_rootfs(name))
		return broken(o, name, fail,
			      "no image: archives of root file systems are for pr create");
	if (!name || !*name ||
	    (!hard && archive_entry_filetype(e) != AE_IFREG &&
	     archive_entry_filetype(e) != AE_IFLNK))
		return 0;
	if (o->count >= MOST_MEMBERS)
		return broken(o, name, fail, "too many members");
	m = add_member(o, name);
	if (!m)
		return fail_errno(fail, ENOMEM, "%s", o->file);
	if (!hard && archive_entry_filetype(e) == AE_IFREG)
		return spool_member(o, t, m, (uint64_t)archive_entry_size(e), fail);
	slash = strrchr(m->name, '/');
	m->link = hard ? clean_name(m, "", 0, hard)
		       : clean_name(m, m->name, slash ? (size_t)(slash - m->name) : 0,
				    archive_entry_symlink(e) ? archive_entry_symlink(e) : "");
	return m->link ? 0 : fail_errno(fail, ENOMEM, "%s", o->file);
}

/* Better told before than found out: as much as the archive itself is there for its members. */
static int check_space(const struct origin *o, uint64_t size, struct fail *fail)
{
	struct statvfs v;
	uint64_t left;

	if (fstatvfs(o->work->fd, &v) < 0)
		return 0;
	left = (uint64_t)v.f_bavail * v.f_frsize;
	if (left >= size)
		return 0;
	fail_set(fail, "%.300s: %s has %llu MB left, and it needs %llu MB", o->file,
		 o->work->state->dir, (unsigned long long)left / 1000000,
		 (unsigned long long)size / 1000000);
	return -ENOSPC;
}

static int read_archive(struct origin *o, int fd, struct fail *fail)
{
	struct source src = source_of_fd(&fd);
	struct archive_entry *e;
	struct tarball *t;
	struct fail why = { "" };
	int r;

	src.progress = o->progress;
	r = check_space(o, src.size, fail);
	if (r < 0)
		return r;
	t = tarball_open(o, &src, TARBALL_RATIO, &why);
	r = t ? 1 : -EBADMSG;
	while (r > 0 && (r = tarball_next(t, &e, &why)) > 0) {
		r = take_entry(o, t, e, fail);
		r = r < 0 ? r : 1;
	}
	talloc_free(t);
	if (r < 0 && !fail->text[0])
		fail_set(fail, "%s: %s", o->file, why.text);
	return r;
}

/* ---- */

static int open_file(struct origin *o, const char *file, struct fail *fail)
{
	bool is_stdin = strcmp(file, "-") == 0;
	int fd __attribute__((cleanup(fd_cleanup))) =
		is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			 : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(fail, errno, "%s", o->file);
	if (is_stdin && isatty(fd)) {
		fail_set(fail, "standard input is a terminal: name a file, or use a pipe");
		return -EINVAL;
	}
	if (!S_ISDIR(st.st_mode))
		return read_archive(o, fd, fail);
	o->dir = fd_take(&fd);
	return 0;
}

int origin_open(void *ctx, struct work *w, const char *file, struct progress *progress,
		struct origin **ret, struct fail *fail)
{
	struct origin *o = talloc_zero(ctx, struct origin);
	int r;

	if (!o)
		return fail_errno(fail, ENOMEM, "%s", file);
	*o = (struct origin){ .work = w, .file = file, .progress = progress, .dir = -1 };
	if (strcmp(file, "-") == 0)
		o->file = "standard input";
	talloc_set_destructor(o, origin_close);
	r = open_file(o, file, fail);
	if (r < 0)
		talloc_free(o);
	else
		*ret = o;
	return r;
}

/* A regular file, or -errno. What is none must not be waited for. */
static int open_in_dir(const struct origin *o, const char *name)
{
	int fd = openat(o->dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EBADMSG;
}

/* *ret_size bytes. */
static int open_member(struct origin *o, const char *name, uint64_t *ret_size, struct fail *fail)
{
	struct member *m = o->dir < 0 ? find_member(o, name) : NULL;
	struct stat st;
	int fd;

	if (o->dir < 0 && !m)
		return no_member(o, name, fail);
	fd = m ? openat(o->work->fd, m->file, O_RDONLY | O_CLOEXEC) : open_in_dir(o, name);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return no_member(o, name, fail);
	if (fd < 0 || fstat(fd, &st) < 0)
		return broken(o, name, fail, "cannot be read");
	*ret_size = (uint64_t)st.st_size;
	return fd;
}

bool origin_has(struct origin *o, const char *name)
{
	int fd;

	if (o->dir < 0)
		return find_member(o, name);
	fd = open_in_dir(o, name);
	fd_cleanup(&fd);
	return fd >= 0;
}

int origin_text(void *ctx, struct origin *o, const char *name, char **ret, size_t *ret_len,
		struct fail *fail)
{
	uint64_t size;
	int fd __attribute__((cleanup(fd_cleanup))) = open_member(o, name, &size, fail);
	int r;

	if (fd < 0)
		return fd;
	if (size > JSON_MOST_BYTES)
		return broken(o, name, fail, "more than 16 MiB of JSON");
	r = blob_read(ctx, fd, ret, ret_len);
	return r < 0 ? fail_errno(fail, -r, "%s: %s", o->file, name) : 0;
}

int origin_json(void *ctx, struct origin *o, const char *name, json_t **ret, struct fail *fail)
{
	char what[600], *text;
	size_t len;
	int r = origin_text(ctx, o, name, &text, &len, fail);

	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "%.200s: %.300s", o->file, name);
	return json_read(ctx, text, len, what, ret, fail);
}

/* ---- blobs ---- */

/* A file of a directory, digested on its way into the work directory's `to`. */
static int copy_in(struct origin *o, const char *name, const struct want *want, const char *to,
		   struct digest *ret, uint64_t *ret_size, struct fail *fail)
{
	int fd __attribute__((cleanup(fd_cleanup))) = open_member(o, name, ret_size, fail);
	struct spool s = { .origin = o, .name = name, .fd = -1 };
	static char buf[1 << 17];
	ssize_t n = 0;
	int r = fd < 0 ? fd : 0;

	if (r == 0 && want->has_size && *ret_size != want->size)
		return broken(o, name, fail, "not as long as the manifest says");
	if (r == 0)
		s.fd = openat(o->work->fd, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0400);
	if (r == 0 && s.fd < 0)
		r = fail_errno(fail, errno, "%s: %s", o->file, name);
	digester_init(&s.digester, want->digest ? digest_kind(want->digest) : DIGEST_SHA256);
	while (r == 0 && (n = read(fd, buf, sizeof(buf))) > 0) {
		r = spool_bytes(&s, buf, (size_t)n, fail);
		progress_tell(o->progress, s.digester.bytes, *ret_size);
	}
	if (r == 0 && n < 0)
		r = fail_errno(fail, errno, "%s: %s", o->file, name);
	*ret_size = s.digester.bytes;
	digester_finish(&s.digester, ret);
	fd_cleanup(&s.fd);
	return r;
}

/* A member of an archive becomes a blob, and stays a member. */
static int keep_member(struct origin *o, struct member *m, const char *blob)
{
	char *file;

	if (linkat(o->work->fd, m->file, o->work->fd, blob, 0) == 0)
		return 0;
	/* No hard links here: the blob is the member's file from now on. */
	file = talloc_strdup(m, blob);
	if (!file || renameat(o->work->fd, m->file, o->work->fd, blob) < 0)
		return file ? -errno : -ENOMEM;
	m->file = file;
	return 0;
}

/* What the member is, checked, and as a blob of the work directory. */
static int bring_in(struct origin *o, const char *name, const struct want *want, struct digest *ret,
		    uint64_t *ret_size, struct fail *fail)
{
	struct member *m = o->dir < 0 ? find_member(o, name) : NULL;
	char blob[BLOB_NAME], why[300];
	int r = 0;

	if (o->dir < 0 && !m)
		return no_member(o, name, fail);
	if (!m)
		r = copy_in(o, name, want, "copy", ret, ret_size, fail);
	if (r < 0)
		return r;
	if (m) {
		*ret = m->digest;
		*ret_size = m->size;
	}
	if (want->digest && !digest_equal(ret, want->digest)) {
		snprintf(why, sizeof(why), "broken: its digest is %s", ret->text);
		return broken(o, name, fail, why);
	}
	work_blob_name(ret, blob);
	if (work_has_blob(o->work, ret)) {
		unlinkat(o->work->fd, "copy", 0);
		return 0;
	}
	if (m)
		r = keep_member(o, m, blob);
	else
		r = renameat(o->work->fd, "copy", o->work->fd, blob) < 0 ? -errno : 0;
	return r < 0 ? fail_errno(fail, -r, "%s: %s", o->file, name) : 0;
}

int origin_blob(struct origin *o, const char *name, const struct want *want, struct digest *ret,
		uint64_t *ret_size, struct fail *fail)
{
	int fd, r = 0;
	struct stat st;

	if (want->digest &&
	    (work_has_blob(o->work, want->digest) || work_pin_blob(o->work, want->digest) == 0)) {
		fd = work_open_blob(o->work, want->digest, fail);
		r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
		fd_cleanup(&fd);
		*ret = *want->digest;
		*ret_size = r == 0 ? (uint64_t)st.st_size : 0;
	} else {
		r = bring_in(o, name, want, ret, ret_size, fail);
	}
	if (r == 0 && want->has_size && *ret_size != want->size)
		return broken(o, name, fail, "not as long as the manifest says");
	return r;
}
