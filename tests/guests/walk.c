// SPDX-License-Identifier: MIT
/*
 * The path walk as path_resolution(7) has it: slashes, dots, links up to the 40th, names of 255
 * bytes, paths of 4095, and which error wins where several are true.
 */
#include "guest.h"

static void try_stat(const char *path)
{
	struct stat st;

	SHOW_AS(stat(path, &st), "stat %s", path);
	SHOW_AS(lstat(path, &st), "lstat %s", path);
}

static void try_open(const char *path, int flags)
{
	long fd = SHOW_AS(open(path, flags | O_CLOEXEC, 0644), "open %s %#o", path, flags);

	if (fd >= 0)
		close(fd);
}

static void fixture(void)
{
	NEED(chdir("/tmp") == 0);
	make_dir("d");
	make_dir("d/e");
	make_file("f", "text\n");
	make_file("d/g", "text\n");
	make_link("f", "to-f");
	make_link("d", "to-d");
	make_link("/tmp/d/e", "abs");
	make_link("../d/../d/e/..", "d/up");
	make_link("loop", "loop");
	make_link("b", "a");
	make_link("a", "b");
	make_link("missing", "dangling");
	make_link("f/", "slash-f");
	make_link("d/", "slash-d");
	make_link("/", "root");
	make_link("../../../../..", "above");
}

static void slashes_and_dots(void)
{
	static const char *const paths[] = {
		"", "/", "//", "///tmp", "/tmp/", "/tmp//d", "/tmp/.", "/tmp/..", "/..", "/../..",
		"/../../tmp/d", "./d/./e/.", "d//e", "d/", "d//", "d/.", "d/..", "d/e/../g", "f/",
		"f/.", "f/..", "f/../d", "f/x", "to-f", "to-f/", "to-f/.", "to-f/..", "to-d",
		"to-d/", "to-d/.", "to-d/..", "to-d/g", "to-d/e/..", "abs", "abs/", "abs/../g",
		"d/up", "d/up/g", "d/up/e/", "loop", "loop/", "loop/x", "a", "a/", "b/..",
		"dangling", "dangling/", "dangling/x", "dangling/..", "missing", "missing/",
		"missing/..", "missing/x", "slash-f", "slash-f/", "slash-d", "slash-d/g", "root",
		"root/", "root/tmp/f", "above", "above/tmp/f", "above/..", "root/../root/tmp/d/g",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		try_stat(paths[i]);
}

static void opens(void)
{
	static const char *const paths[] = { "f", "f/", "d", "d/", "to-f", "to-d", "to-d/",
					     "loop", "dangling", "dangling/", "slash-f" };
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDONLY | O_NOFOLLOW,
				     O_RDONLY | O_DIRECTORY, O_DIRECTORY | O_NOFOLLOW,
				     O_PATH, O_PATH | O_NOFOLLOW, O_CREAT | O_EXCL | O_WRONLY,
				     O_CREAT | O_DIRECTORY };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		for (size_t j = 0; j < sizeof(flags) / sizeof(*flags); j++)
			try_open(paths[i], flags[j]);
}

/* l1 -> f, l2 -> l1, ...: lN needs N links. */
static void link_count(void)
{
	char name[64], text[64];
	struct stat st;

	make_dir("links");
	make_link("../f", "links/l1");
	make_link("../d", "links/d1");
	for (int i = 2; i <= 45; i++) {
		snprintf(name, sizeof(name), "links/l%d", i);
		snprintf(text, sizeof(text), "l%d", i - 1);
		make_link(text, name);
		*strrchr(name, 'l') = 'd';
		*text = 'd';
		make_link(text, name);
	}
	for (int i = 38; i <= 43; i++) {
		snprintf(name, sizeof(name), "links/l%d", i);
		SHOW_AS(stat(name, &st), "stat by %d links", i);
		SHOW_AS(lstat(name, &st), "lstat by %d links", i);
		SHOW_AS(open(name, O_RDONLY | O_NOFOLLOW), "nofollow of link %d", i);
		snprintf(name, sizeof(name), "links/d%d/g", i);
		SHOW_AS(lstat(name, &st), "lstat behind %d links", i);
		SHOW_AS(stat(name, &st), "stat behind %d links", i);
		snprintf(name, sizeof(name), "to-d/../links/d%d/", i);
		SHOW_AS(lstat(name, &st), "lstat behind 1 + %d links, slash", i);
	}
}

