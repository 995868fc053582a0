/* SPDX-License-Identifier: MIT */
/*
 * The state directory: where it is, that it is of our format, its lock, and files replaced whole.
 *
 * Locks are flock(2) of files that are opened for writing, which NFS needs for an exclusive one.
 */
#include "image/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pathbuf.h"
#include "image/work.h"

enum { MOST_TEXT = 16 << 20 };

static const char format[] = "pr state 1\n";

static const char *const directories[] = { "tmp", "blobs", "blobs/sha256", "containers" };

/* ---- where ---- */

/* A variable that names no absolute directory does not count (XDG Base Directory). */
static char *state_place(void *ctx)
{
	const char *own = getenv("PR_HOME"), *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (own && *own)
		return talloc_strdup(ctx, own);
	if (data && *data == '/')
		return talloc_asprintf(ctx, "%s/pr", data);
	return home && *home == '/' ? talloc_asprintf(ctx, "%s/.local/share/pr", home) : NULL;
}

/* Makes what is missing of a path, for its owner alone. Changes `path` for a while. 0 or -errno. */
static int make_directories(char *path)
{
	for (char *p = path + 1;; p++) {
		char end = *p;

		if (end != '/' && end != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST && errno != EROFS)
			return -errno;
		*p = end;
		if (!end)
			return 0;
	}
}

static int state_close(struct state *s)
{
	fd_cleanup(&s->fd);
	fd_cleanup(&s->lock_fd);
	return 0;
}

static int open_place(struct state *s, char *path, struct fail *fail)
{
	char *whole;
	int r = make_directories(path);

	if (r < 0)
		return fail_errno(fail, -r, "cannot make %s, where images and containers are kept",
				  path);
	s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		return fail_errno(fail, errno, "%s", path);
	whole = realpath(path, NULL);
	s->dir = whole ? talloc_strdup(s, whole) : NULL;
	free(whole);
	return s->dir ? 0 : fail_errno(fail, ENOMEM, "%s", path);
}

/* ---- files ---- */

int state_write_file(int dir_fd, const char *name, const char *text, size_t len, struct fail *fail)
{
	char temporary[NAME_LIMIT + 1];
	int fd, r;

	if (snprintf(temporary, sizeof(temporary), "%s~", name) >= (int)sizeof(temporary))
		return fail_errno(fail, ENAMETOOLONG, "%s", name);
	fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(fail, errno, "cannot write %s", name);
	r = fd_write(fd, text, len);
	if (r == 0 &&
	    (fsync(fd) < 0 || renameat(dir_fd, temporary, dir_fd, name) < 0 || fsync(dir_fd) < 0))
		r = -errno;
	close(fd);
	if (r == 0)
		return 0;
	unlinkat(dir_fd, temporary, 0);
	return fail_errno(fail, -r, "cannot write %s", name);
}

/* ---- the format ---- */

