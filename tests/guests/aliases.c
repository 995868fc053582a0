// SPDX-License-Identifier: MIT
/*
 * One directory under several names, one of them :ro: by which name the cwd was reached, and files
 * that may not be written on a mount that may not be, either.
 *
 * dirs: /tmp/holds /tmp/holds/point
 * binds: /proc @/data:/tmp/holds/point @/data:/mnt/data @/data:/mnt/again @/data:/mnt/ro:ro
 */
#include "guest.h"

#include <sys/xattr.h>

static void show_cwd(const char *what)
{
	char cwd[256], link[256];
	ssize_t n = readlink("/proc/self/cwd", link, sizeof(link) - 1);

	link[n > 0 ? n : 0] = '\0';
	printf("%s: %s, %s\n", what, getcwd(cwd, sizeof(cwd)) ? cwd : err_name(errno), link);
}

/* What fails does not change the name. */
static void failed_chdir(const char *dir)
{
	int file = open("/mnt/ro/file", O_RDONLY);

	NEED(chdir(dir) == 0);
	show_cwd("entered");
	SHOW(chdir("/mnt/data/file"));
	SHOW(chdir("/mnt/data/missing"));
	show_cwd("after a file");
	SHOW(fchdir(file));
	show_cwd("after a descriptor of a file");
	NEED(chmod("/mnt/data/inner", 0) == 0);
	SHOW(chdir("/mnt/again/inner"));
	NEED(chmod("/mnt/data/inner", 0755) == 0);
	show_cwd("after a closed directory");
	close(file);
}

/* Neither does what becomes of the directory. */
static void renamed_cwd(const char *dir)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/made/below", dir);
	NEED(mkdir("/mnt/data/made", 0755) == 0 && mkdir("/mnt/data/made/below", 0755) == 0);
	NEED(chdir(name) == 0);
	SHOW(rename("/mnt/data/made/below", "/mnt/data/made/under"));
	show_cwd("renamed by another name");
	SHOW(rename("/mnt/again/made", "/mnt/again/moved"));
	show_cwd("parent renamed");
	SHOW(mkdir("x", 0755));
	SHOW(rename("../under", "/mnt/data/under"));
	SHOW(rename("../under", "/mnt/again/under"));
	NEED(chdir("/") == 0);
	remove_all("/mnt/data/made");
	remove_all("/mnt/data/moved");
	remove_all("/mnt/data/under");
	remove_all("/mnt/data/x");
}

/* The cwd removed by another name: the mount that it was entered by still is :ro, or not. */
static void removed_cwd(const char *dir)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/gone", dir);
	NEED(mkdir("/mnt/data/gone", 0755) == 0 && chdir(name) == 0 && rmdir("/mnt/data/gone") == 0);
	show_cwd("removed");
	SHOW(unlink("x"));
	SHOW(rmdir("x"));
	SHOW(unlink("x/y"));
	SHOW(unlink("."));
	SHOW(rmdir("."));
	SHOW(mkdir("x", 0755));
	SHOW(symlink("x", "x"));
	SHOW(rename("x", "y"));
	SHOW(rename("x", "/mnt/data/y"));
	SHOW(rename("x", "/mnt/ro/y"));
	SHOW(link("/mnt/data/file", "x"));
	SHOW(open("x", O_CREAT | O_WRONLY, 0600));
	SHOW(open("x", O_WRONLY));
	SHOW(open(".", O_TMPFILE | O_WRONLY, 0600));
	SHOW(chmod(".", 0755));
	SHOW(chmod("x", 0755));
	SHOW(access(".", W_OK));
	SHOW(fchownat(AT_FDCWD, "", -1, -1, AT_EMPTY_PATH));
	SHOW(linkat(AT_FDCWD, "", AT_FDCWD, "/mnt/data/linked", AT_EMPTY_PATH));
	NEED(chdir("/") == 0);
}

/* A mount moves with the directory that it lies in, and so does the cwd on it. */
static void moved_mount(void)
{
	NEED(chdir("/tmp/holds/point/inner") == 0);
	show_cwd("on a mount");
	SHOW(rename("/tmp/holds", "/tmp/moved"));
	show_cwd("moved");
	SHOW(mkdir("/tmp/other", 0755));
	SHOW(syscall(SYS_renameat2, AT_FDCWD, "/tmp/other", AT_FDCWD, "/tmp/moved", 2));
	show_cwd("exchanged");
	SHOW(rename("/tmp/other", "/tmp/holds"));
	SHOW(rmdir("/tmp/moved"));
	show_cwd("back");
	SHOW(rename("../file", "/mnt/data/elsewhere"));
	SHOW(rename("../file", "/tmp/holds/point/elsewhere"));
	SHOW(rename("/mnt/data/elsewhere", "/mnt/data/file"));
}

