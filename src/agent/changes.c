// SPDX-License-Identifier: MIT
/*
 * What changes the times, the owner or the mode of an open file, as tar and install do behind every
 * file that they write. With an identity only of a regular file of the rootfs that has no record,
 * and where it needs none afterwards: syscall/owner.c, ident/store_set.c.
 */
#include "agent/freestanding.h"
#include "agent/serve.h"

#include <asm/errno.h>

#define AT_EMPTY_PATH 0x1000

#define S_IFMT	    0170000
#define S_IFREG	    0100000
#define S_SPECIAL   07000 /* set-id and sticky bits */
#define S_RW_OWNER  0600
#define S_X	    0111
#define S_X_OWNER   0100

#define NOBODY 0xffffffffu /* chown's -1 */

/* A regular file without a record, slot->st. False: slot->why. */
static bool is_plain_file(struct agent_slot *slot, long fd)
{
	if ((int)fd < 0 ||
	    machine_call(AC_NEWFSTATAT, fd, (long)"", (long)&slot->st, AT_EMPTY_PATH, 0, 0) < 0)
		return agent_fails(slot, AGENT_FALL_DESCRIPTOR);
	if (slot->st.dev != agent_session.root_dev || (slot->st.mode & S_IFMT) != S_IFREG)
		return agent_fails(slot, AGENT_FALL_ROOT_RECORD);
	return serve_is_plain(slot);
}

/* The host's own root has owners in the inodes, which these calls of ours would be about. */
static bool may_change(struct agent_slot *slot, long fd)
{
	if (agent_has(AGENT_ANY_READ_ONLY))
		return agent_fails(slot, AGENT_FALL_READ_ONLY);
	if (!agent_has(AGENT_IDENTITY))
		return true;
	if (agent_session.host_uid == 0)
		return agent_fails(slot, AGENT_FALL_ROOT_RECORD);
	return is_plain_file(slot, fd);
}

static enum agent_fall end(struct agent_frame *f, const struct agent_slot *slot, long r)
{
	return r < 0 ? serve_error(f, slot, NULL, r) : AGENT_SERVED;
}

/* futimens(3), which has no path. */
enum agent_fall serve_utimens(struct agent_frame *f, struct agent_slot *slot)
{
	const long fd = (long)AGENT_ARG(f, 0), times = (long)AGENT_ARG(f, 2);

	if (AGENT_ARG(f, 1) || (unsigned)AGENT_ARG(f, 3))
		return AGENT_FALL_FLAGS;
	if (!may_change(slot, fd))
		return slot->why;
	return end(f, slot, agent_final_call(f, AC_UTIMENSAT, fd, 0, times, 0));
}

/* To root, whose it is: the time of change moves. */
enum agent_fall serve_fchown(struct agent_frame *f, struct agent_slot *slot)
{
	const long fd = (long)AGENT_ARG(f, 0);
	const uint32_t uid = (uint32_t)AGENT_ARG(f, 1), gid = (uint32_t)AGENT_ARG(f, 2);

	if (!agent_has(AGENT_IDENTITY))
		return AGENT_FALL_CALL;
	if ((uid != 0 && uid != NOBODY) || (gid != 0 && gid != NOBODY))
		return AGENT_FALL_ROOT_RECORD;
	if (!may_change(slot, fd))
		return slot->why;
	if (slot->st.mode & S_SPECIAL)
		return AGENT_FALL_ROOT_RECORD;
	return end(f, slot, agent_final_call(f, AC_FCHOWN, fd, agent_session.host_uid, -1, 0));
}

/* A mode that the host may have, too: store_set.c, host_mode. */
static bool is_host_mode(uint32_t mode)
{
	return !(mode & S_SPECIAL) && (mode & S_RW_OWNER) == S_RW_OWNER &&
	       (!(mode & S_X) || (mode & S_X_OWNER));
}

enum agent_fall serve_fchmod(struct agent_frame *f, struct agent_slot *slot)
{
	const long fd = (long)AGENT_ARG(f, 0);
	const uint32_t mode = (uint32_t)AGENT_ARG(f, 1) & 07777;

	if (!agent_has(AGENT_IDENTITY))
		return AGENT_FALL_CALL;
	if (!is_host_mode(mode))
		return AGENT_FALL_ROOT_RECORD;
	if (!may_change(slot, fd))
		return slot->why;
	/* whether it may be run is also remembered for exec, whom only the tracer tells */
	if ((slot->st.mode & S_SPECIAL) || ((slot->st.mode ^ mode) & S_X))
		return AGENT_FALL_ROOT_RECORD;
	return end(f, slot, agent_final_call(f, AC_FCHMOD, fd, (long)mode, 0, 0));
}
