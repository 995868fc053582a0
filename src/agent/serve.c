// SPDX-License-Identifier: MIT
/*
 * The calls that are served. Each handler either settles its call or leaves the frame as it is and
 * says why, and the call falls through. What a handler does before it settles may be done again:
 * all but the opening of a file leave nothing behind.
 */
#include "agent/freestanding.h"
#include "agent/serve.h"

#include <asm/errno.h>

#define AT_FDCWD	    (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS	    0x200
#define AT_NO_AUTOMOUNT	    0x800
#define AT_EMPTY_PATH	    0x1000
#define AT_STATX_SYNC_TYPE  0x6000
#define STATX_RESERVED	    0x80000000u
#define STATX_TYPE	    1u
#define STATX_BASIC	    0x7ffu

#define S_IFMT	0170000
#define S_IFLNK 0120000

enum { W_OK = 2, RWX_OK = 7 };

enum agent_fall serve_settle(struct agent_frame *f, long result)
{
	f->result = (uint64_t)result;
	__atomic_store_n(&f->state, AGENT_DONE, __ATOMIC_RELEASE);
	return AGENT_SERVED;
}

bool serve_is_still(const struct agent_slot *slot, const struct agent_target *at)
{
	return !at || !at->joined || agent_dir_is_since(&slot->since);
}

enum agent_fall serve_error(struct agent_frame *f, const struct agent_slot *slot,
			    const struct agent_target *at, long error)
{
	bool refused = error == -EACCES || error == -EPERM;
	bool may_differ = agent_has(AGENT_IDENTITY) || (at && at->joined);

	if (!serve_is_still(slot, at))
		return AGENT_FALL_RENAMED;
	if (error == -ELOOP)
		return AGENT_FALL_LINK;
	if (refused && may_differ)
		return AGENT_FALL_REFUSED;
	return serve_settle(f, error);
}

bool serve_read_path(struct agent_slot *slot, uint64_t from)
{
	const char *p = (const char *)from;
	char *to = slot->path.s;

	if (!agent_may_read(slot, from, 1))
		return false;
	for (size_t n = 0; n < PATH_LIMIT; n++) {
		if ((uint64_t)p % 4096 == 0 && !agent_may_read(slot, (uint64_t)p, 1))
			return false;
		if (!(*to++ = *p++))
			return n > 0 || agent_fails(slot, AGENT_FALL_NAME);
	}
	return agent_fails(slot, AGENT_FALL_NAME);
}

static bool is_empty(struct agent_slot *slot, uint64_t path)
{
	return agent_may_read(slot, path, 1) && *(const char *)path == '\0';
}

/* ---- stat ------------------------------------------------------------------------------------ */

static long unsure(struct agent_slot *slot, enum agent_fall why)
{
	slot->why = why;
	return AGENT_UNSURE;
}

/*
 * Programs ask more than one thing about a name: that the last one was no link and has no record
 * is good to know, for as long as what is known of directories.
 */
static void remember_plain(struct agent_slot *slot, const struct agent_since *since, uint32_t cwd)
{
	size_t n = strlen(slot->path.s);

	slot->plain_since.known = false;
	__atomic_thread_fence(__ATOMIC_RELEASE); /* as remember_cwd of names.c */
	if ((slot->path.s[0] != '/' && cwd == AGENT_CWD_UNSURE) || n >= sizeof(slot->plain))
		return;
	memcpy(slot->plain, slot->path.s, n + 1);
	slot->plain_cwd = cwd;
	slot->plain_since.ticks = since->ticks;
	slot->plain_since.generation = since->generation;
	__atomic_store_n(&slot->plain_since.known, since->known, __ATOMIC_RELEASE);
}

static bool is_known_plain(const struct agent_slot *slot)
{
	return agent_dir_is_fresh(&slot->plain_since) && strcmp(slot->path.s, slot->plain) == 0 &&
	       (slot->path.s[0] == '/' ||
		slot->plain_cwd == __atomic_load_n(&agent_mm.cwd, __ATOMIC_ACQUIRE));
}

