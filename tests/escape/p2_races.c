// SPDX-License-Identifier: MIT
/*
 * P2: races against a tracer that looks before the kernel does: a thread rewrites the path, or swaps a
 * directory with a link, while another opens by it; for content, exec, create and delete.
 */
#include "probe.h"

#include <pthread.h>

enum { MS = 1500 };

static volatile bool over;
static char path[PATH_MAX];

static bool time_is_up(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000 > MS;
}

/* ---- the string changes ------------------------------------------------------------------------ */

static const char *harmless = "/tmp/f";

static void *rewrite(void *arg)
{
	size_t n = strlen(secret) + 1;

	while (!over) {
		memcpy(path, secret, n);
		for (volatile int i = 0; i < 50; i++)
			;
		memcpy(path, harmless, strlen(harmless) + 1);
		for (volatile int i = 0; i < 50; i++)
			;
	}
	return arg;
}

static int attempt(long how)
{
	int fd = -1;

	switch (how) {
	case 0:
		fd = open(path, O_RDONLY);
		break;
	case 1:
		fd = syscall(SYS_openat2, AT_FDCWD, path, (uint64_t[3]){ 0 }, (size_t)24);
		break;
	case 2:
		rename(path, "/tmp/stolen");
		fd = open("/tmp/stolen", O_RDONLY);
		break;
	case 3:
		link(path, "/tmp/linked");
		fd = open("/tmp/linked", O_RDONLY);
		unlink("/tmp/linked");
		break;
	}
	if (fd >= 0 && fd_is_secret(fd))
		return ESCAPED;
	if (fd >= 0)
		close(fd);
	return HELD;
}

static int string_race(void *arg)
{
	struct timespec begin;
	pthread_t t;

	snprintf(path, sizeof(path), "%s", harmless);
	pthread_create(&t, NULL, rewrite, NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!time_is_up(&begin))
		if (attempt((long)arg) == ESCAPED)
			return ESCAPED;
	return HELD;
}

static int exec_race(void *arg)
{
	struct timespec begin;
	char *const argv[] = { "x", NULL };
	pthread_t t;

	(void)arg;
	snprintf(secret, sizeof(secret), "%s", program);
	pthread_create(&t, NULL, rewrite, NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!time_is_up(&begin)) {
		execve(path, argv, argv + 1); /* the program exits with ESCAPED */
	}
	return HELD;
}

/* ---- the tree changes -------------------------------------------------------------------------- */

static const char *swap_a, *swap_b;

static void *swap(void *arg)
{
	while (!over)
		syscall(SYS_renameat2, AT_FDCWD, swap_a, AT_FDCWD, swap_b, 2 /* RENAME_EXCHANGE */);
	return arg;
}

struct swap_case {
	const char *name;
	const char *link_text; /* NULL: the outside directory's own name */
	const char *dir, *link, *file;
};

static int tree_race(void *arg)
{
	const struct swap_case *c = arg;
	struct timespec begin;
	pthread_t t;
	int fd;

	mkdir(c->dir, 0755);
	symlink(c->link_text ? c->link_text : outside, c->link);
	swap_a = c->dir;
	swap_b = c->link;
	pthread_create(&t, NULL, swap, NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!time_is_up(&begin)) {
		fd = open(c->file, O_RDONLY);
		if (fd >= 0 && fd_is_secret(fd))
			return ESCAPED;
		if (fd >= 0)
			close(fd);
	}
	return HELD;
}

/* Creating and deleting by the same race: the test looks at the outside directory afterwards. */
static int tree_race_changes(void *arg)
{
	struct timespec begin;
	pthread_t t;
	int fd;

	(void)arg;
	mkdir("/tmp/swap", 0755);
	symlink(outside, "/tmp/swap-link");
	swap_a = "/tmp/swap";
	swap_b = "/tmp/swap-link";
	pthread_create(&t, NULL, swap, NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!time_is_up(&begin)) {
		fd = open("/tmp/swap/raced", O_CREAT | O_WRONLY, 0600);
		if (fd >= 0)
			close(fd);
		mkdir("/tmp/swap/raced-dir", 0755);
		unlink("/tmp/swap/victim");
		rename("/tmp/f", "/tmp/swap/raced-file");
	}
	return HELD;
}

int main(int argc, char **argv)
{
	static const struct swap_case cases[] = {
		{ "absolute link", NULL, "/tmp/dir", "/tmp/link", "/tmp/dir/flag" },
		{ "link in a bind", "../secret", "/mnt/data/dir", "/mnt/data/link", "/mnt/data/dir/flag" },
		{ "upwards", "../../secret", "/tmp/dir2", "/tmp/link2", "/tmp/dir2/flag" },
		{ "deeper in a bind", "../../secret", "/mnt/data/inner/dir", "/mnt/data/inner/link",
		  "/twice/dir/flag" },
	};

	probe_init(argc, argv);
	make_file("/tmp/f", "f");
	probe("string, open", string_race, NULL);
	probe("string, openat2", string_race, (void *)1L);
	probe("string, rename", string_race, (void *)2L);
	probe("string, link", string_race, (void *)3L);
	make_file("/tmp/f", "f");
	probe("string, exec", exec_race, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		probe(cases[i].name, tree_race, (void *)&cases[i]);
	probe("tree, changes", tree_race_changes, NULL);
	return finish_probes();
}
