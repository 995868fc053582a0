/* SPDX-License-Identifier: MIT */
/*
 * The session's private directory on the host: the loaders, the skeleton of binds over nothing,
 * short names for long sockets, texts of /proc, a link that leads to itself. It must allow programs
 * to run from it.
 *
 * A lock is held on it for the session's life; what a killed session left is swept by the next.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <talloc.h>
#include <unistd.h>

#include "exec/loaderfile.h"
#include "base/rmtree.h"
#include "engine/ptrace/start.h"
#include "tracee/session.h"

#define PREFIX "pr-session-"

void sessiondir_remove(const char *dir)
{
	rmtree(AT_FDCWD, dir, ULONG_MAX);
}

/* Is it ours, and is no session alive that holds its lock? */
static bool is_stale(int parent, const char *name)
{
	struct stat st;
	bool stale;
	int fd;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	stale = fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return stale;
}

void sessiondir_sweep(const char *dir)
{
	const char *slash = strrchr(dir, '/');
	char *base = talloc_strndup(NULL, dir, slash > dir ? (size_t)(slash - dir) : 1);
	DIR *d = base ? opendir(base) : NULL;
	struct dirent *e;

	talloc_free(base);
	if (!d)
		return;
	while ((e = readdir(d)))
		if (is_stale(dirfd(d), e->d_name))
			rmtree(dirfd(d), e->d_name, ULONG_MAX);
	closedir(d);
}

/* Locked before anyone else can know the name of it as ours: made under another name first. */
static char *make_in(void *ctx, const char *base, int *ret_lock)
{
	char *hidden = talloc_asprintf(ctx, "%s/.pr-new-XXXXXX", base);
	char *dir;
	int fd;

	if (!hidden || !mkdtemp(hidden))
		return NULL;
	fd = open(hidden, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = talloc_asprintf(ctx, "%s/" PREFIX "%s", base, hidden + strlen(hidden) - 6);
	/* The lock lives with the open file, in the front and in the tracer. */
	if (fd < 0 || flock(fd, LOCK_EX) < 0 || !dir ||
	    symlinkat(SESSION_LOOP, fd, SESSION_LOOP) < 0 || rename(hidden, dir) < 0) {
		rmtree(AT_FDCWD, hidden, ULONG_MAX);
		return NULL;
	}
	*ret_lock = fd;
	return dir;
}

static bool can_run_from(const char *base)
{
	struct statvfs v;

	unsigned long unfit = loaderfile_is_given() ? ST_RDONLY : ST_NOEXEC | ST_RDONLY;

	return statvfs(base, &v) == 0 && !(v.f_flag & unfit) &&
	       access(base, W_OK | X_OK) == 0;
}

char *sessiondir_make(void *ctx, int *ret_lock, struct fail *fail)
{
	const char *candidates[] = { getenv("PR_TMPDIR"), getenv("PROOT_TMP_DIR"), "/tmp",
				     getenv("TMPDIR"), getenv("XDG_RUNTIME_DIR"), "/var/tmp",
				     "/dev/shm", getenv("HOME") };
	char *real, *dir;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (!candidates[i] || !*candidates[i] || !can_run_from(candidates[i]))
			continue;
		real = realpath(candidates[i], NULL);
		if (!real)
			continue;
		dir = make_in(ctx, real, ret_lock);
		free(real);
		if (dir)
			return dir;
	}
	fail_set(
		fail,
		"no directory to keep this session's files in: /tmp, $TMPDIR, /var/tmp are "
		"not writable or forbid running programs (noexec); set PR_TMPDIR to one that does");
	return NULL;
}
