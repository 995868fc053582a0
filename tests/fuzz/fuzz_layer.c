// SPDX-License-Identifier: MIT
/*
 * Bytes -> up to three layers: entries of few names, of all types, links and whiteouts among them,
 * as tar with right checksums; or the bytes themselves as an archive. They are unpacked into a
 * directory that has a neighbour. What must hold for any input: it ends, the neighbour and the
 * directory around them stay as they are, no mode or time of a kept directory is lost on the way
 * (a tree that was unpacked can be packed, and what comes of that be unpacked again).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/rmtree.h"
#include "image/children.h"
#include "image/pack.h"
#include "image/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK = 512, LAYERS = 3, ENTRIES = 24 };

struct bytes {
	const uint8_t *at;
	size_t left;
};

static unsigned take(struct bytes *b)
{
	if (!b->left)
		return 0;
	b->left--;
	return *b->at++;
}

/* ---- making archives ------------------------------------------------------------------------- */

static void take_name(struct bytes *b, char *to, size_t room)
{
	static const char *const parts[] = {
		"a", "b", "c", "d/e", "l", "..", ".", "", "/", ".wh.a", ".wh.b", ".wh.l",
		".wh..wh..opq", ".wh.", ".wh...", ".wh..wh.plnk", "a/b/c", "l/a", "../neighbour",
		"f",
	};
	unsigned n = 1 + take(b) % 4;

	*to = '\0';
	while (n--) {
		size_t len = strlen(to);

		snprintf(to + len, room - len, "%s%s",
			 parts[take(b) % (sizeof(parts) / sizeof(parts[0]))], n ? "/" : "");
	}
}

static void put_checksum(char *h)
{
	unsigned sum = 0;

	memset(h + 148, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
}

static size_t put_entry(struct bytes *b, char *to)
{
	static const char types[] = "00055555122223461";
	char type = types[take(b) % (sizeof(types) - 1)];
	unsigned what = take(b), len = type == '0' ? what % 8 : 0;

	memset(to, 0, 2 * BLOCK);
	take_name(b, to, 100);
	snprintf(to + 100, 8, "%07o", (take(b) << 4 | take(b)) & 07777);
	snprintf(to + 108, 8, "%07o", take(b) & 3);
	snprintf(to + 116, 8, "%07o", take(b) & 3);
	snprintf(to + 124, 12, "%011o", len);
	snprintf(to + 136, 12, "%011o", 1000000000 + what);
	to[156] = type;
	if (type == '1' || type == '2')
		take_name(b, to + 157, 100);
	memcpy(to + 257, "ustar\00000", 8);
	snprintf(to + 329, 8, "%07o", what & 7);
	snprintf(to + 337, 8, "%07o", what & 3);
	put_checksum(to);
	memset(to + BLOCK, 'x', len);
	return len ? 2 * BLOCK : BLOCK;
}

/* ---- reading them ---------------------------------------------------------------------------- */

static ssize_t read_bytes(void *ctx, void *buf, size_t size)
{
	struct bytes *b = ctx;
	size_t n = size < b->left ? size : b->left;

	memcpy(buf, b->at, n);
	b->at += n;
	b->left -= n;
	return (ssize_t)n;
}

static int apply(struct unpack *u, const void *bytes, size_t n, enum unpack_kind kind)
{
	struct bytes in = { bytes, n };
	const struct source src = { .read = read_bytes, .ctx = &in };
	struct fail fail;

	return unpack_layer(u, &src, kind, &fail);
}

static int apply_made(struct unpack *u, struct bytes *b)
{
	static char archive[(2 * ENTRIES + 2) * BLOCK];
	size_t len = 0;

	for (unsigned i = 1 + take(b) % ENTRIES; i && b->left; i--)
		len += put_entry(b, archive + len);
	memset(archive + len, 0, 2 * BLOCK);
	return apply(u, archive, len + 2 * BLOCK, take(b) % 4 ? UNPACK_LAYER : UNPACK_ROOTFS);
}

#define must(holds)                                                            \
	do {                                                                   \
		if (!(holds)) {                                                \
			fprintf(stderr, "%d: not so: %s\n", __LINE__, #holds); \
			abort();                                               \
		}                                                              \
	} while (0)

/* ---- the tree -------------------------------------------------------------------------------- */

static int keep(void *ctx, const void *bytes, size_t n)
{
	char **all = ctx;
	size_t len = talloc_get_size(*all);

	*all = talloc_realloc(NULL, *all, char, len + n);
	memcpy(*all + len, bytes, n);
	return 0;
}

static int unpack_into(const char *dir, struct bytes *b, const char *archive, int strip)
{
	const struct unpack_options options = { .strip = strip };
	struct fail fail = { "" };
	struct unpack *u = unpack_begin(NULL, dir, &options, &fail);
	int r = 0;

	must(u);
	if (archive)
		r = apply(u, archive, talloc_get_size(archive), UNPACK_ROOTFS);
	else if (take(b) == 0)
		r = apply(u, b->at, b->left, UNPACK_LAYER);
	else
		for (unsigned i = 0; r == 0 && i < LAYERS; i++)
			r = apply_made(u, b);
	if (r == 0)
		r = unpack_finish(u, &fail);
	talloc_free(u);
	return r;
}

static void pack_again(const char *dir, const char *second)
{
	const struct pack_options options = { .base = NULL };
	char *one = talloc_size(NULL, 0), *two = talloc_size(NULL, 0);
	const struct sink to_one = { keep, &one }, to_two = { keep, &two };
	struct fail fail = { "" };

	must(mkdir(second, 0755) == 0);
	must(pack_tree(dir, &options, &to_one, &fail) == 0);
	must(unpack_into(second, NULL, one, 0) == 0);
	must(pack_tree(second, &options, &to_two, &fail) == 0);
	must(talloc_get_size(one) == talloc_get_size(two));
	must(memcmp(one, two, talloc_get_size(one)) == 0);
	talloc_free(one);
	talloc_free(two);
}

static void check_around(const char *top)
{
	struct children c;
	int fd = open(top, O_RDONLY | O_DIRECTORY), in;

	must(children_read(NULL, fd, &c) == 0);
	for (size_t i = 0; i < c.count; i++)
		must(strncmp(c.names[i], ".pr-owners-", 11) == 0 ||
		     strcmp(c.names[i], "root") == 0 || strcmp(c.names[i], "neighbour") == 0);
	talloc_free(c.names);
	in = openat(fd, "neighbour", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	must(in >= 0 && children_read(NULL, in, &c) == 0 && c.count == 0);
	close(in);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char top[40], root[64], neighbour[64], second[64];
	struct bytes b = { data, size };
	int r;

	/* In memory it is ten times faster. */
	snprintf(top, sizeof(top), "%s/pr-fuzz-layer-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(top));
	snprintf(root, sizeof(root), "%s/root", top);
	snprintf(neighbour, sizeof(neighbour), "%s/neighbour", top);
	snprintf(second, sizeof(second), "%s/second", top);
	must(mkdir(root, 0755) == 0 && mkdir(neighbour, 0755) == 0);
	r = unpack_into(root, &b, NULL, take(&b) % 8 ? 0 : UNPACK_FIND_STRIP);
	check_around(top);
	if (r == 0)
		pack_again(root, second);
	must(rmtree(AT_FDCWD, top, 1000000));
	return 0;
}
