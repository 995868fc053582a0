/* SPDX-License-Identifier: MIT */
/*
 * A host made of a table of names, for tests of the walk. It finds fault with the walk itself: a
 * name that has a link or ".." in its middle must never be asked for (fakefs.broken says so).
 */
#ifndef PR_UNIT_FAKEFS_H
#define PR_UNIT_FAKEFS_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "path/canon.h"
#include "path/fsops.h"

enum fake_kind {
	FAKE_DIR = 'd',
	FAKE_CLOSED = 'x', /* a directory without search permission */
	FAKE_FILE = 'f',
	FAKE_LINK = 'l',  /* text: as readlink says */
	FAKE_MAGIC = 'm', /* read_link says FS_MAGIC; text: the host object that the kernel finds */
};

struct fake_node {
	char kind; /* enum fake_kind */
	const char *name;
	const char *text;
};

struct fakefs {
	const struct fake_node *nodes;
	size_t count;
	unsigned asked;	    /* operations so far */
	const char *broken; /* what the walk did that it must not do */
};

static inline const struct fake_node *fake_find(const struct fakefs *f, const char *s, size_t len)
{
	for (size_t i = 0; i < f->count; i++)
		if (strncmp(f->nodes[i].name, s, len) == 0 && !f->nodes[i].name[len])
			return &f->nodes[i];
	return NULL;
}

/* The node at p, every component before the last one checked as the kernel does. 0 or -errno. */
static inline int fake_look(struct fakefs *f, const char *p, const struct fake_node **ret)
{
	const struct fake_node *at = NULL;
	struct pathbuf name;

	f->asked++;
	pathbuf_clear(&name);
	if (p[0] != '/' || strstr(p, "//") || strstr(p, "/../") || strstr(p, "/./")) {
		f->broken = "asked for a name that is not canonical";
		return -EINVAL;
	}
	for (size_t len; *++p; p += len) {
		len = strcspn(p, "/");
		if (at && at->kind == FAKE_MAGIC) {
			pathbuf_set(&name, at->text);
			at = fake_find(f, name.s, name.len);
		}
		if (at && at->kind == FAKE_LINK && strcmp(at->name, "/proc/self") == 0)
			at = fake_find(f, "/proc", 5); /* a bind's source: "/proc/self/fd" */
		if (at && at->kind == FAKE_LINK)
			f->broken = "asked for a name through a link";
		if (at && at->kind == FAKE_CLOSED)
			return -EACCES;
		if (at && at->kind != FAKE_DIR)
			return -ENOTDIR;
		if (len > NAME_LIMIT)
			return -ENAMETOOLONG;
		if (!(len == 1 && *p == '.')) {
			pathbuf_push(&name, p, len);
			at = fake_find(f, name.s, name.len);
			if (!at)
				return -ENOENT;
		}
		if (!p[len])
			break;
	}
	*ret = at;
	return 0;
}

static inline int fake_kind(void *ctx, struct hpath p)
{
	const struct fake_node *n = NULL;
	int r = fake_look(ctx, p.s, &n);

	if (r < 0)
		return r;
	if (!n || n->kind == FAKE_DIR || n->kind == FAKE_CLOSED)
		return FS_DIR;
	return n->kind == FAKE_FILE ? FS_OTHER : FS_LINK;
}

static inline int fake_read_link(void *ctx, struct hpath p, char *buf, size_t size)
{
	const struct fake_node *n = NULL;
	int r = fake_look(ctx, p.s, &n);

	if (r < 0)
		return r;
	if (n && n->kind == FAKE_MAGIC)
		return FS_MAGIC;
	if (!n || n->kind != FAKE_LINK)
		return -EINVAL;
	return snprintf(buf, size, "%s", n->text);
}

/* Only for "<magic link>/.." and "<magic link>/a/..". */
static inline int fake_real(void *ctx, struct hpath p, struct pathbuf *ret)
{
	struct fakefs *f = ctx;
	size_t len = strlen(p.s);
	const struct fake_node *n;

	if (len < 3 || strcmp(p.s + len - 3, "/..") != 0)
		return -ENOENT;
	pathbuf_set_n(ret, p.s, len - 3);
	for (size_t i = 0; i < f->count; i++) {
		n = &f->nodes[i];
		const char *rest = path_under(ret->s, n->name);

		if (n->kind != FAKE_MAGIC || !rest)
			continue;
		size_t rest_len = strlen(rest);

		memmove(ret->s + strlen(n->text), rest, rest_len + 1);
		memcpy(ret->s, n->text, strlen(n->text));
		ret->len = strlen(n->text) + rest_len;
		break;
	}
	pathbuf_pop(ret);
	return 0;
}

static inline int fake_is_plain(void *ctx, struct hpath p, bool follow)
{
	struct fakefs *f = ctx;
	const char *broken = f->broken;
	const struct fake_node *n = NULL;
	int r = fake_look(f, p.s, &n);
	bool met_link = f->broken || (follow && n && n->kind == FAKE_LINK);

	f->broken = broken;
	if (met_link)
		return 0;
	return r == 0 ? 1 : r == -ENOENT || r == -ENOTDIR ? r : 0;
}

static const struct fs_ops fake_ops = {
	.kind = fake_kind,
	.read_link = fake_read_link,
	.real = fake_real,
};

/* The same with the fast path. */
static const struct fs_ops fake_plain_ops = {
	.kind = fake_kind,
	.read_link = fake_read_link,
	.real = fake_real,
	.is_plain = fake_is_plain,
};

#endif
