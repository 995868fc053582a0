// SPDX-License-Identifier: MIT
/*
 * Which of two errors that apply to one call the kernel reports, where one of them is a mount's:
 * the order of fs/namei.c, fs/open.c and fs/attr.c.
 *
 * dirs: /tmp/d /tmp/d/e /tmp/shut
 * binds: /proc @/data:/mnt/data @/ro:/mnt/ro:ro @/file:/mnt/file @/rofile:/mnt/rofile:ro
 */
#include "guest.h"

#include <linux/openat2.h>

static char long_name[300];

/* rename of `from` and link of it to `to`, which exists or not; all ways of rename. */
static void both(const char *from, const char *to)
{
	for (int flags = 0; flags < 3; flags++)
		SHOW_AS(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags), "rename %.40s %.40s %d",
			from, to, flags);
	SHOW_AS(link(from, to), "link %.40s %.40s", from, to);
}

/* The names are looked up behind EXDEV and EROFS, before EBUSY of a mount point. */
static void names_of_a_rename(void)
{
	static const char *const points[] = { "/mnt/file", "/mnt/data", "/", "/mnt/ro/new", "/proc/new" };
	char name[300];

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		snprintf(name, sizeof(name), "/tmp/%s", long_name);
		both(name, points[i]);
		both(points[i], name);
		both("/tmp/d", points[i]);
		both("/tmp/missing", points[i]);
		both("/tmp/missing/.", points[i]);
		both("/tmp/d/..", points[i]);
		both(points[i], "/tmp/d/..");
	}
	snprintf(name, sizeof(name), "/mnt/ro/%s", long_name);
	both("/mnt/ro/file", name);
	both(name, "/mnt/ro/x");
	both("/tmp/d", name);
}

/* A directory that changes its parent must be writable itself: its ".." changes. */
static void directory_without_write(void)
{
	NEED(chmod("/tmp/d/e", 0500) == 0);
	both("/tmp/d/e", "/mnt/data");
	both("/tmp/d/e", "/mnt/file");
	both("/tmp/d/e", "/tmp/shut");
	both("/mnt/data", "/tmp/d/e");
	both("/mnt/file", "/tmp/d/e");
	both("/tmp/d/e", "/tmp/d");
	NEED(chmod("/tmp/d/e", 0755) == 0);
}

/* Names in a directory that was removed: nothing is in it, but it still lies in its mount. */
static void removed(const char *dir)
{
	NEED(mkdir(dir, 0755) == 0 && chdir(dir) == 0 && rmdir(dir) == 0);
	both("x", "/tmp/y");
	both("x", "/mnt/data/y");
	both("x", "/mnt/data");
	both("x", "/mnt/ro/y");
	both("/tmp/f", "x");
	both("/mnt/data/file", "x");
	both("/mnt/file", "x");
	both("/mnt/data", "x");
	both("x", "x");
	both(".", "x");
	both("x", "/tmp/d/.");
	both(long_name, "/mnt/file");
	both("/mnt/file", long_name);
	SHOW(mkdir("x", 0755));
	SHOW_FD(open("x", O_CREAT | O_WRONLY, 0600));
	NEED(chdir("/") == 0);
}

/* linkat of a descriptor: its mount is that of the open file. */
static void link_of_descriptor(const char *name)
{
	int fd = open(name, O_RDONLY), by_path = open(name, O_PATH);

	printf("descriptor of %s\n", name);
	SHOW(linkat(fd, "", AT_FDCWD, "/tmp/linked", AT_EMPTY_PATH));
	unlink("/tmp/linked");
	SHOW(linkat(by_path, "", AT_FDCWD, "/mnt/data/linked", AT_EMPTY_PATH));
	unlink("/mnt/data/linked");
	SHOW(linkat(fd, "", AT_FDCWD, "/tmp/f", AT_EMPTY_PATH));
	SHOW(linkat(fd, "", AT_FDCWD, "/mnt/ro/linked", AT_EMPTY_PATH));
	SHOW(linkat(fd, "", AT_FDCWD, "/mnt/data", AT_EMPTY_PATH));
	SHOW(linkat(fd, "", AT_FDCWD, "/proc/linked", AT_EMPTY_PATH));
	close(by_path);
	close(fd);
}

