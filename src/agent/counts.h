/* SPDX-License-Identifier: MIT */
/*
 * What the agent counts where anybody asks for it (--stats): the calls that it serves, and why
 * others fall through. One struct for the session, mapped writable into each process. A guest may
 * write there, too: nothing but what is printed depends on it.
 */
#ifndef PR_AGENT_COUNTS_H
#define PR_AGENT_COUNTS_H

#include "arch/loader.h"

#define AGENT_COUNTS_NO_SLOT 0 /* in struct agent_counts */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* The causes, and what they are called. */
#define AGENT_FALLS(X)                                                                  \
	X(OFF, "agent off, in the process or for all")                                  \
	X(CALL, "another call of the same code")                                        \
	X(POINTER, "NULL, or another bad pointer")                                      \
	X(NAME, "path empty, or too long")                                              \
	X(FLAGS, "unusual flags")                                                       \
	X(PROC, "name in /proc")                                                        \
	X(DESCRIPTOR, "several components, or an odd one, behind a descriptor")         \
	X(CWD, "cwd without a name in the guest")                                       \
	X(WALK, "the walk found no end")                                                \
	X(RELATIVE, "open of a relative name with \"..\", or that a bind has")               \
	X(RENAMED, "a name changed meanwhile")                                          \
	X(LINK, "a link came meanwhile, or there are too many")                         \
	X(REFUSED, "no permission, but -0 or the name of the cwd may make it so")       \
	X(READ_ONLY, "writing, which a :ro bind may forbid")                            \
	X(ERROR, "open for writing, an error where it looked first")                    \
	X(RUNNING, "open for writing of what may be a running program")                 \
	X(ADDRESS, "unix address: a path, or one is wanted")                            \
	X(CREDENTIALS, "-0: message with credentials or descriptors, unix connect")     \
	X(CLONE, "clone3 with a namespace, or untraced")                                \
	X(OPENAT2, "openat2 would not, or is not there")                                \
	X(ROOT_LINK, "-0: link or special file, owner unknown")                         \
	X(ROOT_RECORD, "-0: owner or mode may be remembered")                           \
	X(ROOT_WRITE, "-0: open for writing, or making a file")                         \
	X(ROOT_CALL, "-0: xattr of a user's")

enum agent_fall {
	AGENT_SERVED,
#define AGENT_FALL(name, words) AGENT_FALL_##name,
	AGENT_FALLS(AGENT_FALL)
#undef AGENT_FALL
	AGENT_FALL_COUNT
};

enum { AGENT_NUMBERS = 512 }; /* all that are served have a lower one */

struct agent_counts {
	uint64_t no_slot; /* fell through, as AGENT_SLOTS threads were in the agent */
	uint64_t walks;	  /* for directories of which nothing was known */
	uint64_t served[AGENT_NUMBERS];
	uint64_t fell[AGENT_FALL_COUNT]; /* enum agent_fall */
};

_Static_assert(sizeof(struct agent_counts) <= LOADER_COUNTS_SIZE, "agent_counts");
_Static_assert(offsetof(struct agent_counts, no_slot) == AGENT_COUNTS_NO_SLOT, "agent_counts");

#endif
#endif
