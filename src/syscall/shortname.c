/* SPDX-License-Identifier: MIT */
/*
 * The front part is cut into pieces that every file system takes as a link's text (XFS: 1023
 * bytes), each link but the first beginning with the one before. So nothing happens in the guest:
 * no descriptor of its own is taken, no limit of its own is met. The kernel counts our few links to
 * its 40; for openat2 with RESOLVE_NO_SYMLINKS, which forbids all links, only our walk does.
 */
#include "syscall/shortname.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { PIECE_BYTES = 1000 };

#define NAME "name-"

static int remove_link(char *name)
{
	unlink(name);
	return 0;
}

/* A link of the session's, removed when it is freed: a child of ctx, or NULL. */
static char *make_link(void *ctx, struct session *s, const char *text)
{
	char *name = talloc_asprintf(ctx, "%s/" NAME "%u", s->dir, s->serial++);

	if (!name || symlink(text, name) < 0) {
		talloc_free(name);
		return NULL;
	}
	talloc_set_destructor(name, remove_link);
	return name;
}

/* The last '/' in s[0..n), or 0. */
static size_t cut(const char *s, size_t n)
{
	while (n > 0 && s[n] != '/')
		n--;
	return n;
}

int shortname_of(void *ctx, struct session *s, struct pathbuf *host)
{
	const char *front = "", *rest = host->s;
	struct pathbuf text;

	while (strlen(front) + strlen(rest) >= PATH_LIMIT) {
		size_t n = cut(rest, PIECE_BYTES);

		if (n == 0)
			return -ENAMETOOLONG;
		if (pathbuf_set(&text, front) < 0 || pathbuf_append_n(&text, rest, n) < 0)
			return -ENAMETOOLONG;
		front = make_link(ctx, s, text.s);
		if (!front)
			return -ENOMEM;
		rest += n;
	}
	if (pathbuf_set(&text, front) < 0 || pathbuf_append(&text, rest) < 0)
		return -ENAMETOOLONG;
	return pathbuf_set(host, text.s);
}

int shortname_make(struct call *c, struct pathbuf *host)
{
	if (!c->held)
		c->held = talloc_new(c->t);
	c->flags |= CALL_WANT_EXIT;
	return shortname_of(c->held, tracee_session(c->t), host);
}

/* Takes the link off the front of *name: 1, 0 where there is none, or -ENAMETOOLONG. */
static int expand(const struct session *s, struct pathbuf *name)
{
	const char *rest = path_under(name->s, s->dir);
	struct pathbuf link;
	struct pathname text;
	ssize_t n;

	if (!rest || strncmp(rest, "/" NAME, sizeof(NAME)) != 0)
		return 0;
	rest += 1 + strcspn(rest + 1, "/");
	if (pathbuf_set_n(&link, name->s, (size_t)(rest - name->s)) < 0)
		return 0;
	n = readlink(link.s, text.s, sizeof(text.s));
	if (n < 0 || pathbuf_set(&link, rest) < 0 || pathbuf_set_n(name, text.s, (size_t)n) < 0)
		return 0;
	return pathbuf_append_n(name, link.s, link.len) < 0 ? -ENAMETOOLONG : 1;
}

const char *shortname_meant(const struct session *s, const char *host, struct pathbuf *buf)
{
	int r;

	if (!path_under(host, s->dir) || pathbuf_set(buf, host) < 0)
		return host;
	do
		r = expand(s, buf);
	while (r > 0);
	return r < 0 ? host : buf->s;
}
