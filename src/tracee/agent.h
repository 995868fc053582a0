/* SPDX-License-Identifier: MIT */
/*
 * The tracer's side of the agent (agent/agent.h): what is shared with all of them, who has one, and
 * when it must keep still.
 *
 * An agent serves a process that sees the session's first view from its root and, in a session with
 * an identity, has all of root's powers. What leads away from that turns it off for good, until the
 * process execs; what changes the view for all turns all of them off.
 */
#ifndef PR_TRACEE_AGENT_H
#define PR_TRACEE_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/agent.h"
#include "arch/agent_site.h"
#include "tracee/mapping.h"

struct fail;
struct mm;
struct session;
struct tracee;

/* What became of call instructions and agents, for --stats. */
struct agent_notes {
	unsigned learned;   /* found by their own stops, and patched */
	unsigned ahead;	    /* patched as others have found them, */
	unsigned programs;  /* in so many */
	unsigned refused;
	unsigned files;	    /* of code that are remembered */
	uint64_t fell;	    /* stops of those that are patched */
	unsigned turned_off; /* processes whose agent keeps still */
	unsigned signals, faults; /* that found a thread in the agent */
};

/* Of a session with agents. */
struct agent_host {
	struct agent_shared *shared; /* ours, writable */
	const char *file;	     /* what guests map; host name */
	const struct agent_counts *counts; /* what guests write; NULL: nothing is counted */
	const char *counts_file;
	struct agent_notes notes;
	uint64_t window;	     /* where the loader's image lies */
	/* Addresses in every guest: struct agent_table's fields. */
	uint64_t entry, owned, serving, final, final_end, done, fall, end, gates, slots, mm;
	unsigned taken;
	const struct view *view; /* the one that is served */
	struct code_file *files; /* hash; sites.c */
};

enum { AGENT_SITES = 96, AGENT_LEARNED = 8 };

/* Code whose sites were patched as other processes have found them. */
struct agent_code {
	uint64_t begin, end;
};

/* Of a process with an agent: child of its mm. */
struct agent_guest {
	bool off;
	bool stale; /* threads that are not there may have slots: agent_refresh */
	uint64_t island; /* 0: not asked yet */
	unsigned stubs;	 /* of the island's that are in use */
	unsigned stubs_with_twins; /* sites_expect_company has looked at so many */
	uint64_t gate[AGENT_GATES]; /* behind which call instruction each leads; 0: not in use */
	uint32_t cwd;		    /* struct agent_mm's */
	struct mapping code;   /* sites.c: the code that was asked about last, */
	uint64_t code_asked;   /* and when */
	bool ahead; /* sites were patched before they called twice */
	unsigned learned_count;
	struct agent_code learned[AGENT_LEARNED];
	unsigned site_count, site_room;
	struct agent_call_site *sites; /* sites.h; child of this: few processes have many */
};

/*
 * Makes what agents share, once the view stands. `image` is the loader's file in memory. Without an
 * agent, as where there is no room for the view, session->agents stays NULL, and session->agentless
 * says why. 0 or -errno.
 */
int agent_prepare(struct session *s, uint64_t window, const unsigned char *image);

/* At exec, with credentials and mm as they will be: shall the new program have one? */
bool agent_is_for(const struct tracee *t);
/* It has. 0 or -ENOMEM. */
int agent_attach(struct mm *mm);
/* fork: the child's. 0 or -ENOMEM. */
int agent_copy(struct mm *mm, const struct mm *from);

/* Perhaps in its agent; others may live on in the same memory (vfork). */
void agent_was_killed(struct tracee *t);
/* In a call, before a child in the same memory runs: gives back what threads of before a fork, or
   killed ones, took. */
void agent_refresh(struct tracee *t);

/* Where its island is: its process is asked once. False: its agent is off, or it has none. */
bool agent_find_island(const struct tracee *t, uint64_t *ret);

/* A gate for the call instruction in front of `ret`, for good. False: there is none left. */
bool agent_open_gate(struct tracee *t, uint64_t ret);
/* Is the address one of the gates', or directly behind? */
bool agent_is_gate(const struct session *s, uint64_t ip);

/* The index of a site, for good, made if need be; -1: there are too many. */
int agent_site(struct agent_guest *g, uint64_t ip);

/* No more in this process, or in the whole session. */
void agent_turn_off(struct tracee *t);
void agent_turn_off_all(struct session *s);
/* In a session with agents: sees and may it still what they think? Else all that see the same lose
   theirs. */
void agent_review(struct tracee *t);

/* In the entry stop of what changes the thread's cwd: no agent takes the old one for it now. */
void agent_cwd_changes(struct tracee *t);

/* When something was found out about names; as the agent knows it, so does the tracer. */
struct names_moment {
	uint64_t ns; /* CLOCK_MONOTONIC */
	uint32_t generation;
	bool known; /* nobody was about to change any */
};

/* Both only in a session with agents. May it be believed still? */
struct names_moment agent_names_now(const struct session *s);
bool agent_names_hold(const struct session *s, const struct names_moment *since);

/* In every stop, with agents and an identity: they know still what is remembered beside. */
void agent_vouch_for_beside(struct session *s);
/* From now on messages may come in with credentials. */
void agent_expect_credentials(struct session *s);

/* A directory or a link may be about to lose its name, or has. Calls nest. */
void agent_names_change(struct session *s);
void agent_names_changed(struct session *s);

#endif
