// SPDX-License-Identifier: MIT
/*
 * openat2 with each RESOLVE flag and their combinations: what stays beneath, what is in a root of its
 * own, which links are refused, where a bind is a crossing; and its argument checks.
 *
 * dirs: /tmp/top
 * binds: @/data:/tmp/top/bound
 */
#include "guest.h"

#include <linux/openat2.h>

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

static const char *const paths[] = {
	"f", "d", "d/", "d/g", "d/../f", "..", "../x", "d/../../x", "/", "/tmp/x", "/f", "/../f",
	"link", "abs", "abs-in", "up", "d/up/f", "link-d/g", "link-d/../f", "loop", "missing",
	"dangling", "bound", "bound/", "bound/file", "bound/..", "bound/../f", "link-bound/file",
	"proc/self/exe", "magic", "magic-d/g", ".", "", "d/./g", "d//g", "../top/f", "to-top/f",
};

/* EAGAIN: a rename or mount anywhere on the system met "..". openat2(2) says to try again. */
static long again(int dir, const char *path, const struct open_how *how)
{
	long r;

	do
		r = syscall(SYS_openat2, dir, path, how, sizeof(*how));
	while (r < 0 && errno == EAGAIN);
	return r;
}

static void one(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };
	long fd = SHOW_AS(again(dir, path, &how),
			  "%s flags %#llx resolve %#llx", path, (long long)flags, (long long)resolve);

	if (fd >= 0)
		close(fd);
}

static void fixture(int *dir)
{
	char name[64];
	int fd;

	NEED(chdir("/tmp") == 0);
	make_dir("top");
	make_file("x", "x\n");
	NEED(chdir("top") == 0);
	make_dir("d");
	make_file("f", "f\n");
	make_file("d/g", "g\n");
	make_link("f", "link");
	make_link("/tmp/x", "abs");
	make_link("/f", "abs-in");
	make_link("..", "up");
	make_link("..", "d/up");
	make_link("d", "link-d");
	make_link("loop", "loop");
	make_link("missing", "dangling");
	make_link("bound", "link-bound");
	make_link("../top", "to-top");
	make_link("/proc", "proc");
	fd = open("d", O_PATH | O_DIRECTORY);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	make_link(name, "magic-d");
	make_link("/proc/self/fd/0", "magic");
	*dir = open(".", O_PATH | O_DIRECTORY);
}

static void all_flags(int dir)
{
	static const uint64_t resolves[] = {
		0, RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH,
		RESOLVE_IN_ROOT, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
		RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, RESOLVE_IN_ROOT | RESOLVE_NO_XDEV,
		RESOLVE_BENEATH | RESOLVE_NO_XDEV,
	};

	for (size_t r = 0; r < sizeof(resolves) / sizeof(*resolves); r++)
		for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
			one(dir, paths[i], O_PATH, resolves[r]);
			one(dir, paths[i], O_PATH | O_NOFOLLOW, resolves[r]);
		}
	one(dir, "f", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT);
	one(dir, "d/g", O_RDONLY, RESOLVE_BENEATH);
	one(dir, "/d/g", O_RDONLY, RESOLVE_IN_ROOT);
}

static void creating(int dir)
{
	struct open_how how = { .flags = O_CREAT | O_WRONLY, .mode = 0640, .resolve = RESOLVE_IN_ROOT };
	struct stat st;

	SHOW(syscall(SYS_openat2, dir, "/new", &how, sizeof(how)));
	SHOW(stat("new", &st));
	SHOW(syscall(SYS_openat2, dir, "../../new2", &how, sizeof(how)));
	SHOW(stat("new2", &st));
	how.resolve = RESOLVE_BENEATH;
	SHOW(syscall(SYS_openat2, dir, "../new3", &how, sizeof(how)));
	SHOW(syscall(SYS_openat2, dir, "d/new4", &how, sizeof(how)));
	SHOW(syscall(SYS_openat2, dir, "bound/new5", &how, sizeof(how)));
	SHOW(syscall(SYS_openat2, dir, "dangling", &how, sizeof(how)));
}

static void bad_arguments(int dir)
{
	char page[4096 + 8] = { 0 };
	struct open_how *how = (void *)page;

	SHOW(syscall(SYS_openat2, dir, "f", NULL, sizeof(*how)));
	SHOW(syscall(SYS_openat2, dir, "f", how, 0));
	SHOW(syscall(SYS_openat2, dir, "f", how, 23));
	SHOW_FD(syscall(SYS_openat2, dir, "f", how, 24));
	SHOW_FD(syscall(SYS_openat2, dir, "f", how, 32));
	SHOW_FD(syscall(SYS_openat2, dir, "f", how, 4096));
	SHOW(syscall(SYS_openat2, dir, "f", how, 4097));
	page[30] = 1;
	SHOW(syscall(SYS_openat2, dir, "f", how, 32));
	how->mode = 0600;
	SHOW(syscall(SYS_openat2, dir, "f", how, 24));
	how->mode = 0;
	how->flags = 1ULL << 40;
	SHOW(syscall(SYS_openat2, dir, "f", how, 24));
	how->flags = 0;
	how->resolve = 0x40;
	SHOW(syscall(SYS_openat2, dir, "f", how, 24));
	how->resolve = 0;
	SHOW(syscall(SYS_openat2, 99, "f", how, 24));
	SHOW(syscall(SYS_openat2, dir, (char *)8, how, 24));
	how->resolve = RESOLVE_BENEATH;
	SHOW(syscall(SYS_openat2, 99, "/f", how, 24));
	SHOW(syscall(SYS_openat2, AT_FDCWD, "f", how, 24));
}

int main(void)
{
	int dir;

	fixture(&dir);
	all_flags(dir);
	creating(dir);
	bad_arguments(dir);
	return 0;
}
