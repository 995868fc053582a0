// SPDX-License-Identifier: MIT
/*
 * Under an identity: whose the guest is told an object is, and with what mode. What is remembered
 * beside objects is the tracer's, who shows of which inodes there is any; the rest is no record, or
 * one that the object carries: store_get of ident/store.h.
 */
#include "agent/freestanding.h"
#include "agent/serve.h"
#include "ident/record.h"

#include <asm/errno.h>

#define AT_FDCWD	    (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_NO_AUTOMOUNT	    0x800
#define AT_EMPTY_PATH	    0x1000

#define S_IFMT	0170000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_IFLNK 0120000
#define S_ISVTX 0001000

static bool is_beside_nothing(const struct machine_stat *st)
{
	const struct agent_shared *s = &agent_session;
	uint64_t since = __atomic_load_n(&s->beside_since, __ATOMIC_ACQUIRE);

	return machine_ticks() - since < s->fresh && !inodeset_may_hold(&s->beside, st->ino);
}

bool serve_is_plain(struct agent_slot *slot)
{
	const struct agent_shared *s = &agent_session;
	const struct machine_stat *st = &slot->st;
	uint32_t type = st->mode & S_IFMT;

	if (type == S_IFLNK ? !is_beside_nothing(st) : type != S_IFREG && type != S_IFDIR)
		return agent_fails(slot, AGENT_FALL_ROOT_LINK);
	return (!(st->mode & S_ISVTX) && st->uid == s->host_uid && st->gid == s->host_gid) ||
	       agent_fails(slot, AGENT_FALL_ROOT_RECORD);
}

/* getxattr(2) of what is behind a descriptor, too. */
static long read_xattr(const struct agent_target *at, const char *name, char *buf, uint32_t size)
{
	const struct { /* struct xattr_args, Linux 6.13 */
		uint64_t value;
		uint32_t size, flags;
	} args = { (uint64_t)buf, size, 0 };

	if (at->dirfd == AT_FDCWD)
		return machine_call(AC_LGETXATTR, (long)at->name, (long)name, (long)buf, size, 0,
				    0);
	if (!at->name[0])
		return machine_call(AC_FGETXATTR, at->dirfd, (long)name, (long)buf, size, 0, 0);
	return machine_call(AC_GETXATTRAT, at->dirfd, (long)at->name, AT_SYMLINK_NOFOLLOW,
			    (long)name, (long)&args, sizeof(args));
}

/* Was all that was found out of the object slot->st, and while it was so? */
static bool is_same(const struct agent_slot *slot, const struct agent_target *at)
{
	const struct machine_stat *st = &slot->st;
	struct machine_stat now;

	return machine_call(AC_NEWFSTATAT, at->dirfd, (long)at->name, (long)&now,
			    at->name[0] ? AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT : AT_EMPTY_PATH, 0,
			    0) == 0 &&
	       now.dev == st->dev && now.ino == st->ino && now.mode == st->mode &&
	       now.ctime == st->ctime && now.ctime_ns == st->ctime_ns;
}

/* A record speaks of the type where a file stands for something: the tracer tells of those. */
static bool read_record(struct agent_slot *slot, const struct agent_target *at, struct owner *ret)
{
	const struct machine_stat *st = &slot->st;
	char text[RECORD_LIMIT];
	long n = read_xattr(at, RECORD_XATTR, text, sizeof(text));

	return n > 0 && record_parse(text, (size_t)n, st->mode, ret) == 0 &&
	       (ret->mode & S_IFMT) == (st->mode & S_IFMT) && is_same(slot, at);
}

bool serve_owner(struct agent_slot *slot, const struct agent_target *at, struct owner *ret)
{
	const struct machine_stat *st = &slot->st;
	uint32_t type = st->mode & S_IFMT;

	*ret = (struct owner){ .mode = st->mode };
	if (serve_is_plain(slot))
		return true;
	return (type == S_IFREG || type == S_IFDIR) && (st->mode & S_ISVTX) &&
	       st->uid == agent_session.host_uid && is_beside_nothing(st) &&
	       read_record(slot, at, ret);
}
