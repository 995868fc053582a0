/* SPDX-License-Identifier: MIT */
/* What the files of the agent share. */
#ifndef PR_AGENT_INSIDE_H
#define PR_AGENT_INSIDE_H

#include "agent/agent.h"
#include "agent/dirs.h"
#include "arch/agent.h"
#include "base/pathbuf.h"
#include "path/canon.h"
#include "path/fsops.h"
#include "path/procname.h"

/* struct open_how of <linux/openat2.h>, and those of RESOLVE_* that are asked for */
struct agent_open_how {
	uint64_t flags, mode, resolve;
};

#define RESOLVE_NO_XDEV	    0x01
#define RESOLVE_NO_SYMLINKS 0x04

enum { AGENT_PAGES = 64, AGENT_PLAIN_BYTES = 256, AGENT_CWD_BYTES = 512 };

/* Pages of the guest's that were there `since` some moment, with what may be done to them. */
struct agent_pages {
	uint64_t since;
	uint64_t known[AGENT_PAGES];
};

/* The cwd, as the last thread in this slot has found it to be `since`. */
struct agent_cwd {
	bool known;
	uint32_t count; /* struct agent_mm, `cwd` */
	struct agent_since since;
	uint16_t guest_len, host_len;
	char guest[AGENT_CWD_BYTES], host[AGENT_CWD_BYTES];
};

/* A thread's own memory while it is in the agent. */
struct agent_slot {
	uint32_t busy;
	uint32_t spare;
	uint64_t guest_sp;
	char stack[AGENT_STACK_BYTES - 16];
	struct agent_frame *frame;
	struct pathname path;  /* the guest's, copied */
	struct pathbuf joined; /* what it means, where it is relative */
	struct pathbuf host;   /* what the kernel is given */
	struct pathname text;  /* of a link */
	struct canon walk;
	struct agent_since since; /* with a joined target: when the cwd's name was asked for */
	struct fs_ops ops;
	int kind;     /* of what the walk has looked at last */
	bool unusual; /* the walk met what only the tracer knows about */
	bool without_devices; /* that is known of the directory of what agent_locate has found */
	enum agent_fall why; /* what was located last was not */
	struct agent_pages pages;
	struct machine_stat st;
	struct machine_statx stx;
	struct agent_since plain_since; /* when that name led to an object, and no link, */
	uint32_t plain_cwd;		/* if it is relative, from this cwd (struct agent_mm) */
	char plain[AGENT_PLAIN_BYTES];
	struct agent_cwd cwd;
};

_Static_assert(sizeof(struct agent_slot) <= AGENT_SLOT_STRIDE, "a slot");

extern struct agent_mm agent_mm;
extern char agent_slots[];

extern const struct agent_shared agent_session;
extern struct agent_counts agent_counts;
extern char agent_gates[];

static inline bool agent_has(unsigned flag)
{
	return agent_session.flags & flag;
}

/* Does anybody want to know? */
static inline void agent_count(uint64_t *n)
{
	if (agent_session.counts)
		__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

/* agent_entry.S of the machine */
long agent_final_call(struct agent_frame *f, long nr, long a, long b, long c, long d);

/* ---- serve.c --------------------------------------------------------------------------------- */

/* Called by the entry. The frame says what became of it. */
void agent_serve(struct agent_frame *f, struct agent_slot *slot);

/* ---- gates.c --------------------------------------------------------------------------------- */

/* If the kernel may have the call as it is, the frame leads there. */
enum agent_fall agent_let_pass(struct agent_frame *f, struct agent_slot *slot);

/* ---- pages.c --------------------------------------------------------------------------------- */

/* At each call: what has been known for long is not known any more. */
void agent_pages_begin(struct agent_slot *slot);
/* May n bytes (1 at least) of the guest's memory be used? False: slot->why. */
bool agent_may_read(struct agent_slot *slot, uint64_t at, size_t n);
/* It must be written to then: something may be in there already. */
bool agent_may_write(struct agent_slot *slot, uint64_t at, size_t n);

/* ---- names.c --------------------------------------------------------------------------------- */

/* False, and why. */
static inline bool agent_fails(struct agent_slot *slot, enum agent_fall why)
{
	slot->why = why;
	return false;
}

/* What a call's path means to the kernel. */
struct agent_target {
	long dirfd;
	const char *name;	 /* in the slot */
	const struct bind *bind; /* that it lies in; NULL: a name in an open directory */
	bool followed; /* the last component is no link, or an error that the kernel has, too */
	/* the guest's is relative: looked up from the cwd's name, the way to which may be shut, and
	   which is good for as long as nothing is renamed */
	bool joined;
};

enum agent_follow { AGENT_NOFOLLOW, AGENT_FOLLOW };

/*
 * slot->path from dirfd. Of a plain name its directory alone is looked up, and its last component
 * may still be a link: where that matters the caller asks again, with AGENT_FOLLOW for the
 * whole. False: only the tracer knows, slot->why.
 */
bool agent_locate(struct agent_slot *slot, long dirfd, struct agent_target *ret);
bool agent_locate_whole(struct agent_slot *slot, long dirfd, enum agent_follow follow,
			struct agent_target *ret);
/* The guest's name of the cwd, in slot->joined, true since slot->since. False: slot->why. */
bool agent_cwd(struct agent_slot *slot);
/* Does the relative slot->path mean the same to the kernel, where it meets no link? *ret_proc: not
   if it meets procfs, either. False: slot->why. */
bool agent_is_plain_path(struct agent_slot *slot, bool *ret_proc);
/* Is that known of the directory of a relative slot->path? Uses slot->st, slot->host. */
bool agent_is_without_devices(struct agent_slot *slot, long dirfd);
/* Is that directory there, or can it not be told? Uses slot->st. */
bool agent_is_in_procfs(struct agent_slot *slot, long dirfd);

#endif
