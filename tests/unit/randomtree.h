/* SPDX-License-Identifier: MIT */
/*
 * Small random trees on the real file system and random paths through them, for comparing the walk
 * with the kernel. The same seed makes the same tree; few names, so that paths often hit.
 */
#ifndef PR_UNIT_RANDOMTREE_H
#define PR_UNIT_RANDOMTREE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* xorshift: the same numbers on every libc. */
static uint64_t random_state;

static inline unsigned random_below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % n;
}

/* From $CANON_SEED or the clock; printed, so that a failure can be had again. */
static inline uint64_t random_seed(void)
{
	const char *s = getenv("CANON_SEED");
	uint64_t seed = s ? strtoull(s, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + getpid();

	fprintf(stderr, "CANON_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

/* One component: mostly a name of the tree, now and then a dot or an absent or long name. */
static inline const char *random_name(void)
{
	static const char *const names[] = { "a", "b", "c", "d",  "e",	"a", "b",
					     "c", "d", ".", "..", "..", "",  "nope" };
	static char big[300];
	unsigned r = random_below(120);

	if (r < 119)
		return names[r % (sizeof(names) / sizeof(names[0]))];
	memset(big, 'x', 256);
	big[255 + random_below(2)] = '\0';
	return big;
}

static inline void random_path(char *buf, size_t size)
{
	unsigned n = 1 + random_below(6);
	size_t len = 0;

	buf[0] = '\0';
	if (random_below(3) == 0)
		len += snprintf(buf + len, size - len, "/");
	while (n--)
		len += snprintf(buf + len, size - len, "%s%s", random_name(), n ? "/" : "");
	if (random_below(5) == 0)
		snprintf(buf + len, size - len, "/");
	if (!buf[0])
		snprintf(buf, size, ".");
}

/* A node at dir/name; directories are filled, and some of them closed behind. */
static inline void random_node(const char *dir, const char *name, int depth)
{
	char at[512], text[2048];
	unsigned r = random_below(10);

	if (snprintf(at, sizeof(at), "%s/%s", dir, name) >= (int)sizeof(at))
		return;
	if (r < 4 && depth > 0) {
		mkdir(at, 0755);
		for (const char *s = "abcde"; *s; s++)
			if (random_below(3))
				random_node(at, (char[]){ *s, '\0' }, depth - 1);
		if (random_below(12) == 0)
			chmod(at, 0600);
	} else if (r < 8) {
		random_path(text, sizeof(text));
		if (symlink(text, at) < 0)
			abort();
	} else if (r < 9) {
		close(open(at, O_CREAT | O_WRONLY, 0644));
	}
}

static inline void random_tree(const char *root, uint64_t seed)
{
	random_state = seed | 1;
	mkdir(root, 0755);
	for (const char *s = "abcde"; *s; s++)
		random_node(root, (char[]){ *s, '\0' }, 3);
}

static inline int random_tree_visit(const char *name, const struct stat *st, int type,
				    struct FTW *at)
{
	(void)st;
	(void)at;
	return type == FTW_D || type == FTW_DNR ? chmod(name, 0755) : 0;
}

static inline int random_tree_unlink(const char *name, const struct stat *st, int type,
				     struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(name);
}

static inline void random_tree_remove(const char *root)
{
	for (int i = 0; geteuid() != 0 && i < 5; i++) /* each opens one level more */
		nftw(root, random_tree_visit, 16, FTW_PHYS);
	nftw(root, random_tree_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