/* "" and the cwd: the mount that it was entered by. */
static void cwd_itself(const char *dir)
{
	NEED(chdir(dir) == 0);
	show_cwd("itself");
	SHOW(fchownat(AT_FDCWD, "", -1, -1, AT_EMPTY_PATH));
	SHOW(utimensat(AT_FDCWD, "", NULL, AT_EMPTY_PATH));
	SHOW(syscall(SYS_faccessat2, AT_FDCWD, "", W_OK, AT_EMPTY_PATH));
	SHOW(linkat(AT_FDCWD, "", AT_FDCWD, "/mnt/data/linked", AT_EMPTY_PATH));
	SHOW(linkat(AT_FDCWD, "", AT_FDCWD, "/mnt/again/linked", AT_EMPTY_PATH));
	SHOW(linkat(AT_FDCWD, "", AT_FDCWD, "/mnt/ro/linked", AT_EMPTY_PATH));
}

/* Truncating opens ask the mount before the file's mode; writing ones behind it. */
static void permission_and_mount(mode_t mode)
{
	static const int ways[] = { O_RDONLY, O_WRONLY, O_RDWR, O_ACCMODE };
	static const int more[] = { 0, O_TRUNC, O_CREAT, O_CREAT | O_EXCL, O_DIRECTORY, O_APPEND, O_PATH };
	static const char name[] = "/mnt/ro/file";

	NEED(chmod("/mnt/data/file", mode) == 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		for (size_t j = 0; j < sizeof(more) / sizeof(*more); j++) {
			int fd = open(name, ways[i] | more[j], 0600);

			SHOW_AS(fd < 0 ? -1 : 0, "%o: open %x", mode, ways[i] | more[j]);
			if (fd >= 0)
				close(fd);
		}
	SHOW_AS(truncate(name, 0), "%o: truncate", mode);
	SHOW_AS(access(name, W_OK), "%o: access", mode);
	SHOW_AS(access(name, R_OK | W_OK), "%o: access", mode);
	SHOW_AS(chmod(name, 0600), "%o: chmod", mode);
	SHOW_AS(creat(name, 0600), "%o: creat", mode);
}

static void links(void)
{
	static const char *const texts[] = { "file", "missing", "file/x", "m", "inner", "inner/", "file/", "/" };

	NEED(symlink("file", "/mnt/data/l") == 0 && symlink("missing", "/mnt/data/n") == 0);
	SHOW(syscall(SYS_faccessat2, AT_FDCWD, "/mnt/ro/l", W_OK, 0));
	SHOW(syscall(SYS_faccessat2, AT_FDCWD, "/mnt/ro/l", W_OK, AT_SYMLINK_NOFOLLOW));
	SHOW(syscall(SYS_faccessat2, AT_FDCWD, "/mnt/ro/n", W_OK, 0));
	SHOW(syscall(SYS_faccessat2, AT_FDCWD, "/mnt/ro/n", W_OK, AT_SYMLINK_NOFOLLOW));
	SHOW(syscall(SYS_faccessat2, AT_FDCWD, "/mnt/ro/n", W_OK | X_OK, AT_SYMLINK_NOFOLLOW));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		printf("link to %s\n", texts[i]);
		NEED(symlink(texts[i], "/mnt/data/m") == 0);
		SHOW(fchownat(AT_FDCWD, "/mnt/ro/m", -1, -1, AT_SYMLINK_NOFOLLOW));
		SHOW(fchownat(AT_FDCWD, "/mnt/ro/m", -1, -1, 0));
		SHOW(fchownat(AT_FDCWD, "/mnt/ro/m/", -1, -1, AT_SYMLINK_NOFOLLOW));
		SHOW(utimensat(AT_FDCWD, "/mnt/ro/m", NULL, AT_SYMLINK_NOFOLLOW));
		SHOW(lsetxattr("/mnt/ro/m", "user.x", "x", 1, 0));
		SHOW(unlink("/mnt/ro/m"));
		NEED(unlink("/mnt/data/m") == 0);
	}
}

int main(void)
{
	static const char *const dirs[] = { "/mnt/data", "/mnt/again", "/mnt/ro" };

	for (int i = 0; i < 3; i++) {
		failed_chdir(dirs[i]);
		renamed_cwd(dirs[i]);
		cwd_itself(dirs[i]);
		removed_cwd(dirs[i]);
	}
	moved_mount();
	NEED(chdir("/") == 0);
	permission_and_mount(0600);
	permission_and_mount(0400);
	permission_and_mount(0200);
	permission_and_mount(0);
	links();
	return 0;
}