/* The same link walked several times counts each time. */
static void repeated_links(void)
{
	char path[512] = "";
	struct stat st;

	make_link("..", "d/back");
	for (int i = 1; i <= 42; i++) {
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "d/back/");
		if (i >= 39)
			SHOW_AS(stat(path, &st), "stat d/back/ x %d", i);
	}
}

static void long_names(void)
{
	char name[300];
	struct stat st;

	memset(name, 'n', sizeof(name));
	for (int len = 254; len <= 257; len++) {
		name[len] = '\0';
		SHOW_AS(lstat(name, &st), "lstat name of %d", len);
		SHOW_AS(mkdir(name, 0755), "mkdir name of %d", len);
		SHOW_AS(rmdir(name), "rmdir name of %d", len);
		SHOW_AS(symlink(name, "longlink"), "symlink to name of %d", len);
		SHOW_AS(stat("longlink", &st), "stat by it");
		unlink("longlink");
		name[len] = 'n';
	}
}

/* path must hold len + 1 bytes: "./././...d" of exactly len bytes. */
static void fill_path(char *path, size_t len, const char *start, const char *end)
{
	size_t at = strlen(start), tail = strlen(end);

	memcpy(path, start, at);
	for (; at < len - tail; at++)
		path[at] = '/';
	memcpy(path + at, end, tail + 1);
}

static void long_paths(void)
{
	static const size_t sizes[] = { 4000, 4090, 4094, 4095, 4096, 4097, 5000 };
	char path[5100];
	struct stat st;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		fill_path(path, sizes[i], "/tmp/", "f");
		SHOW_AS(stat(path, &st), "stat path of %zu", sizes[i]);
		SHOW_AS(access(path, R_OK), "access path of %zu", sizes[i]);
		fill_path(path, sizes[i], "d/..", "d/g");
		SHOW_AS(stat(path, &st), "relative path of %zu", sizes[i]);
		fill_path(path, sizes[i], "to-d/", "new");
		SHOW_AS(mkdir(path, 0755), "mkdir path of %zu", sizes[i]);
		SHOW_AS(rmdir(path), "rmdir path of %zu", sizes[i]);
		fill_path(path, sizes[i], "t", "t");
		unlink("stored");
		SHOW_AS(symlink(path, "stored"), "symlink text of %zu", sizes[i]);
		SHOW_AS(readlink("stored", path, sizeof(path)), "its length");
		SHOW_AS(stat("stored", &st), "stat by it");
	}
}

/* A link's text joined with what follows it may exceed PATH_MAX, as in the kernel. */
static void long_joins(void)
{
	char path[5100], text[5100];
	struct stat st;

	fill_path(text, 4000, "/tmp/", "d");
	make_link(text, "faraway");
	fill_path(path, 1000, "faraway/", "g");
	SHOW_AS(stat(path, &st), "link of 4000, path of 1000");
	fill_path(path, 4090, "faraway/", "g");
	SHOW_AS(stat(path, &st), "link of 4000, path of 4090");
}

int main(void)
{
	struct stat st;

	fixture();
	slashes_and_dots();
	opens();
	link_count();
	repeated_links();
	long_names();
	long_paths();
	long_joins();
	SHOW(chdir("d/e"));
	SHOW(stat("../../f", &st));
	SHOW(stat("../../../../../../tmp/f", &st));
	return 0;
}
