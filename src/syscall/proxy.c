/* SPDX-License-Identifier: MIT */
/*
 * The object is opened as syscall/object.h says; the change is then made at the descriptor, by
 * /proc/self/fd/N, in memory that is ours.
 *
 * Nothing falls back to the guest's own string, or that would be the way to win.
 */
#include "syscall/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "syscall/bindrules.h"
#include "syscall/fdchange.h"
#include "syscall/object.h"
#include "syscall/paths.h"
#include "syscall/permit.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif

enum {
	XATTR_NAME_LIMIT = 255,
	XATTR_VALUE_LIMIT = 65536,
	ATTR_BYTES_MIN = 24, /* struct file_attr */
	ATTR_BYTES_LIMIT = 4096,
};

/* struct xattr_args of setxattrat(2) */
struct xattr_words {
	uint64_t value;
	uint32_t size, flags;
};

bool proxy_serves(const struct call *c)
{
	return tracee_session(c->t)->sandbox && geteuid() != 0 && c->id != SC_truncate &&
	       c->id != SC_truncate64;
}

static int open_walked(struct call *c, unsigned i, int dirfd, enum canon_last last)
{
	struct session *s = tracee_session(c->t);
	int r = path_walk_name(c->t, s->path.s, dirfd, last);

	if (r == 0 && (s->walk.flags & CANON_ERROR))
		r = s->walk.error;
	if (r == 0)
		r = bindrules_check(c, &c->row->args[i]);
	if (r == 0 && s->identity)
		r = permit_check(c, &c->row->args[i]);
	return r < 0 ? r : object_open_walked(s);
}

/* "" with AT_EMPTY_PATH: the descriptor itself, or the cwd. */
static int open_descriptor(struct call *c, unsigned path, int dirfd)
{
	int fd, r = tracee_session(c->t)->view_read_only ? fdchange_check(c, dirfd) : 0;

	if (r < 0)
		return r;
	if (tracee_session(c->t)->identity)
		r = permit_check_descriptor(c, &c->row->args[path], dirfd);
	if (r < 0)
		return r;
	fd = object_open_descriptor(c->t, dirfd);
	return fd < 0 ? -EBADF : fd;
}

