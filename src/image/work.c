/* SPDX-License-Identifier: MIT */
/*
 * Unfinished work: directories below tmp/, each locked by who works there. Killed work is known by
 * a lock that nobody holds, so it is swept by whoever has the state to himself; begun it is under
 * the shared lock, so that no sweep comes between the directory and its lock.
 */
#include "image/work.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pathbuf.h"
#include "base/rmtree.h"
#include "image/state.h"

int work_list(void *ctx, const struct state *s, const char *dir, char ***ret)
{
	int fd = openat(s->fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	char **list;

	if (!d) {
		count = -errno;
		fd_cleanup(&fd);
		return count;
	}
	list = talloc_zero_array(ctx, char *, 1);
	while (list && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		list = talloc_realloc(ctx, list, char *, (size_t)count + 2);
		if (!list || !(list[count] = talloc_strdup(list, e->d_name)))
			break;
		list[++count] = NULL;
	}
	closedir(d);
	*ret = list;
	return list ? count : -ENOMEM;
}

/* Opens its lock; true where nobody else holds it. */
static bool is_abandoned(const struct state *s, const char *name)
{
	char path[NAME_LIMIT + 16];
	int fd, r;

	snprintf(path, sizeof(path), "tmp/%s/lock", name);
	fd = openat(s->fd, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR;
	r = flock(fd, LOCK_EX | LOCK_NB);
	close(fd);
	return r == 0;
}

void work_sweep(const struct state *s)
{
	char **names;
	int count = work_list(NULL, s, "tmp", &names);
	char path[NAME_LIMIT + 8];

	if (count < 0)
		return;
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "tmp/%s", names[i]);
		if (is_abandoned(s, names[i]))
			rmtree(s->fd, path, ULONG_MAX);
	}
	talloc_free(names);
}

static int work_end(struct work *w)
{
	fd_cleanup(&w->fd);
	if (w->name)
		rmtree(w->state->fd, w->name, ULONG_MAX);
	fd_cleanup(&w->lock_fd);
	return 0;
}

/* A directory of a name that nobody has; locked. 0 or -errno. */
static int make_directory(struct work *w)
{
	unsigned random;
	char *name;

	do {
		if (getrandom(&random, sizeof(random), 0) < 0)
			return -errno;
		name = talloc_asprintf(w, "tmp/%08x", random);
		if (!name)
			return -ENOMEM;
	} while (mkdirat(w->state->fd, name, 0700) < 0 && errno == EEXIST);
	w->name = name;
	w->fd = openat(w->state->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->fd < 0)
		return -errno;
	w->lock_fd = openat(w->fd, "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return w->lock_fd < 0 || flock(w->lock_fd, LOCK_EX) < 0 ? -errno : 0;
}

int work_begin(void *ctx, struct state *s, struct work **ret, struct fail *fail)
{
	struct work *w = talloc_zero(ctx, struct work);
	enum state_lock before = s->lock;
	int r;

	if (!w)
		return fail_errno(fail, ENOMEM, "%s/tmp", s->dir);
	*w = (struct work){ .state = s, .fd = -1, .lock_fd = -1 };
	talloc_set_destructor(w, work_end);
	r = before == STATE_UNLOCKED ? state_lock(s, STATE_SHARED, fail) : 0;
	if (r == 0) {
		r = make_directory(w);
		if (r < 0)
			fail_errno(fail, -r, "cannot begin work in %s/tmp", s->dir);
	}
	if (before == STATE_UNLOCKED && r == 0)
		r = state_lock(s, STATE_UNLOCKED, fail);
	if (r < 0)
		talloc_free(w);
	else
		*ret = w;
	return r;
}

/* The directory that a name stands in is on disk. */
static int sync_parent(const struct state *s, const char *name)
{
	const char *slash = strrchr(name, '/');
	char parent[BLOB_NAME];
	int fd, r;

	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - name) : 1,
		 slash ? name : ".");
	fd = openat(s->fd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int sync_file(const struct work *w, const char *name)
{
	int fd = openat(w->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	fd_cleanup(&fd);
	return r;
}

/* rename(2) leaves a directory that is not empty alone, and so do we one that is. */
static int move(const struct work *w, const char *from, const char *to, bool is_dir)
{
	if (!is_dir)
		return renameat(w->fd, from, w->state->fd, to) < 0 ? -errno : 0;
	if (renameat2(w->fd, from, w->state->fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (faccessat(w->state->fd, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	if (renameat(w->fd, from, w->state->fd, to) == 0)
		return 0;
	return errno == ENOTEMPTY ? -EEXIST : -errno;
}

int work_publish(struct work *w, const char *from, const char *to, struct fail *fail)
{
	struct stat st;
	int r = fstatat(w->fd, from, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;

	if (r == 0 && S_ISREG(st.st_mode))
		r = sync_file(w, from);
	if (r == 0)
		r = move(w, from, to, S_ISDIR(st.st_mode));
	if (r == 0)
		r = sync_parent(w->state, to);
	return r < 0 ? fail_errno(fail, -r, "%s/%s", w->state->dir, to) : 0;
}

/* ---- blobs that are not visible yet ---- */

void work_blob_name(const struct digest *d, char ret[BLOB_NAME])
{
	snprintf(ret, BLOB_NAME, "blob-%.6s-%s", d->text, digest_hex(d));
}

bool work_has_blob(const struct work *w, const struct digest *d)
{
	char name[BLOB_NAME];

	work_blob_name(d, name);
	return faccessat(w->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int work_pin_blob(struct work *w, const struct digest *d)
{
	char from[BLOB_NAME], to[BLOB_NAME];

	blob_name(d, from);
	work_blob_name(d, to);
	return linkat(w->state->fd, from, w->fd, to, 0) < 0 && errno != EEXIST ? -errno : 0;
}

int work_make_blob(struct work *w, const void *bytes, size_t len, struct digest *ret,
		   struct fail *fail)
{
	char name[BLOB_NAME];

	*ret = digest_of(DIGEST_SHA256, bytes, len);
	work_blob_name(ret, name);
	return work_has_blob(w, ret) ? 0 : state_write_file(w->fd, name, bytes, len, fail);
}

int work_open_blob(const struct work *w, const struct digest *d, struct fail *fail)
{
	char name[BLOB_NAME];
	int fd;

	work_blob_name(d, name);
	fd = openat(w->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? fail_errno(fail, errno, "%s", d->text) : fd;
}

int work_read_blob(void *ctx, const struct work *w, const struct digest *d, char **ret,
		   size_t *ret_len, struct fail *fail)
{
	int fd __attribute__((cleanup(fd_cleanup))) = work_open_blob(w, d, fail);
	int r = fd < 0 ? fd : blob_read(ctx, fd, ret, ret_len);

	return r < 0 && fd >= 0 ? fail_errno(fail, -r, "%s", d->text) : r;
}