/* 0; -ENOENT: there is none yet. */
static int check_format(const struct state *s, struct fail *fail)
{
	char text[sizeof(format) + 8] = "";
	ssize_t n;
	int fd = openat(s->fd, "format", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : fail_errno(fail, errno, "%s/format", s->dir);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n == (ssize_t)strlen(format) && strcmp(text, format) == 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	fail_set(fail,
		 "%s is kept in another format ('%s') than this pr knows ('pr state 1'): use the "
		 "pr that made it, or another PR_HOME",
		 s->dir, text);
	return -EPROTO;
}

static int make_state(struct state *s, struct fail *fail)
{
	int r = state_lock(s, STATE_EXCLUSIVE, fail);

	for (size_t i = 0; r == 0 && i < sizeof(directories) / sizeof(directories[0]); i++)
		if (mkdirat(s->fd, directories[i], 0700) < 0 && errno != EEXIST)
			r = fail_errno(fail, errno, "cannot make %s/%s", s->dir, directories[i]);
	if (r == 0)
		r = check_format(s, fail);
	if (r == -ENOENT)
		r = state_write_file(s->fd, "format", format, strlen(format), fail);
	return r < 0 ? r : state_lock(s, STATE_UNLOCKED, fail);
}

int state_open(void *ctx, struct state **ret, struct fail *fail)
{
	struct state *s = talloc_zero(ctx, struct state);
	char *path = s ? state_place(s) : NULL;
	int r;

	if (!path) {
		talloc_free(s);
		fail_set(fail, "where are images to be kept? Neither PR_HOME nor HOME is set");
		return -EINVAL;
	}
	s->fd = s->lock_fd = -1;
	talloc_set_destructor(s, state_close);
	r = open_place(s, path, fail);
	if (r == 0) {
		s->lock_fd = openat(s->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (s->lock_fd < 0 && (errno == EROFS || errno == EACCES))
			s->lock_fd = openat(s->fd, "lock", O_RDONLY | O_CLOEXEC);
		if (s->lock_fd < 0)
			r = fail_errno(fail, errno, "%s/lock", s->dir);
	}
	if (r == 0) {
		r = check_format(s, fail);
		if (r == -ENOENT)
			r = make_state(s, fail);
	}
	if (r == 0)
		*ret = s;
	else
		talloc_free(s);
	return r;
}

bool state_is_there(void)
{
	char *path = state_place(NULL);
	char *file = path ? talloc_asprintf(path, "%s/format", path) : NULL;
	bool there = file && access(file, R_OK) == 0;

	talloc_free(path);
	return there;
}

int state_lock(struct state *s, enum state_lock lock, struct fail *fail)
{
	static const int kinds[] = {
		[STATE_UNLOCKED] = LOCK_UN,
		[STATE_SHARED] = LOCK_SH,
		[STATE_EXCLUSIVE] = LOCK_EX,
	};
	int r;

	if (lock == s->lock)
		return 0;
	do
		r = flock(s->lock_fd, kinds[lock]);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return fail_errno(fail, errno, "cannot lock %s/lock", s->dir);
	s->lock = lock;
	if (lock == STATE_EXCLUSIVE)
		work_sweep(s);
	return 0;
}

/* ---- blobs ---- */

void blob_name(const struct digest *d, char ret[BLOB_NAME])
{
	snprintf(ret, BLOB_NAME, "blobs/%.6s/%s", d->text, digest_hex(d));
}

int blob_open(const struct state *s, const struct digest *d, struct fail *fail)
{
	char name[BLOB_NAME];
	int fd;

	blob_name(d, name);
	fd = openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? fail_errno(fail, errno, "%s/%s", s->dir, name) : fd;
}

int blob_read(void *ctx, int fd, char **ret, size_t *ret_len)
{
	struct stat st;
	ssize_t n = 1;
	size_t len = 0;
	char *text;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > MOST_TEXT)
		return -EFBIG;
	text = talloc_zero_size(ctx, (size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (len < (size_t)st.st_size && (n = read(fd, text + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	*ret = text;
	*ret_len = len;
	return n < 0 ? -errno : 0;
}

off_t blob_size(const struct state *s, const struct digest *d)
{
	char name[BLOB_NAME];
	struct stat st;

	blob_name(d, name);
	return fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : st.st_size;
}

/* ---- containers ---- */

int state_check_name(const char *name, struct fail *fail)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strspn(name, letters);

	if (!name[len] && len > 0 && len <= 64 && !strchr("_.-", name[0]))
		return 0;
	fail_set(fail,
		 "'%s' cannot be a name: 1 to 64 letters, digits, '_', '.' and '-', a letter or "
		 "digit first",
		 name);
	return -EINVAL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int state_containers(void *ctx, const struct state *s, char ***ret, struct fail *fail)
{
	char **names;
	int r = work_list(ctx, s, "containers", &names);
	struct fail ignored;
	size_t kept = 0;

	if (r < 0)
		return fail_errno(fail, -r, "%s/containers", s->dir);
	for (int i = 0; i < r; i++)
		if (state_check_name(names[i], &ignored) == 0)
			names[kept++] = names[i];
	names[kept] = NULL;
	qsort(names, kept, sizeof(names[0]), compare_names);
	*ret = names;
	return 0;
}

int state_container_open(const struct state *s, const char *name, struct fail *fail)
{
	char path[sizeof("containers/") + 64];
	int fd, r = state_check_name(name, fail);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "containers/%s", name);
	fd = openat(s->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return fail_errno(fail, errno, "%s/%s", s->dir, path);
	fail_set(fail, "there is no container '%s': pr ps -a lists them", name);
	return -ENOENT;
}
