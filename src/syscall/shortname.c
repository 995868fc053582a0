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

static int remove_link(char *name)
{
	unlink(name);
	return 0;
}

/* A link of the session's, removed when it is freed: a child of ctx, or NULL. */
static char *make_link(void *ctx, struct session *s, const char *text)
{
	char *name = talloc_asprintf(ctx, "%s/name-%u", s->dir, s->serial++);

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
