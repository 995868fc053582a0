/* SPDX-License-Identifier: MIT */
/*
 * A list of directories. Removing a big one takes a while, in which every guest would wait: it is
 * done in pieces, one with each unmount, and the session's end does the rest.
 */
#include "syscall/privatefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>
#include <utlist.h>

#include "base/rmtree.h"
#include "ident/store.h"
#include "syscall/inuse.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { PIECE = 1000 }; /* entries removed at a time: some milliseconds */

struct privatefs {
	struct privatefs *prev, *next;
	char *host; /* child of this */
};

static int set_owner(struct session *s, const char *host, const struct owner *owner)
{
	struct store_object o = { .place = STORE_ROOTFS };
	struct statx st;
	int r = -ENOENT;

	o.fd = open(host, O_PATH | O_CLOEXEC);
	o.st = &st;
	if (o.fd >= 0 && statx(o.fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) == 0)
		r = store_set(s->identity->store, &o, owner);
	if (o.fd >= 0)
		close(o.fd);
	return r;
}

/* 0 or -errno; what is made is removed again by who gives up. */
static int make_dir(struct session *s, struct privatefs *p, const struct owner *owner)
{
	char *all = talloc_asprintf(p, "%s/" SESSION_PRIVATE, s->dir);

	p->host = talloc_asprintf(p, "%s/" SESSION_PRIVATE "/%u", s->dir, s->serial++);
	if (!all || !p->host)
		return -ENOMEM;
	if (mkdir(all, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(p->host, 0700) < 0)
		return -errno;
	return set_owner(s, p->host, owner);
}

int privatefs_make(struct session *s, const struct owner *owner, const char **ret)
{
	struct privatefs *p = talloc_zero(s, struct privatefs);
	int r = p ? make_dir(s, p, owner) : -ENOMEM;

	if (r < 0) {
		if (p && p->host)
			rmdir(p->host);
		talloc_free(p);
		return r;
	}
	DL_APPEND(s->privates, p);
	*ret = p->host;
	return 0;
}

static void forget(struct session *s, struct privatefs *p)
{
	DL_DELETE(s->privates, p);
	talloc_free(p);
}

void privatefs_forget_all(struct session *s)
{
	while (s->privates)
		forget(s, s->privates);
}

static bool is_mounted(struct session *s, const char *host)
{
	const struct tracee *t, *next;

	HASH_ITER(hh, s->tracees, t, next)
		for (size_t i = 0; i < t->fs->view->count; i++)
			if (path_under(t->fs->view->binds[i].host.s, host))
				return true;
	return false;
}

void privatefs_sweep(struct session *s)
{
	struct privatefs *p, *next;

	for (p = s->privates; p; p = next) {
		next = p->next;
		if (is_mounted(s, p->host) || inuse_by_name(s, p->host))
			continue;
		if (!rmtree(AT_FDCWD, p->host, PIECE))
			return;
		forget(s, p);
	}
}
