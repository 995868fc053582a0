/* SPDX-License-Identifier: MIT */
/*
 * Found by device and inode, a table that forgets its oldest entries: inode numbers are given anew
 * only when all of them have been.
 */
#include "syscall/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <talloc.h>
#include <unistd.h>
#include <uthash.h>

#include "ident/cred.h"
#include "ident/owner.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum { OWNERS_MAX = 512 };

struct nameless_key {
	uint64_t dev, ino; /* no padding: compared as bytes */
};

struct nameless_owner {
	struct nameless_key key;
	uint32_t uid, gid;
	UT_hash_handle hh; /* in the order of the changes */
};

static uint64_t dev_of(const struct statx *st)
{
	return (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
}

static void learn(uint64_t *ret, int fd)
{
	struct statx st;

	*ret = UINT64_MAX;
	if (fd < 0)
		return;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0)
		*ret = dev_of(&st);
	close(fd);
}

void nameless_learn(struct identity *id)
{
	int pipes[2] = { -1, -1 };

	if (pipe2(pipes, O_CLOEXEC) == 0)
		close(pipes[1]);
	learn(&id->nameless_dev[0], pipes[0]);
	learn(&id->nameless_dev[1], socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	learn(&id->nameless_dev[2], memfd_create("", MFD_CLOEXEC));
	learn(&id->nameless_dev[3], eventfd(0, EFD_CLOEXEC));
}

bool nameless_is(const struct session *s, const struct statx *st)
{
	const struct identity *id = s->identity;
	uint64_t dev = dev_of(st);

	if (st->stx_uid != id->host_uid)
		return false;
	for (unsigned i = 0; i < IDENTITY_NAMELESS; i++)
		if (id->nameless_dev[i] == dev)
			return true;
	return false;
}

static struct nameless_owner *find(struct session *s, const struct statx *st)
{
	const struct nameless_key key = { dev_of(st), st->stx_ino };
	struct nameless_owner *o;

	HASH_FIND(hh, s->identity->nameless, &key, sizeof(key), o);
	return o;
}

void nameless_get(struct session *s, const struct statx *st, struct owner *ret)
{
	const struct nameless_owner *o = find(s, st);
	const struct cred *c = s->walker->cred;

	*ret = (struct owner){ .uid = o ? o->uid : c->fsuid,
			       .gid = o ? o->gid : c->fsgid,
			       .mode = st->stx_mode };
}

static int remember(struct session *s, const struct statx *st, const struct owner *owner)
{
	struct identity *id = s->identity;
	struct nameless_owner *o = find(s, st), *oldest;

	if (!o) {
		o = talloc_zero(id, struct nameless_owner);
		if (!o)
			return -ENOMEM;
		o->key = (struct nameless_key){ dev_of(st), st->stx_ino };
		if (HASH_COUNT(id->nameless) >= OWNERS_MAX) {
			oldest = id->nameless;
			HASH_DEL(id->nameless, oldest);
			talloc_free(oldest);
		}
		HASH_ADD(hh, id->nameless, key, sizeof(o->key), o);
	}
	o->uid = owner->uid;
	o->gid = owner->gid;
	return 0;
}

int nameless_set(struct session *s, const struct statx *st, int fd, const struct owner *owner)
{
	struct owner now;
	char name[64];

	nameless_get(s, st, &now);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (owner->mode != now.mode && chmod(name, owner->mode & 07777) < 0)
		return -errno;
	return owner->uid != now.uid || owner->gid != now.gid ? remember(s, st, owner) : 0;
}
