/* SPDX-License-Identifier: MIT */
/*
 * Call sites, learned by the stops that they cause: one that has called twice, and looks as it
 * should (arch/agent_site.h), becomes a jump to a stub on the process's island, which leads to the
 * agent.
 *
 * Only code of files is changed, privately, that the process itself could not write to: what a
 * program makes at run time is left alone. And only while no other thread shares it: the one that
 * calls stands still.
 */
#ifndef PR_TRACEE_SITES_H
#define PR_TRACEE_SITES_H

#include <stdint.h>

#include "arch/agent_site.h"

struct loader_plan;
struct session;
struct tracee;

/* What was found out about a call instruction. */
enum agent_site {
	SITE_UNKNOWN,
	SITE_SEEN,    /* it called once */
	SITE_CROWDED, /* or oftener, while others shared the memory: it is not to be touched */
	SITE_PATCHED, /* it leads to the agent: what stops here fell through */
	SITE_REFUSED,
};

struct agent_call_site {
	uint64_t ip;	      /* behind the instruction */
	unsigned short stub;  /* SITE_PATCHED: its number on the island, */
	unsigned char state;  /* enum agent_site */
	unsigned char was[SITE_JUMP_BYTES]; /* and the code as it was */
};

/* In the entry stop of a call of the native ABI: `ip` is the address behind its instruction. */
void sites_consider(struct tracee *t, uint64_t ip, unsigned nr, const uint64_t arg[6]);

/* What the loader of a new program can change by itself: sites in its interpreter, this file. */
void sites_plan(struct tracee *t, uint64_t dev, uint64_t ino, struct loader_plan *plan);

/*
 * The thread, alone in its memory yet, is about to have company, which does not run yet: what it
 * has called from has a twin in wrappers that may be cancelled, which is called with company only.
 */
void sites_expect_company(struct tracee *t);

/* The code in there is about to be moved: as the file has it again, and not considered any more. */
void sites_restore(struct tracee *t, uint64_t begin, uint64_t end);

/*
 * The island is not ours any more: all sites are restored, and the agent is off. Where the site is
 * whose stub was at this address, or 0.
 */
uint64_t sites_give_up(struct tracee *t, uint64_t at);

/* What is known of files, when no guest is left. */
void sites_forget_all(struct session *s);

#endif
