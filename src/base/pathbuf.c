/* SPDX-License-Identifier: MIT */
/*
 * Bounded path strings. Nothing here touches the file system or allocates; a string that does not
 * fit is refused whole, never cut.
 */
#include "base/pathbuf.h"

#include <errno.h>
#include <string.h>

void pathbuf_clear(struct pathbuf *b)
{
	b->len = 0;
	b->s[0] = '\0';
}

int pathbuf_append_n(struct pathbuf *b, const char *s, size_t n)
{
	if (n >= sizeof(b->s) - b->len)
		return -ENAMETOOLONG;
	memmove(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
	return 0;
}

int pathbuf_append(struct pathbuf *b, const char *s)
{
	return pathbuf_append_n(b, s, strlen(s));
}

int pathbuf_set_n(struct pathbuf *b, const char *s, size_t n)
{
	if (n >= sizeof(b->s))
		return -ENAMETOOLONG;
	memmove(b->s, s, n);
	b->len = n;
	b->s[n] = '\0';
	return 0;
}

int pathbuf_set(struct pathbuf *b, const char *s)
{
	return pathbuf_set_n(b, s, strlen(s));
}

int pathbuf_push(struct pathbuf *b, const char *name, size_t n)
{
	bool slash = b->len == 0 || b->s[b->len - 1] != '/';

	if (n + slash >= sizeof(b->s) - b->len)
		return -ENAMETOOLONG;
	if (slash)
		b->s[b->len++] = '/';
	return pathbuf_append_n(b, name, n);
}

int pathbuf_prepend_n(struct pathbuf *b, const char *s, size_t n)
{
	if (n >= sizeof(b->s) - b->len)
		return -ENAMETOOLONG;
	memmove(b->s + n, b->s, b->len + 1);
	memcpy(b->s, s, n);
	b->len += n;
	return 0;
}

void pathbuf_truncate(struct pathbuf *b, size_t len)
{
	b->len = len;
	b->s[len] = '\0';
}

void pathbuf_pop(struct pathbuf *b)
{
	size_t len = b->len;

	while (len > 0 && b->s[len - 1] != '/')
		len--;
	if (len > 1)
		len--;
	pathbuf_truncate(b, len);
}

const char *path_under(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1 && dir[0] == '/')
		return path[0] != '/' ? NULL : path[1] ? path : path + 1;
	if (strncmp(path, dir, n) != 0 || (path[n] != '\0' && path[n] != '/'))
		return NULL;
	return path + n;
}
