/* SPDX-License-Identifier: MIT */
/*
 * What the tracer and the loader in the guest agree on: the plan that tells the loader what to map,
 * and who does what when.
 *
 * At PTRACE_EVENT_EXEC the thread stands on the loader's entry, so image = ip - LOADER_ENTRY. The
 * tracer writes a plan to image + LOADER_PLAN and lets it run. Of what the loader then calls, the
 * filter may stop these, unless the loader has a fixed place (exec/place.h), and each passes
 * untouched:
 *   openat(AT_FDCWD, program), then, if the plan has one, openat(AT_FDCWD, interpreter);
 *   prctl(PR_SET_MM, PR_SET_MM_MAP), only with PLAN_SET_MM, after them.
 * It also calls pread64, mmap, mprotect, munmap, close, brk, personality and prctl(PR_SET_NAME).
 * Where the kernel would give up past its point of no return, it dies of a fault as from there.
 */
#ifndef PR_EXEC_LOADER_PROTOCOL_H
#define PR_EXEC_LOADER_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "arch/loader.h"

#define PLAN_STRINGS 0x3100
#define PLAN_NONE    0xffffffff

enum plan_flags {
	PLAN_RANDOMIZE = 1 << 0,     /* randomize_va_space >= 1 */
	PLAN_RANDOMIZE_BRK = 1 << 1, /* randomize_va_space == 2 */
	PLAN_SET_MM = 1 << 2,	     /* the kernel has PR_SET_MM_MAP for everyone */
	PLAN_IDS = 1 << 3,	     /* the kernel's entries of ids are not the guest's */
	PLAN_AGENT = 1 << 4,	     /* the agent is to serve this program */
	PLAN_HWCAP = 1 << 5,	     /* what AT_HWCAP is to say is not the kernel's */
	PLAN_HWCAP2 = 1 << 6,
	PLAN_TRACED = 1 << 7, /* the last call is to be close(PLAN_TRACED_FD) */
	PLAN_GUARDED = 1 << 8, /* code of the interpreter, or of a program without, is (PROT_BTI) */
};

/* No descriptor: by this call, which fails, the tracer knows that the loader is done. */
#define PLAN_TRACED_FD (-0x7072)

/* What AT_UID, AT_EUID, AT_GID, AT_EGID and AT_SECURE are to say. */
struct plan_ids {
	uint32_t uid, euid, gid, egid, secure;
};

/* A call site of the interpreter's that other programs have called from (arch/agent_site.h). */
struct plan_site {
	uint32_t offset; /* in the file, behind the call */
	uint32_t nr;	 /* what it has called */
	uint8_t code[8]; /* in front of that, SITE_BYTES of them */
};

enum { PLAN_SITES = 8 };

/* Of one process, at LOADER_AGENT in an image with an agent. What the loader leaves to it. */
struct agent_mm {
	uint32_t off;	/* nothing is served here, or not any more */
	uint32_t stubs; /* of the island's that the loader has made, one for each site it changed */
	uint64_t island;
	uint64_t code_begin, code_end; /* where those sites are; 0: nowhere */
	uint64_t gate[AGENT_GATES]; /* the tracer's: where each leads back to; 0: unused */
	uint32_t cwd; /* the tracer's: which one this is, counted, or AGENT_CWD_UNSURE */
	uint32_t spare;
};

/* Who shares the memory does not stand in one place, or all of them may go anywhere at any time. */
#define AGENT_CWD_UNSURE 0xffffffffu

_Static_assert(offsetof(struct agent_mm, gate) == AGENT_MM_GATE, "agent_mm");

#define PLAN_MAGIC 0x6e616c70 /* "plan": nothing runs without one */

/* The same for 32 and 64 bits. Only the first offsetof(strings) + size bytes need be written. */
struct loader_plan {
	uint32_t magic;
	uint32_t flags;	    /* enum plan_flags */
	uint64_t random[2]; /* for the program's address and for brk's */
	uint64_t agent_entry; /* with PLAN_AGENT: where islands lead */
	uint64_t hwcap, hwcap2; /* with PLAN_HWCAP, PLAN_HWCAP2 */
	uint32_t program;   /* offsets into strings: the host path of the program, */
	uint32_t interp;    /* of its interpreter, or PLAN_NONE, */
	uint32_t execfn;    /* the name that the guest gave to execve, */
	uint32_t comm;	    /* what its process is called, */
	uint32_t session;   /* the file that agents share, or PLAN_NONE, */
	uint32_t counts;    /* the one in which they count, or PLAN_NONE, */
	uint32_t platform;  /* and what AT_PLATFORM is to say, or PLAN_NONE */
	uint32_t size;	    /* bytes of strings in use */
	struct plan_ids ids; /* with PLAN_IDS */
	uint32_t site_count; /* with PLAN_AGENT */
	struct plan_site sites[PLAN_SITES];
	char strings[PLAN_STRINGS];
};

#endif
