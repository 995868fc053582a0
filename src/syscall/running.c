/* SPDX-License-Identifier: MIT */
/*
 * A count per file, found by device and inode: neither an exec nor an open gets slower with the
 * number of processes. Only opens that write, and truncate, pay the stat(2).
 */
#include "syscall/running.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "path/canon.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

struct file_key {
	uint64_t dev, ino; /* no padding: compared as bytes */
};

struct running {
	struct file_key key;
	unsigned count; /* of exe */
	struct session *session;
	UT_hash_handle hh;
};

static struct running *find(struct session *s, dev_t dev, ino_t ino)
{
	const struct file_key key = { dev, ino };
	struct running *r;

	HASH_FIND(hh, s->running, &key, sizeof(key), r);
	return r;
}

static int end(struct exe *exe)
{
	struct running *r = exe->running;

	if (r && --r->count == 0) {
		HASH_DEL(r->session->running, r);
		talloc_free(r);
	}
	return 0;
}

int running_begin(struct session *s, struct exe *exe)
{
	struct running *r;

	if (!exe->by_loader || exe->running || exe->ino == 0)
		return 0;
	r = find(s, exe->dev, exe->ino);
	if (!r) {
		r = talloc_zero(s, struct running);
		if (!r)
			return -ENOMEM;
		r->session = s;
		r->key = (struct file_key){ exe->dev, exe->ino };
		HASH_ADD(hh, s->running, key, sizeof(r->key), r);
	}
	r->count++;
	exe->running = r;
	talloc_set_destructor(exe, end);
	return 0;
}

/* What the kernel finds wrong before (fs/namei.c, may_open) it shall say itself. */
static int check(struct session *s)
{
	const char *host = s->walk.host.s;
	struct stat st;

	if (!s->running || stat(host, &st) < 0 || !find(s, st.st_dev, st.st_ino))
		return 0;
	return faccessat(AT_FDCWD, host, W_OK, AT_EACCESS) < 0 ? 0 : -ETXTBSY;
}

int running_check_open(struct session *s, uint64_t flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);

	if (!writes || (flags & O_PATH) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) ||
	    (flags & O_DIRECTORY) || (s->walk.flags & CANON_MISSING))
		return 0;
	return check(s);
}

int running_check(struct call *c, const struct sys_arg *a)
{
	struct session *s = tracee_session(c->t);

	if (a->rule == PATH_OPEN)
		return running_check_open(s, c->guest_arg[a->flags_arg]);
	if (a->access == ACCESS_AS_CREAT)
		return running_check_open(s, O_WRONLY | O_CREAT | O_TRUNC);
	return c->id == SC_truncate || c->id == SC_truncate64 ? check(s) : 0;
}
