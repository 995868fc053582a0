/* SPDX-License-Identifier: MIT */
/*
 * Step by step to the parent, the entry found there by its inode: what getcwd(3) did before there
 * was a system call for it. Reads directories, so it is for names that nothing else gives.
 *
 * Invariant: `ret` holds what comes behind the directory `fd`, "" or "/...".
 *
 * A file has no way up. But of what is mapped /proc/self/maps tells the name, however long.
 */
#include "path/longname.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/* The name in the line of /proc/self/maps that begins so. */
static int find_mapping(const void *begin, struct pathbuf *ret)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int r = maps ? -ENOENT : -errno;
	char *line = NULL, *name;
	unsigned long at;
	size_t size = 0;
	ssize_t n;

	while (r == -ENOENT && (n = getline(&line, &size, maps)) > 0) {
		name = memchr(line, '/', (size_t)n);
		if (!name || sscanf(line, "%lx", &at) != 1 || at != (unsigned long)begin)
			continue;
		n -= name - line + 1; /* and the newline */
		if ((size_t)n >= sizeof(ret->s))
			n = sizeof(ret->s) - 1;
		r = pathbuf_set_n(ret, name, (size_t)n);
	}
	free(line);
	if (maps)
		fclose(maps);
	return r;
}

/* Of a file that may be read; as much of it as there is room for. */
static int name_by_mapping(const char *link, struct pathbuf *ret)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, fd, r;
	struct stat st;
	void *p;

	if (stat(link, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENAMETOOLONG;
	fd = open(link, flags | O_NOATIME);
	if (fd < 0)
		fd = open(link, flags);
	if (fd < 0)
		return -errno;
	p = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	r = p == MAP_FAILED ? -errno : find_mapping(p, ret);
	if (p != MAP_FAILED)
		munmap(p, 1);
	close(fd);
	return r;
}

int longname_of_link(const char *link, struct pathbuf *ret)
{
	int fd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0 && errno == ENOTDIR) {
		r = name_by_mapping(link, ret);
		return r == 0 && ret->len == sizeof(ret->s) - 1 ? -ENAMETOOLONG : r;
	}
	if (fd < 0)
		return -errno;
	r = longname_of(fd, ret);
	close(fd);
	return r;
}

int longname_read(const char *link, struct pathbuf *ret)
{
	ssize_t n = readlink(link, ret->s, sizeof(ret->s) - 1);

	if (n < 0 && errno == ENAMETOOLONG)
		return longname_of_link(link, ret) < 0 ? -ENAMETOOLONG : 0;
	if (n < 0)
		return -errno;
	pathbuf_truncate(ret, (size_t)n);
	return 0;
}

int longname_around(const char *link, struct pathbuf *ret)
{
	ssize_t n = readlink(link, ret->s, sizeof(ret->s) - 1);
	int r;

	if (n >= 0) {
		pathbuf_truncate(ret, (size_t)n);
		return 0;
	}
	if (errno != ENAMETOOLONG)
		return -errno;
	r = longname_above(link, ret);
	return r == -ENOTDIR ? name_by_mapping(link, ret) : r;
}
