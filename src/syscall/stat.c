/* SPDX-License-Identifier: MIT */
/*
 * The stat family, answered by us where files have owners that the host does not know of (-0, -i,
 * --user): the walk's look, the owner store's word on it, one write to guest memory, one stop.
 *
 * Errors are the kernel's to find: a call that cannot be answered is left to it. fs/stat.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "arch/stat.h"
#include "syscall/dispatch.h"
#include "syscall/handlers.h"
#include "syscall/object.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"

/* What vfs_statx knows; others are EINVAL. */
#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

static enum stat_form form_of(const struct call *c)
{
	switch (c->id) {
	case SC_oldstat:
	case SC_oldlstat:
	case SC_oldfstat: return STAT_OLD;
	case SC_stat64:
	case SC_lstat64:
	case SC_fstat64:
	case SC_fstatat64: return STAT_64;
	default: return STAT_NEW;
	}
}

static int give(struct call *c, const void *buf, size_t n)
{
	uint64_t addr = c->guest_arg[sys_find_arg(c->row, ARG_STAT_OUT)];

	return mem_write(c->t, addr, buf, n) < 0 ? -EFAULT : call_answer(c, 0);
}

/* What the host says becomes what the guest is to hear. */
static void dress(struct call *c, struct object *o)
{
	struct owner owner;

	object_owner(c, o, &owner);
	o->st.stx_uid = owner.uid;
	o->st.stx_gid = owner.gid;
	o->st.stx_mode = (uint16_t)owner.mode;
	o->st.stx_rdev_major = owner.rdev_major;
	o->st.stx_rdev_minor = owner.rdev_minor;
	object_done(o);
}

static int answer_stat(struct call *c, struct object *o)
{
	char buf[STAT_BYTES_LIMIT];
	int n;

	dress(c, o);
	n = arch_stat_write(c->abi->word_bytes, form_of(c), &o->st, buf);
	return n < 0 ? n : give(c, buf, (size_t)n);
}

int sys_stat(struct call *c)
{
	int path = sys_find_arg(c->row, ARG_PATH), flags = sys_find_arg(c->row, ARG_FLAGS), r;
	struct object_look look = { 0 };
	struct object o;

	if (flags >= 0) {
		if ((unsigned)c->guest_arg[flags] & ~(unsigned)STAT_FLAGS)
			return dispatch_translate(c);
		look.flags = (int)c->guest_arg[flags] & AT_STATX_SYNC_TYPE;
	}
	r = object_by_path(c, (unsigned)path, &look, &o);
	return r == OBJECT_FOUND ? answer_stat(c, &o) : r;
}

int sys_fstat(struct call *c)
{
	struct object o;

	if ((int)c->guest_arg[0] < 0 ||
	    object_by_descriptor(c, (int)c->guest_arg[0], NULL, &o) == OBJECT_NONE)
		return 0;
	return answer_stat(c, &o);
}

/* A birth time is told only to who asks (the file systems' getattr). */
static void limit_to(struct statx *st, unsigned mask)
{
	if (mask & STATX_BTIME)
		return;
	st->stx_mask &= ~(unsigned)STATX_BTIME;
	memset(&st->stx_btime, 0, sizeof(st->stx_btime));
}

int sys_statx(struct call *c)
{
	int flags = (int)c->guest_arg[2];
	unsigned mask = (unsigned)c->guest_arg[3];
	struct object_look look = { mask, flags & AT_STATX_SYNC_TYPE };
	struct object o;
	int r;

	if ((mask & STATX__RESERVED) || (flags & ~STAT_FLAGS) ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return dispatch_translate(c);
	r = object_by_path(c, 1, &look, &o);
	if (r != OBJECT_FOUND)
		return r;
	dress(c, &o);
	limit_to(&o.st, mask);
	return give(c, &o.st, sizeof(o.st));
}
