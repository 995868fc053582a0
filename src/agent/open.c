// SPDX-License-Identifier: MIT
/*
 * open(2) and openat(2), as openat2(2) of the host's name without a link in it: the one call that
 * leaves something behind, a descriptor, and must not be made twice.
 */
#include "agent/freestanding.h"
#include "agent/serve.h"

#include <asm/errno.h>

#define AT_FDCWD	    (-100)
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EMPTY_PATH	    0x1000

#define O_ACCMODE   3
#define O_CREAT	    0100
#define O_EXCL	    0200
#define O_TRUNC	    01000
#define O_DIRECTORY 0200000
#define O_NOFOLLOW  0400000
#define O_PATH	    010000000
#define O_UNNAMED   020000000 /* of O_TMPFILE */
/* VALID_OPEN_FLAGS of fcntl.h in the kernel: others are ignored by open, and not by openat2 */
#define O_KNOWN	    037777703

#define S_IFMT	0170000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define S_ISGID 0002000
#define S_X	0000111
#define S_SPECIAL 0007000 /* set-id and sticky bits */

static bool writes(unsigned flags)
{
	return flags & (O_ACCMODE | O_CREAT | O_TRUNC);
}

/* What is asked for, and what was found. */
struct opening {
	long dirfd;
	unsigned flags, mode;
	bool missing; /* the name itself is */
	uint64_t resolve;
};

/* What is there, and has no record, needs none for that; what is made may. */
static bool writes_as_root(unsigned flags)
{
	return writes(flags) && agent_has(AGENT_IDENTITY);
}

/*
 * Needs nothing be looked at, as what is there may be opened in any case? What stands for a device
 * is no directory.
 */
static bool opens_anything(unsigned flags)
{
	return !writes(flags) && (!agent_has(AGENT_IDENTITY) || (flags & O_DIRECTORY));
}

/* The same, as nothing there is one. */
static bool opens_no_device(struct agent_slot *slot, const struct opening *o)
{
	if (writes(o->flags))
		return false;
	return slot->path.s[0] == '/' ? slot->without_devices :
					agent_is_without_devices(slot, o->dirfd);
}

/*
 * What is there already. Where that was found takes the place of *at: looking for it a second time
 * has written over the first name. But a relative name goes on as it stands, and means the same if
 * there is no link in it, or else the open fails.
 */
static bool may_open_object(struct agent_slot *slot, struct opening *o,
			    struct agent_target *at)
{
	const struct machine_stat *st = &slot->st;
	const unsigned flags = o->flags;
	const bool follow = !(flags & (O_CREAT | O_NOFOLLOW));
	struct agent_target found;
	struct owner owner;
	long r = serve_look(slot, o->dirfd, follow ? 0 : AT_SYMLINK_NOFOLLOW, &found);

	if (r == AGENT_UNSURE)
		return false;
	if (!serve_is_still(slot, &found))
		return agent_fails(slot, AGENT_FALL_RENAMED);
	if (!found.joined)
		*at = found;
	o->missing = r == -ENOENT;
	if (o->missing)
		return true;
	if (r < 0)
		return agent_fails(slot, AGENT_FALL_ERROR);
	if (agent_has(AGENT_IDENTITY) &&
	    !(writes(flags) ? serve_is_plain(slot) : serve_owner(slot, &found, &owner)))
		return false;
	if (!writes(flags) || (st->mode & S_IFMT) != S_IFREG)
		return !writes_as_root(flags) || agent_fails(slot, AGENT_FALL_ROOT_WRITE);
	return !(st->mode & S_X) || agent_fails(slot, AGENT_FALL_RUNNING);
}

/*
 * Is what is made there root's, with the mode that it is given, as every file without a record is?
 * syscall/create.c, needs_record. Its directory then has none, either, and hands on no group.
 */
static bool may_make(struct agent_slot *slot, const struct opening *o,
		     const struct agent_target *at)
{
	size_t n = 0;

	for (size_t i = 0; at->name[i]; i++)
		if (at->name[i] == '/')
			n = i ? i : 1;
	memcpy(slot->text.s, at->name, n);
	slot->text.s[n] = '\0';
	if ((o->mode & S_SPECIAL) ||
	    machine_call(AC_NEWFSTATAT, at->dirfd, (long)slot->text.s, (long)&slot->st,
			 AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, 0, 0) < 0 ||
	    (slot->st.mode & (S_IFMT | S_ISGID)) != S_IFDIR)
		return agent_fails(slot, AGENT_FALL_ROOT_WRITE);
	return serve_is_plain(slot);
}