long serve_look(struct agent_slot *slot, long dirfd, unsigned flags, struct agent_target *ret)
{
	bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
	long r;

	if (!agent_locate(slot, dirfd, ret))
		return AGENT_UNSURE;
	for (;;) {
		r = machine_call(AC_NEWFSTATAT, ret->dirfd, (long)ret->name, (long)&slot->st,
				 (long)((flags & AT_NO_AUTOMOUNT) | AT_SYMLINK_NOFOLLOW), 0, 0);
		if (r < 0)
			return r;
		if (!ret->bind && slot->st.dev == agent_session.proc_dev)
			return unsure(slot, AGENT_FALL_PROC);
		if (!follow || (slot->st.mode & S_IFMT) != S_IFLNK)
			return 0;
		if (ret->followed)
			return unsure(slot, AGENT_FALL_LINK);
		if (!agent_locate_whole(slot, dirfd, AGENT_FOLLOW, ret))
			return AGENT_UNSURE;
	}
}

/* slot->st, of *at. */
static enum agent_fall give_stat(struct agent_frame *f, struct agent_slot *slot,
				 const struct agent_target *at, uint64_t to)
{
	struct machine_stat *st = &slot->st;
	struct owner owner;

	if (agent_has(AGENT_IDENTITY)) {
		if (!serve_owner(slot, at, &owner))
			return slot->why;
		st->uid = owner.uid;
		st->gid = owner.gid;
		st->mode = owner.mode;
	}
	if (!agent_may_write(slot, to, sizeof(*st)))
		return slot->why;
	memcpy((void *)to, st, sizeof(*st));
	return serve_settle(f, 0);
}

/* fstat(2), which glibc makes of newfstatat. */
static enum agent_fall serve_fstat(struct agent_frame *f, struct agent_slot *slot, long fd,
				   uint64_t to, unsigned flags)
{
	const struct agent_target at = { .dirfd = fd, .name = "" };
	long r;

	if ((int)fd < 0) /* AT_FDCWD means something to one of the two calls alone */
		return AGENT_FALL_FLAGS;
	r = machine_call(AC_NEWFSTATAT, fd, (long)"", (long)&slot->st, (long)flags, 0, 0);
	if (r < 0)
		return serve_error(f, slot, NULL, r);
	if (agent_has(AGENT_IDENTITY) && slot->st.dev != agent_session.root_dev)
		return AGENT_FALL_ROOT_RECORD;
	return give_stat(f, slot, &at, to);
}

static enum agent_fall serve_stat(struct agent_frame *f, struct agent_slot *slot, long dirfd,
				  uint64_t path, uint64_t to, unsigned flags)
{
	struct agent_target at;
	long r;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return AGENT_FALL_FLAGS;
	if ((flags & AT_EMPTY_PATH) && is_empty(slot, path))
		return serve_fstat(f, slot, dirfd, to, flags);
	if (!serve_read_path(slot, path))
		return slot->why;
	r = serve_look(slot, dirfd, flags, &at);
	if (r == AGENT_UNSURE)
		return slot->why;
	if (r < 0)
		return serve_error(f, slot, &at, r);
	return serve_is_still(slot, &at) ? give_stat(f, slot, &at, to) : AGENT_FALL_RENAMED;
}

/* slot->stx as slot->st. False: not all that is needed of it is there. */
static bool take_statx(struct agent_slot *slot)
{
	const struct machine_statx *stx = &slot->stx;
	const uint64_t minor = stx->dev_minor;
	struct machine_stat *st = &slot->st;

	st->mode = stx->mode;
	st->uid = stx->uid;
	st->gid = stx->gid;
	st->ino = stx->ino;
	st->ctime = stx->ctime;
	st->ctime_ns = stx->ctime_ns;
	st->dev = (minor & 0xff) | (uint64_t)stx->dev_major << 8 | (minor & ~0xffULL) << 12;
	return (stx->mask & STATX_BASIC) == STATX_BASIC;
}

/* slot->stx, of *at, after take_statx. */
static enum agent_fall give_statx(struct agent_frame *f, struct agent_slot *slot,
				  const struct agent_target *at)
{
	struct machine_statx *stx = &slot->stx;
	struct owner owner;

	if (agent_has(AGENT_IDENTITY)) {
		if (!serve_owner(slot, at, &owner))
			return slot->why;
		stx->uid = owner.uid;
		stx->gid = owner.gid;
		stx->mode = (uint16_t)owner.mode;
	}
	if (!agent_may_write(slot, AGENT_ARG(f, 4), sizeof(*stx)))
		return slot->why;
	memcpy((void *)AGENT_ARG(f, 4), stx, sizeof(*stx));
	return serve_settle(f, 0);
}

