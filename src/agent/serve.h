/* SPDX-License-Identifier: MIT */
/* What the handlers of calls share: how one ends, and looks at what a path leads to. serve.c. */
#ifndef PR_AGENT_SERVE_H
#define PR_AGENT_SERVE_H

#include "agent/inside.h"
#include "ident/owner.h"

/* Done: that is what the guest gets. */
enum agent_fall serve_settle(struct agent_frame *f, long result);

/*
 * An error of the kernel's, on a name that stands for the guest's (NULL: on the guest's own). Not
 * so where the guest's root may do what its host user may not, where a link came on the way after
 * our look, and where our name leads through a directory that the guest's does not.
 */
enum agent_fall serve_error(struct agent_frame *f, const struct agent_slot *slot,
			    const struct agent_target *at, long error);

/* What was asked by the cwd's name is the guest's answer only if that was its name all the time. */
bool serve_is_still(const struct agent_slot *slot, const struct agent_target *at);

/* The guest's path, copied into the slot. False: none, empty, or too long; slot->why. */
bool serve_read_path(struct agent_slot *slot, uint64_t from);

enum { AGENT_UNSURE = 1 };

/*
 * Looks at what is located, at the end of a link if `flags` say so: slot->st. 0 or the kernel's
 * error; AGENT_UNSURE: only the tracer knows, slot->why.
 */
long serve_look(struct agent_slot *slot, long dirfd, unsigned flags, struct agent_target *ret);

bool serve_may_be_read_only(const struct bind *bind);

/* ---- owners.c -------------------------------------------------------------------------------- */

/*
 * slot->st: a file without a record, and with nothing about it that the store would have to be
 * asked for. A file's record leaves a sign; those of links are told by their inodes, special files
 * and what is somebody else's are the tracer's. False: slot->why.
 */
bool serve_is_plain(struct agent_slot *slot);
/* What the guest is to be told of slot->st, which *at leads to. False: the same, slot->why. */
bool serve_owner(struct agent_slot *slot, const struct agent_target *at, struct owner *ret);

/* ---- changes.c ------------------------------------------------------------------------------- */

enum agent_fall serve_utimens(struct agent_frame *f, struct agent_slot *slot);
enum agent_fall serve_fchown(struct agent_frame *f, struct agent_slot *slot);
enum agent_fall serve_fchmod(struct agent_frame *f, struct agent_slot *slot);

/* ---- open.c ---------------------------------------------------------------------------------- */

enum agent_fall serve_open(struct agent_frame *f, struct agent_slot *slot, long dirfd,
			   uint64_t path, unsigned flags, unsigned mode);

#endif
