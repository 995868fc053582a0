// SPDX-License-Identifier: MIT
/*
 * Binds as real mounts: EXDEV across them, EBUSY on their points, EROFS through :ro ones, nested and
 * file binds, binds over something and over nothing, parents that exist only for a bind.
 *
 * dirs: /tmp/over /tmp/over/hidden /tmp/lean
 * binds: @/data:/mnt/data @/ro:/mnt/ro:ro @/file:/mnt/file @/rofile:/mnt/rofile:ro @/other:/mnt/data/inner @/data:/tmp/over @/other:/new/deep/here @/empty:/tmp/lean/point @/data/inner:/mnt/ro/inner
 */
#include "guest.h"

#include <sys/statvfs.h>
#include <sys/xattr.h>

static void crossing(void)
{
	static const char *const names[] = { "/tmp/f", "/mnt/data/file", "/mnt/data/inner/file",
					     "/mnt/file", "/tmp/over/file", "/new/deep/here/file" };
	static const char *const dirs[] = { "/tmp", "/mnt/data", "/mnt/data/inner", "/new/deep/here",
					    "/tmp/over", "/tmp/lean/point" };
	char to[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		for (size_t j = 0; j < sizeof(dirs) / sizeof(*dirs); j++) {
			snprintf(to, sizeof(to), "%s/x", dirs[j]);
			if (SHOW_AS(link(names[i], to), "link %s %s", names[i], to) == 0)
				unlink(to);
			if (SHOW_AS(rename(names[i], to), "rename %s %s", names[i], to) == 0)
				NEED(rename(to, names[i]) == 0);
			snprintf(to, sizeof(to), "%s/file", dirs[j]);
			SHOW_AS(syscall(SYS_renameat2, AT_FDCWD, names[i], AT_FDCWD, to, 2),
				"exchange %s %s", names[i], to);
		}
}

static void busy(void)
{
	static const char *const points[] = { "/", "/proc", "/mnt/data", "/mnt/file", "/mnt/data/inner",
					      "/tmp/over", "/new", "/new/deep", "/new/deep/here",
					      "/tmp/lean/point", "/tmp/lean", "/mnt/data/", "/mnt/ro" };

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		SHOW_AS(rmdir(points[i]), "rmdir %s", points[i]);
		SHOW_AS(unlink(points[i]), "unlink %s", points[i]);
		SHOW_AS(mkdir(points[i], 0755), "mkdir %s", points[i]);
		SHOW_AS(symlink("x", points[i]), "symlink %s", points[i]);
		SHOW_AS(rename("/tmp/dir", points[i]), "rename onto %s", points[i]);
		SHOW_AS(rename("/tmp/f", points[i]), "rename file onto %s", points[i]);
		SHOW_AS(link("/tmp/f", points[i]), "link onto %s", points[i]);
		SHOW_FD(open(points[i], O_CREAT | O_EXCL | O_WRONLY, 0600));
		if (strcmp(points[i], "/new") == 0 || strcmp(points[i], "/new/deep") == 0 ||
		    strcmp(points[i], "/tmp/lean") == 0)
			continue;
		SHOW_AS(rename(points[i], "/tmp/away"), "rename of %s", points[i]);
	}
}

static void read_only(const char *dir)
{
	char a[128], b[128], c[128];
	struct stat st;

	snprintf(a, sizeof(a), "%s/file", dir);
	snprintf(b, sizeof(b), "%s/new", dir);
	snprintf(c, sizeof(c), "%s/inner", dir);
	printf("read-only %s\n", dir);
	SHOW(stat(a, &st));
	SHOW_FD(open(a, O_RDONLY));
	SHOW_FD(open(a, O_WRONLY));
	SHOW_FD(open(a, O_RDWR));
	SHOW_FD(open(a, O_RDONLY | O_TRUNC));
	SHOW_FD(open(a, O_RDONLY | O_CREAT, 0600));
	SHOW_FD(open(a, O_WRONLY | O_CREAT | O_EXCL, 0600));
	SHOW_FD(open(b, O_RDONLY | O_CREAT, 0600));
	SHOW_FD(open(b, O_WRONLY));
	SHOW_FD(open(dir, O_TMPFILE | O_RDWR, 0600));
	SHOW_FD(open(dir, O_WRONLY));
	SHOW(mkdir(b, 0755));
	SHOW(mkdir(c, 0755));
	SHOW(rmdir(c));
	SHOW(rmdir(b));
	SHOW(unlink(a));
	SHOW(unlink(b));
	SHOW(rename(a, b));
	SHOW(rename(a, "/tmp/x"));
	SHOW(rename("/tmp/f", b));
	SHOW(link(a, b));
	SHOW(link(a, "/tmp/x"));
	SHOW(symlink("x", b));
	SHOW(symlink("x", a));
	SHOW(mknod(b, S_IFIFO | 0600, 0));
	SHOW(chmod(a, 0600));
	SHOW(chown(a, -1, -1));
	SHOW(truncate(a, 0));
	SHOW(truncate(b, 0));
	SHOW(utimensat(AT_FDCWD, a, NULL, 0));
	SHOW(access(a, R_OK));
	SHOW(access(a, W_OK));
	SHOW(access(b, W_OK));
	SHOW(faccessat(AT_FDCWD, a, W_OK, AT_EACCESS));
	SHOW(setxattr(a, "user.x", "x", 1, 0));
	SHOW(removexattr(a, "user.x"));
	SHOW(getxattr(a, "user.x", b, 1));
}