static int find_object(struct call *c, unsigned i, int dirfd, enum canon_last last)
{
	struct session *s = tracee_session(c->t);
	const struct sys_arg *a = &c->row->args[i];
	uint64_t flags = a->rule == PATH_AT ? c->guest_arg[a->flags_arg] : 0;
	ssize_t n;

	if ((uint32_t)flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	n = mem_read_str(c->t, c->guest_arg[i], s->path.s, sizeof(s->path.s));
	if (n < 0)
		return (int)n;
	if (n == 0)
		return flags & AT_EMPTY_PATH ? open_descriptor(c, i, dirfd) : -ENOENT;
	return open_walked(c, i, dirfd, last);
}

/*
 * ---- the changes, each at `name`, which leads to the object
 * ------------------------------------
 */

static int change_owner(const struct call *c, const char *name, unsigned arg)
{
	bool is_short = c->abi->word_bytes == 4 && (c->id == SC_chown || c->id == SC_lchown);
	uid_t uid = (uid_t)c->guest_arg[arg];
	gid_t gid = (gid_t)c->guest_arg[arg + 1];

	if (is_short) { /* 16-bit ids */
		uid = (uint16_t)uid == 0xffff ? (uid_t)-1 : (uint16_t)uid;
		gid = (uint16_t)gid == 0xffff ? (gid_t)-1 : (uint16_t)gid;
	}
	return chown(name, uid, gid) < 0 ? -errno : 0;
}

static int read_field(const struct call *c, uint64_t *addr, unsigned bytes, int64_t *ret)
{
	uint64_t word;
	int r = mem_read_word(c->t, *addr, bytes, &word);

	*addr += bytes;
	*ret = bytes == 4 ? (int32_t)word : (int64_t)word;
	return r;
}

/* `unit`: nanoseconds in the second field's unit, 0 where there is no second field (utime). */
static int read_times(const struct call *c, uint64_t addr, int64_t unit, struct timespec ts[2])
{
	unsigned bytes = c->id == SC_utimensat_time64 ? 8 : c->abi->word_bytes;
	int64_t sec, part = 0;

	for (int i = 0; i < 2; i++) {
		if (read_field(c, &addr, bytes, &sec) < 0 ||
		    (unit && read_field(c, &addr, bytes, &part) < 0))
			return -EFAULT;
		if (unit > 1 && (part < 0 || part >= 1000000))
			return -EINVAL;
		if (c->abi->word_bytes == 4)
			part = (uint32_t)part;
		ts[i] = (struct timespec){ .tv_sec = (time_t)sec, .tv_nsec = (long)(part * unit) };
	}
	return 0;
}

static int change_times(const struct call *c, const char *name, unsigned arg, int64_t unit)
{
	uint64_t addr = c->guest_arg[arg];
	struct timespec ts[2];
	int r = addr ? read_times(c, addr, unit, ts) : 0;

	if (r < 0)
		return r;
	return utimensat(AT_FDCWD, name, addr ? ts : NULL, 0) < 0 ? -errno : 0;
}

static int read_xattr_name(const struct call *c, uint64_t addr, char name[XATTR_NAME_LIMIT + 1])
{
	ssize_t n = mem_read_str(c->t, addr, name, XATTR_NAME_LIMIT + 1);

	return n == -EFAULT ? -EFAULT : n <= 0 ? -ERANGE : 0;
}

static int set_xattr(const struct call *c, const char *name, uint64_t key,
		     const struct xattr_words *x)
{
	char attr[XATTR_NAME_LIMIT + 1];
	void *value;
	int r = read_xattr_name(c, key, attr);

	if (r < 0)
		return r;
	if (x->size > XATTR_VALUE_LIMIT)
		return -E2BIG;
	value = malloc(x->size + 1);
	if (!value)
		return -ENOMEM;
	r = mem_read(c->t, x->value, value, x->size);
	if (r == 0 && setxattr(name, attr, value, x->size, (int)x->flags) < 0)
		r = -errno;
	free(value);
	return r;
}

static int set_xattr_by_args(const struct call *c, const char *name, const uint64_t *arg)
{
	const uint64_t size = c->abi->word_bytes == 4 ? (uint32_t)arg[2] : arg[2];
	const struct xattr_words x = {
		.value = arg[1],
		.size = size > XATTR_VALUE_LIMIT ? UINT32_MAX : (uint32_t)size,
		.flags = (uint32_t)arg[3],
	};

	return set_xattr(c, name, arg[0], &x);
}

/* setxattrat: the name, a struct xattr_args and its size. */
static int set_xattr_by_struct(const struct call *c, const char *name, const uint64_t *arg)
{
	struct xattr_words x;

	if (arg[2] != sizeof(x))
		return arg[2] < sizeof(x) ? -EINVAL : -E2BIG;
	return mem_read(c->t, arg[1], &x, sizeof(x)) < 0 ? -EFAULT : set_xattr(c, name, arg[0], &x);
}

static int remove_xattr(const struct call *c, const char *name, uint64_t key)
{
	char attr[XATTR_NAME_LIMIT + 1];
	int r = read_xattr_name(c, key, attr);

	return r < 0 ? r : removexattr(name, attr) < 0 ? -errno : 0;
}

static int set_attributes(const struct call *c, const char *name, const uint64_t *arg)
{
	char attr[ATTR_BYTES_LIMIT];

	if (arg[1] < ATTR_BYTES_MIN)
		return -EINVAL;
	if (arg[1] > sizeof(attr))
		return -E2BIG;
	if (mem_read(c->t, arg[0], attr, arg[1]) < 0)
		return -EFAULT;
	return syscall(SYS_file_setattr, AT_FDCWD, name, attr, arg[1], 0) < 0 ? -errno : 0;
}

/* `next`: the index of the argument behind the path. */
static int change(const struct call *c, const char *name, unsigned next)
{
	const uint64_t *arg = c->guest_arg + next;

	switch (c->id) {
	case SC_chmod:
	case SC_fchmodat:
	case SC_fchmodat2: return chmod(name, (mode_t)arg[0]) < 0 ? -errno : 0;
	case SC_chown:
	case SC_chown32:
	case SC_lchown:
	case SC_lchown32:
	case SC_fchownat: return change_owner(c, name, next);
	case SC_utime: return change_times(c, name, next, 0);
	case SC_utimes:
	case SC_futimesat: return change_times(c, name, next, 1000);
	case SC_utimensat:
	case SC_utimensat_time64: return change_times(c, name, next, 1);
	case SC_setxattr:
	case SC_lsetxattr: return set_xattr_by_args(c, name, arg);
	case SC_setxattrat: return set_xattr_by_struct(c, name, arg + 1);
	case SC_removexattr:
	case SC_lremovexattr: return remove_xattr(c, name, arg[0]);
	case SC_removexattrat: return remove_xattr(c, name, arg[1]);
	case SC_file_setattr: return set_attributes(c, name, arg);
	default: return -ENOSYS; /* a new row of the table: better not at all than by a race */
	}
}

int proxy_change(struct call *c, unsigned i, int dirfd, enum canon_last last)
{
	int fd = find_object(c, i, dirfd, last), r;
	char name[64];

	if (fd < 0)
		return fd;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	r = change(c, name, i + 1);
	close(fd);
	return r < 0 ? r : call_answer(c, 0);
}