/* Calls on a descriptor itself, through a :ro bind. */
static void read_only_descriptor(int flags)
{
	int fd = open("/mnt/ro/file", flags);
	struct timespec wrong[2] = { { 0, -5 }, { 0, -5 } };

	printf("read-only descriptor %x\n", flags);
	SHOW(syscall(SYS_faccessat2, fd, "", W_OK, AT_EMPTY_PATH));
	SHOW(syscall(SYS_faccessat2, fd, "", X_OK | W_OK, AT_EMPTY_PATH));
	SHOW(syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH));
	SHOW(syscall(SYS_faccessat2, fd, "", 8, AT_EMPTY_PATH));
	SHOW(futimens(fd, NULL));
	SHOW(utimensat(fd, "", NULL, AT_EMPTY_PATH));
	SHOW(syscall(SYS_utimensat, fd, NULL, NULL, AT_SYMLINK_NOFOLLOW));
	SHOW(futimens(fd, wrong));
	SHOW(fchownat(fd, "", -1, -1, AT_EMPTY_PATH));
	SHOW(fchmod(fd, 0600));
	SHOW(syscall(SYS_fchmodat2, fd, "", 0600, AT_EMPTY_PATH));
	close(fd);
}

/* An absolute name is refused before the descriptor is looked at, or it is the root. */
static void scoped_from_file(const char *name)
{
	struct open_how how = { .flags = O_WRONLY };
	int fd = open(name, O_PATH);

	for (how.resolve = 0; how.resolve < 0x20; how.resolve += RESOLVE_BENEATH) {
		SHOW_FD(syscall(SYS_openat2, fd, "/tmp/f", &how, sizeof(how)));
		SHOW_FD(syscall(SYS_openat2, fd, "tmp/f", &how, sizeof(how)));
		SHOW_FD(syscall(SYS_openat2, 77, "/tmp/f", &how, sizeof(how)));
		SHOW_FD(syscall(SYS_openat2, 77, "tmp/f", &how, sizeof(how)));
	}
	close(fd);
}

/* The cwd may be below what may not be searched: asked is the directory, not its name. */
static void below_what_is_shut(void)
{
	NEED(mkdir("/tmp/shut/in", 0755) == 0 && chdir("/tmp/shut/in") == 0 && chmod("/tmp/shut", 0) == 0);
	both("/mnt/data", "x");
	both("x", "/mnt/data");
	NEED(mkdir("e", 0755) == 0);
	both("e", "/mnt/file");
	both("/mnt/file", "e");
	NEED(chmod("e", 0500) == 0);
	both("e", "/mnt/file");
	NEED(chmod(".", 0500) == 0);
	both("e", "/mnt/file");
	both("/mnt/file", "e");
	NEED(chdir("/") == 0 && chmod("/tmp/shut", 0755) == 0);
}

int main(void)
{
	memset(long_name, 'L', 256);
	NEED(close(open("/tmp/f", O_CREAT | O_WRONLY, 0644)) == 0);
	names_of_a_rename();
	directory_without_write();
	removed("/tmp/gone");
	removed("/mnt/data/gone");
	link_of_descriptor("/mnt/data/file");
	link_of_descriptor("/mnt/file");
	link_of_descriptor("/mnt/data");
	link_of_descriptor("/tmp/f");
	read_only_descriptor(O_RDONLY);
	read_only_descriptor(O_PATH);
	scoped_from_file("/mnt/file");
	scoped_from_file("/tmp/f");
	scoped_from_file("/");
	below_what_is_shut();
	return 0;
}
