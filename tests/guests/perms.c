// SPDX-License-Identifier: MIT
/*
 * Permissions on the way: every directory of a path, and each "..", needs search permission; access
 * and faccessat2 ask for the real and the effective user; EACCES against ENOENT, ENOTDIR, ELOOP.
 */
#include "guest.h"

#include <dirent.h>

static void try(const char *path)
{
	struct stat st;
	int fd;

	SHOW_AS(stat(path, &st), "stat %s", path);
	SHOW_AS(access(path, F_OK), "access %s", path);
	fd = SHOW_AS(open(path, O_RDONLY | O_CLOEXEC), "open %s", path);
	if (fd >= 0)
		close(fd);
}

static void with_mode(int mode)
{
	static const char *const paths[] = {
		"shut",		"shut/",	 "shut/.",	  "shut/..",	   "shut/../open",
		"shut/f",	"shut/in",	 "shut/in/..",	  "shut/in/../..", "shut/missing",
		"shut/missing/x", "shut/f/x",	 "shut/in/../../open", "shut/link", "to-shut/f",
		"to-shut/../open", "to-in",	 "to-in/f",	  "to-in/../f",	   "shut/loop",
		"open/../shut/f", "open/../shut/..", "open/up/..", "open/up/../shut", "shut//in//f",
	};

	chmod("shut", mode);
	printf("mode %o\n", mode);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		try(paths[i]);
	SHOW(mkdir("shut/new", 0755));
	SHOW(rmdir("shut/new"));
	SHOW(rename("shut/f", "open/f"));
	SHOW(rename("open/f", "shut/f"));
	SHOW(unlink("shut/missing"));
	SHOW(rmdir("shut/in/.."));
	SHOW(rename("shut/in/..", "x"));
	SHOW(chdir("shut"));
	SHOW(chdir("/tmp"));
	printf("opendir %s\n", opendir("shut") ? "ok" : err_name(errno));
	SHOW(readlink("shut/link", (char[16]){ "" }, 16));
	SHOW_FD(open("shut/new", O_CREAT | O_EXCL | O_WRONLY, 0600));
	chmod("shut", 0755);
	unlink("shut/new");
}

/* A cwd inside a directory that was shut behind us. */
static void shut_ancestor(void)
{
	char buf[64];
	struct stat st;

	NEED(chdir("/tmp/shut/in") == 0);
	chmod("/tmp/shut", 0);
	SHOW(stat("f", &st));
	SHOW(stat(".", &st));
	SHOW(stat("..", &st));
	SHOW(stat("../..", &st));
	SHOW(stat("../f", &st));
	SHOW(stat("../../open", &st));
	printf("getcwd %s\n", getcwd(buf, sizeof(buf)) ? buf : err_name(errno));
	SHOW_FD(open("f", O_RDONLY));
	SHOW(chdir(".."));
	SHOW(chdir(".."));
	printf("getcwd %s\n", getcwd(buf, sizeof(buf)) ? buf : err_name(errno));
	NEED(chdir("/tmp") == 0);
	chmod("/tmp/shut", 0755);
}

static void accesses(void)
{
	static const int modes[] = { 0, 0100, 0200, 0400, 0755, 0077 };

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		chmod("open/g", modes[i]);
		for (int want = 0; want < 8; want++) {
			SHOW_AS(access("open/g", want), "access of %o for %d", modes[i], want);
			SHOW_AS(syscall(SYS_faccessat2, AT_FDCWD, "open/g", want, AT_EACCESS),
				"  effective");
			SHOW_AS(syscall(SYS_faccessat2, AT_FDCWD, "to-g", want, AT_SYMLINK_NOFOLLOW),
				"  link");
		}
		SHOW_FD(open("open/g", O_RDONLY));
		SHOW_FD(open("open/g", O_WRONLY));
		SHOW_FD(open("open/g", O_WRONLY | O_TRUNC));
		SHOW_FD(open("open/g", O_PATH));
	}
}

/* Files of another user: the host's root owns what /proc/1 shows. */
static void others(void)
{
	struct stat st;

	SHOW(chown("open/f", 0, 0));
	SHOW(chown("open/f", -1, -1));
	SHOW(chmod("/proc/version", 0777));
	SHOW(stat("/proc/1/root/x", &st));
	SHOW_FD(open("/proc/1/environ", O_RDONLY));
	SHOW_FD(open("/proc/1/cwd", O_PATH));
}

int main(void)
{
	static const int modes[] = { 0, 0100, 0200, 0300, 0400, 0500, 0600, 0755 };

	NEED(chdir("/tmp") == 0);
	make_dir("shut");
	make_dir("shut/in");
	make_dir("open");
	make_file("shut/f", "f\n");
	make_file("shut/in/f", "f\n");
	make_file("open/f2", "f\n");
	make_file("open/g", "g\n");
	make_link("f", "shut/link");
	make_link("loop", "shut/loop");
	make_link("shut", "to-shut");
	make_link("shut/in", "to-in");
	make_link("../shut/in", "open/up");
	make_link("open/g", "to-g");
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		with_mode(modes[i]);
	shut_ancestor();
	accesses();
	others();
	return 0;
}