/* A descriptor opened through the :ro bind does not change by an *at call either. */
static void read_only_fds(void)
{
	int d = open("/mnt/ro", O_RDONLY), f = open("/mnt/ro/file", O_RDONLY);
	char name[64];

	NEED(chdir("/mnt/ro") == 0);
	SHOW(unlink("file"));
	SHOW(mkdir("x", 0755));
	SHOW_FD(open("./file", O_WRONLY));
	NEED(chdir("/") == 0);
	SHOW(unlinkat(d, "file", 0));
	SHOW_FD(openat(d, "file", O_RDWR));
	SHOW(mkdirat(d, "x", 0755));
	SHOW(fchmod(f, 0600));
	SHOW(fchown(f, -1, -1));
	SHOW(fchmodat(d, "file", 0600, 0));
	SHOW(fsetxattr(f, "user.x", "x", 1, 0));
	SHOW(futimens(f, NULL));
	SHOW(faccessat(d, "file", W_OK, 0));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", f);
	SHOW_FD(open(name, O_WRONLY));
	SHOW(chmod(name, 0600));
	close(d);
	close(f);
}

static void writable_inside(void)
{
	struct stat st;
	struct statvfs v = { 0 };
	int fd;

	SHOW(stat("/mnt/ro/inner/file", &st));
	SHOW_FD(open("/mnt/ro/inner/made", O_CREAT | O_WRONLY, 0600));
	SHOW(unlink("/mnt/ro/inner/made"));
	SHOW_FD(open("/mnt/rofile", O_WRONLY));
	SHOW_FD(open("/mnt/rofile", O_RDONLY));
	SHOW_FD(open("/mnt/file", O_WRONLY));
	SHOW(unlink("/mnt/rofile"));
	SHOW(truncate("/mnt/file", 0));
	SHOW(statvfs("/mnt/ro/file", &v));
	printf("  read-only %d\n", (int)(v.f_flag & ST_RDONLY));
	fd = open("/mnt/ro/file", O_RDONLY);
	SHOW(fstatvfs(fd, &v));
	printf("  read-only %d\n", (int)(v.f_flag & ST_RDONLY));
	close(fd);
	SHOW(statvfs("/mnt/data/file", &v));
	printf("  read-only %d\n", (int)(v.f_flag & ST_RDONLY));
}

static void contents(void)
{
	static const char *const files[] = { "/mnt/data/file", "/mnt/data/inner/file", "/mnt/file",
					     "/tmp/over/file", "/tmp/over/inner/file", "/mnt/ro/file",
					     "/mnt/ro/inner/file", "/new/deep/here/file" };
	struct stat st;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		show_file(files[i]);
	SHOW(stat("/tmp/over/hidden", &st));
	SHOW(stat("/tmp/over/..", &st));
	SHOW(stat("/new/deep/here/../../../tmp/f", &st));
	SHOW(stat("/new/deep/other", &st));
	SHOW(stat("/new/deep/here/missing", &st));
	SHOW(stat("/new", &st));
	printf("  type %o\n", st.st_mode & S_IFMT);
	SHOW(stat("/new/deep/", &st));
	SHOW(stat("/mnt/file/", &st));
	SHOW(stat("/mnt/file/x", &st));
	SHOW(access("/new/deep", X_OK));
	SHOW(chdir("/new/deep"));
	SHOW(stat("here/file", &st));
	SHOW(chdir("here"));
	SHOW(chdir(".."));
	SHOW(access("here/../../deep/here", F_OK));
	SHOW(chdir("/"));
}

/* Links that lead across binds; a directory with a bind in it moves with the bind. */
static void links_across(void)
{
	make_link("/mnt/data/inner", "/tmp/to-inner");
	make_link("../../tmp/f", "/mnt/data/out");
	make_link("inner/file", "/mnt/data/in");
	show_file("/tmp/to-inner/file");
	show_file("/mnt/data/out");
	show_file("/tmp/over/out");
	show_file("/mnt/data/in");
	show_file("/tmp/over/in");
	SHOW(rename("/tmp/lean", "/tmp/fat"));
	SHOW(access("/tmp/fat/point", F_OK));
	SHOW(access("/tmp/lean/point", F_OK));
	SHOW(rmdir("/tmp/fat/point"));
	SHOW(rmdir("/tmp/fat"));
	make_file("/tmp/fat/point/made", "made\n");
	show_file("/tmp/fat/point/made");
	SHOW(rename("/tmp/fat", "/tmp/lean"));
	show_file("/tmp/lean/point/made");
}

int main(void)
{
	make_file("/tmp/f", "f\n");
	make_dir("/tmp/dir");
	contents();
	crossing();
	busy();
	read_only("/mnt/ro");
	read_only_fds();
	writable_inside();
	links_across();
	return 0;
}