/* The kernel's, with what owners are told by; it fills that in for who asks for less, too. */
static long call_statx(struct agent_slot *slot, const struct agent_target *at, unsigned flags,
		       unsigned mask)
{
	if (agent_has(AGENT_IDENTITY))
		mask |= STATX_BASIC;
	return machine_call(AC_STATX, at->dirfd, (long)at->name, flags, mask, (long)&slot->stx, 0);
}

/* Of an open file, under an identity of the rootfs's own file system. */
static enum agent_fall serve_fstatx(struct agent_frame *f, struct agent_slot *slot)
{
	const struct agent_target at = { .dirfd = (long)AGENT_ARG(f, 0), .name = "" };
	long r = call_statx(slot, &at, (unsigned)AGENT_ARG(f, 2), (unsigned)AGENT_ARG(f, 3));
	bool whole;

	if (r < 0)
		return serve_error(f, slot, NULL, r);
	whole = take_statx(slot);
	if (agent_has(AGENT_IDENTITY) && (!whole || slot->st.dev != agent_session.root_dev))
		return AGENT_FALL_ROOT_RECORD;
	return give_statx(f, slot, &at);
}

/*
 * Without a look first, where what is found says enough about itself: that it is no link to be
 * followed, and nothing of procfs. False: it does not, or that is not all there is to know.
 */
static bool statx_at_once(struct agent_slot *slot, long dirfd, unsigned flags, unsigned mask,
			  struct agent_target *at, long *result)
{
	const uint32_t cwd = (int)dirfd == AT_FDCWD ?
				     __atomic_load_n(&agent_mm.cwd, __ATOMIC_ACQUIRE) :
				     AGENT_CWD_UNSURE;
	const struct agent_since since = agent_dir_begin();
	const struct machine_statx *stx = &slot->stx;

	if (!agent_locate(slot, dirfd, at))
		return false;
	*result = call_statx(slot, at, flags | AT_SYMLINK_NOFOLLOW, mask);
	if (*result < 0)
		return true;
	take_statx(slot);
	if (!at->bind && slot->st.dev == agent_session.proc_dev)
		return false;
	if ((stx->mask & STATX_TYPE) && (stx->mode & S_IFMT) != S_IFLNK) {
		if (!agent_has(AGENT_IDENTITY) || serve_is_plain(slot))
			remember_plain(slot, &since, cwd);
		return true;
	}
	return flags & AT_SYMLINK_NOFOLLOW;
}

static enum agent_fall serve_statx(struct agent_frame *f, struct agent_slot *slot)
{
	const unsigned flags = (unsigned)AGENT_ARG(f, 2), mask = (unsigned)AGENT_ARG(f, 3);
	struct agent_target at;
	long r;

	if ((flags & AT_EMPTY_PATH) && is_empty(slot, AGENT_ARG(f, 1)))
		return serve_fstatx(f, slot);
	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE)) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || (mask & STATX_RESERVED))
		return AGENT_FALL_FLAGS;
	if (!serve_read_path(slot, AGENT_ARG(f, 1)))
		return slot->why;
	if (!statx_at_once(slot, (long)AGENT_ARG(f, 0), flags, mask, &at, &r)) {
		r = serve_look(slot, (long)AGENT_ARG(f, 0), flags, &at);
		if (r == 0)
			r = call_statx(slot, &at, flags | AT_SYMLINK_NOFOLLOW, mask);
	}
	if (r == AGENT_UNSURE)
		return slot->why;
	if (r < 0)
		return serve_error(f, slot, &at, r);
	if (!serve_is_still(slot, &at))
		return AGENT_FALL_RENAMED;
	if (!take_statx(slot) && agent_has(AGENT_IDENTITY))
		return AGENT_FALL_ROOT_RECORD;
	return give_statx(f, slot, &at);
}

/* ---- access, readlink, xattrs, getcwd -------------------------------------------------------- */

bool serve_may_be_read_only(const struct bind *bind)
{
	return bind ? bind->flags & BIND_RO : agent_has(AGENT_ANY_READ_ONLY);
}

/* The kernel's answer, or its error. */
static enum agent_fall settle_result(struct agent_frame *f, const struct agent_slot *slot,
				     const struct agent_target *at, long r)
{
	if (r < 0)
		return serve_error(f, slot, at, r);
	return serve_is_still(slot, at) ? serve_settle(f, r) : AGENT_FALL_RENAMED;
}

