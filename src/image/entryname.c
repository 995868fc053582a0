// SPDX-License-Identifier: MIT
/*
 * See the header; whiteouts are those of the OCI image specification's layer.md, bookkeeping that
 * of AUFS and of estargz.
 */
#include "image/entryname.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "base/pathbuf.h"

#define WHITEOUT ".wh."

static int make_room(void *ctx, struct entryname *n, size_t bytes)
{
	if (bytes <= n->room)
		return 0;
	n->text = talloc_realloc(ctx, n->text, char, bytes);
	n->parent = talloc_realloc(ctx, n->parent, char, bytes);
	n->room = n->text && n->parent ? bytes : 0;
	return n->room ? 0 : -ENOMEM;
}

static int check(const char *name, size_t len)
{
	if (len > NAME_LIMIT)
		return -ENAMETOOLONG;
	return len == 2 && memcmp(name, "..", 2) == 0 ? -EINVAL : 0;
}

/* The components that count, one slash between two. */
static int copy(const char *text, int strip, char *to)
{
	char *at = to;
	int r;

	while (*text) {
		size_t n = strcspn(text, "/");

		r = check(text, n);
		if (r < 0)
			return r;
		if (n > 0 && !(n == 1 && *text == '.') && strip-- <= 0) {
			if (at > to)
				*at++ = '/';
			memcpy(at, text, n);
			at += n;
		}
		text += n + (text[n] == '/');
	}
	*at = '\0';
	return strip > 0;
}

int entryname_parse(void *ctx, const char *text, int strip, struct entryname *ret)
{
	size_t len = strlen(text), parent_len;
	const char *slash;
	int r;

	if (len == 0)
		return -EINVAL;
	if (len > ENTRYNAME_MAX)
		return -ENAMETOOLONG;
	r = make_room(ctx, ret, len + 1);
	if (r == 0)
		r = copy(text, strip > 0 ? strip : 0, ret->text);
	if (r < 0)
		return r;
	slash = strrchr(ret->text, '/');
	parent_len = slash ? (size_t)(slash - ret->text) : 0;
	memcpy(ret->parent, ret->text, parent_len);
	ret->parent[parent_len] = '\0';
	ret->last = ret->text + (slash ? parent_len + 1 : 0);
	return r;
}

/* Below a whiteout's name there can be nothing but what AUFS kept there. */
static enum entryname_kind kind_of_parent(const char *parent)
{
	for (const char *at = parent; *at; at += *at == '/') {
		if (strncmp(at, WHITEOUT WHITEOUT, 2 * strlen(WHITEOUT)) == 0)
			return ENTRYNAME_NOTHING;
		if (strncmp(at, WHITEOUT, strlen(WHITEOUT)) == 0)
			return ENTRYNAME_BAD;
		at += strcspn(at, "/");
	}
	return ENTRYNAME_PLAIN;
}

enum entryname_kind entryname_kind(const struct entryname *n)
{
	static const char *const others[] = { "stargz.index.json", ".prefetch.landmark",
					      ".no.prefetch.landmark" };
	enum entryname_kind above = kind_of_parent(n->parent);
	const char *rest;

	if (above != ENTRYNAME_PLAIN)
		return above;
	for (size_t i = 0; !*n->parent && i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(n->last, others[i]) == 0)
			return ENTRYNAME_NOTHING;
	if (strncmp(n->last, WHITEOUT, strlen(WHITEOUT)) != 0)
		return ENTRYNAME_PLAIN;
	rest = n->last + strlen(WHITEOUT);
	if (strcmp(rest, WHITEOUT ".opq") == 0)
		return ENTRYNAME_OPAQUE;
	if (strncmp(rest, WHITEOUT, strlen(WHITEOUT)) == 0)
		return ENTRYNAME_NOTHING;
	if (!*rest || strcmp(rest, ".") == 0 || strcmp(rest, "..") == 0)
		return ENTRYNAME_BAD;
	return ENTRYNAME_WHITEOUT;
}
