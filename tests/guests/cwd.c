// SPDX-License-Identifier: MIT
/*
 * The current directory: getcwd's sizes, chdir and fchdir, deleted and renamed directories, renamed
 * ancestors, inside binds and at their edges, two names of one directory, inherited by children.
 *
 * dirs: /tmp/a
 * binds: @/data:/mnt/data @/data:/mnt/again @/data:/tmp/third @/other:/tmp/a/bound
 */
#include "guest.h"

static void where(void)
{
	char buf[PATH_MAX], link[PATH_MAX];
	ssize_t n = readlink("/proc/self/cwd", link, sizeof(link) - 1);

	printf("  cwd %s", getcwd(buf, sizeof(buf)) ? buf : err_name(errno));
	printf(" link %.*s\n", n < 0 ? 1 : (int)n, n < 0 ? "?" : link);
}

#define GO(path) (SHOW_AS(chdir(path), "chdir %s", path), where())

static void walking(void)
{
	static const char *const steps[] = {
		"/", "..", "tmp", "a", "./b/", "..", "b/../../a", "/tmp/to-a", "..", "/tmp/to-b/..",
		"/mnt/data", "..", "data/inner", "../..", "/mnt/again/inner", "..", "..",
		"/tmp/a/bound", "..", "bound/../b", "/tmp/a/bound", "/missing", "/tmp/f", "/tmp/f/",
		"", ".", "./", "//tmp//a//", "/proc/self/cwd", "/proc/self/root", "/proc/self",
		"/proc/self/fd", "..", "/",
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (strcmp(steps[i], "/proc/self") == 0 || strncmp(steps[i], "/proc/self/fd", 13) == 0)
			SHOW_AS(chdir(steps[i]), "chdir %s", steps[i]); /* its name has our pid */
		else if (strcmp(steps[i], "..") == 0 && i > 0 && strstr(steps[i - 1], "/fd"))
			SHOW_AS(chdir(".."), "chdir ..");
		else
			GO(steps[i]);
}

static void sizes(void)
{
	char buf[64];

	NEED(chdir("/tmp/a/b") == 0);
	for (size_t size = 0; size <= 11; size++) {
		memset(buf, 'x', sizeof(buf));
		SHOW_AS(syscall(SYS_getcwd, buf, size), "getcwd size %zu", size);
		printf("  wrote %.11s\n", buf);
	}
	SHOW(syscall(SYS_getcwd, NULL, 64));
	SHOW(syscall(SYS_getcwd, (char *)8, 64));
	SHOW(syscall(SYS_getcwd, (char *)8, 3));
	SHOW(syscall(SYS_getcwd, buf, -1L));
}

static void by_fd(void)
{
	int d = open("/mnt/data/inner", O_RDONLY), p = open("/tmp/a", O_PATH), f = open("/tmp/f", O_RDONLY);

	SHOW(fchdir(d));
	where();
	SHOW(fchdir(p));
	where();
	SHOW(fchdir(f));
	SHOW(fchdir(99));
	SHOW(chmod("/tmp/a/b", 0600));
	close(d);
	d = open("/tmp/a/b", O_RDONLY);
	SHOW(fchdir(d));
	SHOW(chmod("/tmp/a/b", 0755));
	close(d);
	close(p);
	close(f);
}

/* A file has the name it was opened by, also where another leads to it. */
static void by_name_opened(const char *name)
{
	char link[64];
	struct stat st;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	printf("opened %s\n", name);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	show_link(link);
	if (SHOW(fchdir(fd)) == 0) {
		where();
		SHOW(fstatat(fd, "../third", &st, 0));
		SHOW(fstatat(fd, "../again", &st, 0));
		show_link(link);
		SHOW(chdir(link));
		where();
		GO("..");
	}
	close(fd);
}

static void by_names_opened(void)
{
	static const char *const names[] = { "/mnt/data", "/mnt/again", "/tmp/third",
		"/mnt/data/inner", "/mnt/again/inner", "/tmp/third/inner", "/mnt/data/file",
		"/mnt/again/file", "/tmp/third/file", "/tmp/third/inner/../" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		by_name_opened(names[i]);
	NEED(chdir("/tmp/third") == 0 && mkdir("gone", 0755) == 0 && chdir("gone") == 0);
	SHOW(rmdir("../gone"));
	show_link("/proc/self/cwd");
	NEED(chdir("/tmp") == 0);
}

static void renamed(void)
{
	struct stat st;

	GO("/tmp/a/b");
	SHOW(rename("/tmp/a", "/tmp/moved"));
	where();
	SHOW(stat("../f", &st));
	SHOW(stat("../bound/file", &st));
	SHOW(stat("../../f", &st));
	SHOW(mkdir("/tmp/a", 0755));
	SHOW(stat("../f", &st));
	GO("..");
	SHOW(rmdir("/tmp/a"));
	SHOW(rename("/tmp/moved", "/tmp/a"));
	where();
	make_dir("/tmp/other");
	GO("/tmp/a/b");
	SHOW(rename("/tmp/a/b", "/tmp/other/b"));
	where();
	GO("..");
	SHOW(rename("/tmp/other/b", "/tmp/a/b"));
	GO("/tmp/a/bound");
	SHOW(rename("/tmp/a", "/tmp/moved"));
	where();
	SHOW(stat("../f", &st));
	SHOW(rename("/tmp/moved", "/tmp/a"));
	where();
}

static void deleted(void)
{
	struct stat st;
	char buf[64];

	make_dir("/tmp/gone");
	GO("/tmp/gone");
	SHOW(rmdir("/tmp/gone"));
	SHOW(syscall(SYS_getcwd, buf, sizeof(buf)));
	show_link("/proc/self/cwd");
	SHOW(stat(".", &st));
	SHOW(stat("..", &st));
	SHOW(stat("x", &st));
	SHOW(lstat(".", &st));
	printf("  %o\n", st.st_mode);
	SHOW(readlink(".", buf, sizeof(buf)));
	SHOW_FD(open(".", O_RDONLY | O_NOFOLLOW));
	SHOW(fchmodat(AT_FDCWD, ".", 0755, AT_SYMLINK_NOFOLLOW));
	SHOW(stat("../f", &st));
	SHOW_FD(open("x", O_CREAT | O_WRONLY, 0600));
	SHOW(mkdir("x", 0755));
	SHOW_FD(open(".", O_RDONLY));
	SHOW(access(".", R_OK));
	SHOW(chdir("."));
	make_dir("/tmp/gone");
	SHOW(syscall(SYS_getcwd, buf, sizeof(buf)));
	SHOW(mkdir("x", 0755));
	SHOW(chdir(".."));
	where();
	SHOW(rmdir("/tmp/gone"));
	make_dir("/tmp/p");
	make_dir("/tmp/p/q");
	GO("/tmp/p/q");
	SHOW(rmdir("/tmp/p/q"));
	SHOW(rmdir("/tmp/p"));
	SHOW(chdir(".."));
	SHOW(stat("..", &st));
	SHOW(stat("../..", &st));
	SHOW(chdir("/tmp"));
	where();
}

static int child(void *arg)
{
	(void)arg;
	where();
	GO("..");
	return 0;
}

static void inherited(void)
{
	GO("/mnt/again/inner");
	finish("child", start(child, NULL));
	where();
	GO("/mnt/data/inner");
	finish("child", start(child, NULL));
	where();
	GO("/mnt/data");
	SHOW(rename("inner", "inner2"));
	GO("/mnt/again/inner2");
	SHOW(rename("/mnt/data/inner2", "/mnt/data/inner"));
	where();
}

int main(void)
{
	make_dir("/tmp/a");
	make_dir("/tmp/a/b");
	make_file("/tmp/f", "f\n");
	make_file("/tmp/a/f", "f\n");
	make_link("a", "/tmp/to-a");
	make_link("/tmp/a/b", "/tmp/to-b");
	where();
	walking();
	sizes();
	by_fd();
	by_names_opened();
	renamed();
	deleted();
	inherited();
	return 0;
}