static enum agent_fall serve_access(struct agent_frame *f, struct agent_slot *slot, long dirfd,
				    uint64_t path, unsigned mode, unsigned flags)
{
	struct agent_target at;
	struct owner owner;
	long r;

	if ((mode & ~RWX_OK) || (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EACCESS)))
		return AGENT_FALL_FLAGS;
	if (!serve_read_path(slot, path))
		return slot->why;
	r = serve_look(slot, dirfd, flags & AT_SYMLINK_NOFOLLOW, &at);
	if (r == AGENT_UNSURE)
		return slot->why;
	if (r == 0 && (mode & W_OK) && serve_may_be_read_only(at.bind))
		return AGENT_FALL_READ_ONLY;
	/* What it may do to a file it may do on the host, whosever that is: store_host_mode. */
	if (r == 0 && agent_has(AGENT_IDENTITY) && !serve_owner(slot, &at, &owner))
		return slot->why;
	if (r == 0)
		r = machine_call(flags ? AC_FACCESSAT2 : AC_FACCESSAT, at.dirfd, (long)at.name,
				 (long)mode, (long)flags, 0, 0);
	return settle_result(f, slot, &at, r);
}

static enum agent_fall serve_readlink(struct agent_frame *f, struct agent_slot *slot, long dirfd,
				      uint64_t path, uint64_t to, uint64_t size)
{
	struct agent_target at;
	long r;

	if (!serve_read_path(slot, path) || !agent_locate(slot, dirfd, &at))
		return slot->why;
	/* It might be one of procfs. */
	if (!at.bind && serve_look(slot, dirfd, AT_SYMLINK_NOFOLLOW, &at) == AGENT_UNSURE)
		return slot->why;
	r = machine_call(AC_READLINKAT, at.dirfd, (long)at.name, (long)to, (long)size, 0, 0);
	return settle_result(f, slot, &at, r);
}

static bool is_getxattr(const struct agent_frame *f)
{
	return f->nr == AC_GETXATTR || f->nr == AC_LGETXATTR;
}

/* user.* has names of the store's, and is asked for by the guest's ids: syscall/xattrs.c. */
static bool is_others_xattr(struct agent_slot *slot, uint64_t name)
{
	static const char user[] = { 'u', 's', 'e', 'r', '.' };

	if (!agent_may_read(slot, name, sizeof(user)))
		return false;
	return memcmp((const char *)name, user, sizeof(user)) != 0 ||
	       agent_fails(slot, AGENT_FALL_ROOT_CALL);
}

/* Under an identity what the kernel says is so only where the store has nothing to say. */
static bool locate_xattr(struct agent_frame *f, struct agent_slot *slot, enum agent_follow follow,
			 struct agent_target *at)
{
	bool identity = agent_has(AGENT_IDENTITY), known = is_known_plain(slot);
	long r;

	if (identity && is_getxattr(f) && !is_others_xattr(slot, AGENT_ARG(f, 1)))
		return false;
	if (known)
		follow = AGENT_NOFOLLOW;
	/* What is nameless to us might be procfs, but for what was looked at there. */
	if (!follow && (!identity || known) && agent_locate(slot, AT_FDCWD, at) &&
	    (at->bind || known))
		return true;
	r = serve_look(slot, AT_FDCWD, follow ? 0 : AT_SYMLINK_NOFOLLOW, at);
	if (r == AGENT_UNSURE)
		return false;
	return r < 0 || !identity || serve_is_plain(slot);
}

/*
 * getxattr(path, name, value, size) and listxattr(path, list, size), which fill in what the guest
 * gave.
 */
static enum agent_fall serve_xattr(struct agent_frame *f, struct agent_slot *slot,
				   enum agent_follow follow)
{
	struct agent_target at;
	long r;

	if (!serve_read_path(slot, AGENT_ARG(f, 0)) || !locate_xattr(f, slot, follow, &at))
		return slot->why;
	/* Whether there is no such file or the name is bad comes first the kernel knows. */
	r = machine_call(is_getxattr(f) ? AC_LGETXATTR : AC_LLISTXATTR, (long)at.name,
			 (long)AGENT_ARG(f, 1), (long)AGENT_ARG(f, 2), (long)AGENT_ARG(f, 3), 0, 0);
	return settle_result(f, slot, &at, r);
}

