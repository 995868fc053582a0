/* SPDX-License-Identifier: MIT */
/*
 * Step by step to the parent, the entry found there by its inode: what getcwd(3) did before there
 * was a system call for it. Reads directories, so it is for names that nothing else gives.
 *
 * Invariant: `ret` holds what comes behind the directory `fd`, "" or "/...".
 */
#include "path/longname.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum climb {
	CLIMB_DONE,
	CLIMB_ON,
};

static bool is_child(int parent, const char *name, const struct stat *child)
{
	struct stat st;

	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == child->st_ino &&
	       st.st_dev == child->st_dev;
}

/* Puts "/name" of the child in front of ret. The entry's own inode number spares most stats. */
static int find_child(int parent, const struct stat *child, struct pathbuf *ret)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int r = -ENOENT;

	if (!dir) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == -ENOENT && (e = readdir(dir))) {
		if (e->d_ino != child->st_ino || !is_child(parent, e->d_name, child))
			continue;
		r = pathbuf_prepend_n(ret, e->d_name, strlen(e->d_name));
		if (r == 0)
			r = pathbuf_prepend_n(ret, "/", 1);
	}
	closedir(dir);
	return r;
}

/* Does the kernel name the directory? Then that goes in front. */
static int ask_kernel(int fd, struct pathbuf *ret)
{
	struct pathname name;
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name.s, sizeof(name.s));
	if (n < 0)
		return errno == ENAMETOOLONG ? CLIMB_ON : -errno;
	if (name.s[0] != '/')
		return -ENOENT;
	return pathbuf_prepend_n(ret, name.s, n == 1 && ret->len ? 0 : (size_t)n);
}

static int step_up(int *fd, struct pathbuf *ret)
{
	struct stat child;
	int parent, r;

	if (fstat(*fd, &child) < 0)
		return -errno;
	parent = openat(*fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	r = find_child(parent, &child, ret);
	close(*fd);
	*fd = parent;
	return r;
}

int longname_of(int dir_fd, struct pathbuf *ret)
{
	int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	pathbuf_clear(ret);
	while ((r = ask_kernel(fd, ret)) == CLIMB_ON) {
		r = step_up(&fd, ret);
		if (r < 0)
			break;
	}
	close(fd);
	return r;
}

int longname_above(const char *dir, struct pathbuf *ret)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), r = CLIMB_ON;

	while (fd >= 0 && r == CLIMB_ON) {
		int parent;

		pathbuf_clear(ret);
		r = ask_kernel(fd, ret);
		parent = r == CLIMB_ON ? openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		if (r == CLIMB_ON && parent < 0)
			r = -errno;
		close(fd);
		fd = parent;
	}
	return r == CLIMB_ON ? -errno : r;
}

int longname_of_link(const char *link, struct pathbuf *ret)
{
	int fd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = longname_of(fd, ret);
	close(fd);
	return r;
}