/* As it stands: the cwd's name, that might be put in front of it, may be another's by then. */
static bool locate_relative(struct agent_slot *slot, struct opening *o, struct agent_target *at)
{
	bool proc;

	if (!agent_is_plain_path(slot, &proc))
		return false;
	if (proc && agent_is_in_procfs(slot, o->dirfd))
		return agent_fails(slot, AGENT_FALL_PROC);
	if (proc)
		o->resolve |= RESOLVE_NO_XDEV;
	*at = (struct agent_target){ o->dirfd, slot->path.s, NULL, false, false };
	return true;
}

/*
 * May it be opened without a word from the tracer? What is written to may be a running program
 * (ETXTBSY), which has an x bit; under an identity one that is opened may stand for a device.
 */
static bool may_open(struct agent_slot *slot, struct opening *o, struct agent_target *at)
{
	const unsigned flags = o->flags;
	bool makes = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);

	if (flags & (O_PATH | O_UNNAMED))
		return agent_fails(slot, AGENT_FALL_FLAGS);
	if (slot->path.s[0] == '/' ? !agent_locate(slot, o->dirfd, at) :
				     !locate_relative(slot, o, at))
		return false;
	if (opens_anything(flags) || opens_no_device(slot, o))
		return true;
	if (writes_as_root(flags) && (flags & O_DIRECTORY))
		return agent_fails(slot, AGENT_FALL_ROOT_WRITE);
	if (!makes && !may_open_object(slot, o, at))
		return false;
	makes |= o->missing && (flags & O_CREAT);
	if (writes_as_root(flags) && makes && !may_make(slot, o, at))
		return false;
	return !writes(flags) || !serve_may_be_read_only(at->bind) ||
	       agent_fails(slot, AGENT_FALL_READ_ONLY);
}

/*
 * The flags for the kernel: where a record might be wanted nothing else is made or opened than what
 * was looked at.
 */
static unsigned settled_flags(const struct opening *o)
{
	if (!writes_as_root(o->flags) || !(o->flags & O_CREAT) || (o->flags & O_EXCL))
		return o->flags;
	return o->missing ? o->flags | O_EXCL : o->flags & ~(unsigned)O_CREAT;
}

/* There was a link in the name, at its end perhaps: what is behind it? */
static bool locate_behind_link(struct agent_slot *slot, struct opening *o, struct agent_target *at)
{
	if (writes(o->flags))
		return false;
	if (!opens_anything(o->flags))
		return may_open_object(slot, o, at);
	return slot->path.s[0] == '/' &&
	       agent_locate_whole(slot, o->dirfd,
				  o->flags & O_NOFOLLOW ? AGENT_NOFOLLOW : AGENT_FOLLOW, at);
}

enum agent_fall serve_open(struct agent_frame *f, struct agent_slot *slot, long dirfd,
			   uint64_t path, unsigned flags, unsigned mode)
{
	struct opening o = { .dirfd = dirfd, .flags = (flags & O_KNOWN) | MACHINE_O_LARGEFILE,
			     .mode = mode & 07777, .resolve = RESOLVE_NO_SYMLINKS };
	struct agent_open_how how;
	struct agent_target at;
	long r;

	if (!serve_read_path(slot, path) || !may_open(slot, &o, &at))
		return slot->why;
	how = (struct agent_open_how){ .flags = settled_flags(&o), .resolve = o.resolve };
	how.mode = how.flags & O_CREAT ? o.mode : 0;
	r = agent_final_call(f, AC_OPENAT2, at.dirfd, (long)at.name, (long)&how, sizeof(how));
	if (r == -ELOOP && locate_behind_link(slot, &o, &at))
		r = agent_final_call(f, AC_OPENAT2, at.dirfd, (long)at.name, (long)&how,
				     sizeof(how));
	if (r == -EXDEV)
		return AGENT_FALL_RELATIVE;
	if ((r == -ENOENT || r == -EEXIST) && how.flags != o.flags)
		return AGENT_FALL_ROOT_WRITE;
	/* openat2 is strict about what open lets pass, and seccomp may not know it. */
	if (r == -EINVAL || r == -ENOSYS || r == -EAGAIN)
		return AGENT_FALL_OPENAT2;
	return r < 0 ? serve_error(f, slot, &at, r) : AGENT_SERVED;
}