static enum agent_fall serve_getcwd(struct agent_frame *f, struct agent_slot *slot, uint64_t to,
				    uint64_t size)
{
	if (!agent_cwd(slot))
		return slot->why;
	if (size <= slot->joined.len)
		return serve_settle(f, -ERANGE);
	if (!agent_may_write(slot, to, slot->joined.len + 1))
		return slot->why;
	memcpy((void *)to, slot->joined.s, slot->joined.len + 1);
	return serve_settle(f, (long)slot->joined.len + 1);
}

/*
 * Under an identity these stop for directories with devices, which have a record of that
 * (syscall/devdirs.h): their types are not what the host has.
 */
static enum agent_fall serve_getdents(struct agent_frame *f, struct agent_slot *slot)
{
	const long fd = (long)AGENT_ARG(f, 0);
	long r;

	if (agent_has(AGENT_ADDS_ENTRIES))
		return AGENT_FALL_CALL;
	r = machine_call(AC_NEWFSTATAT, fd, (long)"", (long)&slot->st, AT_EMPTY_PATH, 0, 0);
	if (r < 0 || (int)fd < 0)
		return AGENT_FALL_ERROR;
	if (!serve_is_plain(slot))
		return slot->why;
	if (slot->st.dev != agent_session.root_dev)
		return AGENT_FALL_ROOT_RECORD;
	r = agent_final_call(f, AC_GETDENTS64, fd, (long)AGENT_ARG(f, 1), (long)AGENT_ARG(f, 2), 0);
	return r < 0 ? serve_error(f, slot, NULL, r) : AGENT_SERVED;
}

/* The guest is root in every respect, or has no agent; without an identity these do not stop. */
static enum agent_fall serve_id(struct agent_frame *f)
{
	return agent_has(AGENT_IDENTITY) ? serve_settle(f, 0) : AGENT_FALL_CALL;
}

/* ---------------------------------------------------------------------------------------------- */

static enum agent_fall serve(struct agent_frame *f, struct agent_slot *slot)
{
	const uint64_t a = AGENT_ARG(f, 0), b = AGENT_ARG(f, 1), c = AGENT_ARG(f, 2),
		       d = AGENT_ARG(f, 3);

	if (agent_mm.off || agent_session.off)
		return AGENT_FALL_OFF;
	agent_pages_begin(slot);
	switch (f->nr) {
	case AC_OPEN: return serve_open(f, slot, AT_FDCWD, a, (unsigned)b, (unsigned)c);
	case AC_OPENAT: return serve_open(f, slot, (long)a, b, (unsigned)c, (unsigned)d);
	case AC_STAT: return serve_stat(f, slot, AT_FDCWD, a, b, 0);
	case AC_FSTAT: return serve_fstat(f, slot, (long)a, b, AT_EMPTY_PATH);
	case AC_LSTAT: return serve_stat(f, slot, AT_FDCWD, a, b, AT_SYMLINK_NOFOLLOW);
	case AC_NEWFSTATAT: return serve_stat(f, slot, (long)a, b, c, (unsigned)d);
	case AC_STATX: return serve_statx(f, slot);
	case AC_ACCESS: return serve_access(f, slot, AT_FDCWD, a, (unsigned)b, 0);
	case AC_FACCESSAT: return serve_access(f, slot, (long)a, b, (unsigned)c, 0);
	case AC_FACCESSAT2: return serve_access(f, slot, (long)a, b, (unsigned)c, (unsigned)d);
	case AC_READLINK: return serve_readlink(f, slot, AT_FDCWD, a, b, c);
	case AC_READLINKAT: return serve_readlink(f, slot, (long)a, b, c, d);
	case AC_GETDENTS64: return serve_getdents(f, slot);
	case AC_GETCWD: return serve_getcwd(f, slot, a, b);
	case AC_UTIMENSAT: return serve_utimens(f, slot);
	case AC_FCHOWN: return serve_fchown(f, slot);
	case AC_FCHMOD: return serve_fchmod(f, slot);
	case AC_GETUID:
	case AC_GETGID:
	case AC_GETEUID:
	case AC_GETEGID: return serve_id(f);
	case AC_GETXATTR:
	case AC_LISTXATTR: return serve_xattr(f, slot, AGENT_FOLLOW);
	case AC_LGETXATTR:
	case AC_LLISTXATTR: return serve_xattr(f, slot, AGENT_NOFOLLOW);
	default: return agent_let_pass(f, slot);
	}
}

void agent_serve(struct agent_frame *f, struct agent_slot *slot)
{
	enum agent_fall why = serve(f, slot);

	agent_count(why ? &agent_counts.fell[why] : &agent_counts.served[f->nr]);
}
