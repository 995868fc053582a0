/* SPDX-License-Identifier: MIT */
/*
 * The agent: code of ours in the guest's own process that serves hot calls without a stop, and what
 * it and the tracer agree on. It is part of the loader's image (arch/loader.h), so it lies at the
 * same addresses in every process of a session.
 *
 * A call site that was seen by the tracer is turned into a jump to an island near it, which leads
 * here with the number in its register and the return address in another. What is not served falls
 * through: the registers become what they were, and the guest's own call instruction is run, which
 * stops as ever. So the agent may always say no, and does where it is in doubt.
 *
 * It uses nothing of the guest's but the memory that the call names: no stack, no TLS, no signal
 * state. A thread in it has a slot. A signal never meets it: the tracer sees every signal first,
 * and moves the thread to its call site, before the call or behind it (engine/ptrace/agent.c).
 *
 * Freestanding: built without any libc.
 */
#ifndef PR_AGENT_AGENT_H
#define PR_AGENT_AGENT_H

#include "agent/counts.h"
#include "arch/loader.h"
#ifndef __ASSEMBLER__
#include "exec/loader/protocol.h"
#endif

/* Offsets in a slot and in a frame, for assembler. */
#define AGENT_SLOTS	  8
#define AGENT_SLOT_BUSY	  0
#define AGENT_SLOT_SP	  8
#define AGENT_STACK_BYTES 0x6000 /* begins a slot: the two words above, then the stack */
#define AGENT_SLOT_STRIDE 0x18000
#define AGENT_FRAME_BYTES 144
#define AGENT_FRAME_STATE 0

#define AGENT_SHARED_COUNTS 0 /* in struct agent_shared */

/* The steps of entering: one per slot, each so long, from LOADER_AGENT_TABLE's `entry` on. */
#define AGENT_STEP_BYTES 64

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/inodeset.h"
#include "path/view.h"

/* What was done of a thread's call. */
enum agent_state {
	AGENT_WORKING, /* nothing that anybody would notice: it may be done all over again */
	AGENT_DONE,    /* it is done, `result` is what the guest is to get */
};

/* The registers of a thread in the agent, at the top of its slot's stack. */
struct agent_frame {
	uint64_t state; /* enum agent_state */
	uint64_t r15, r14, r13, r12, rbp, rbx;
	uint64_t arg[6]; /* r9 r8 r10 rdx rsi rdi: AGENT_ARG(0) is rdi */
	uint64_t result;
	uint64_t nr;
	uint64_t ret; /* behind the guest's call instruction, or that of a gate in its stead */
	uint64_t flags;
	uint64_t spare;
};

#define AGENT_ARG(frame, i) ((frame)->arg[5 - (i)])

_Static_assert(sizeof(struct agent_frame) == AGENT_FRAME_BYTES, "agent_frame");
_Static_assert(offsetof(struct agent_frame, state) == AGENT_FRAME_STATE, "agent_frame");

/*
 * What the tracer must know, at LOADER_AGENT_TABLE: places in the image; code as its distance from
 * the field, as that needs no relocation.
 */
struct agent_table {
	uint32_t entry;	  /* here the islands lead; no slot is taken yet */
	uint32_t taken;	  /* offset in a step: behind what takes the slot, if rcx is 0 then */
	uint32_t owned;	  /* the slot is taken, its stack in use, the registers are still there */
	uint32_t serving; /* the frame is complete */
	uint32_t final;	  /* the instruction of a call that cannot be made twice, */
	uint32_t final_end; /* and behind it */
	uint32_t done;	  /* all is as the guest shall have it, but the slot is to be given back */
	uint32_t fall;	  /* the same of a call that falls through */
	uint32_t end;
	uint32_t gates;
	uint32_t slots; /* offset in the image: the slots' memory */
	uint32_t mm;	/* the same: struct agent_mm */
};

enum agent_flags {
	AGENT_IDENTITY = 1 << 0, /* the guest is root, and owners are told as the store would */
	AGENT_ANY_READ_ONLY = 1 << 1, /* there are :ro binds */
	AGENT_CREDENTIALS = 1 << 2, /* messages may come in with credentials: syscall/scm.h */
	AGENT_ADDS_ENTRIES = 1 << 3, /* there are binds that no directory lists */
	AGENT_PORTS = 1 << 4, /* ports have other numbers on the host */
};

/*
 * What all processes share: mapped readable into each, written by the tracer alone. `view` and all
 * it points at lie behind, with the addresses that they have in a guest.
 */
struct agent_shared {
	uint32_t counts; /* struct agent_counts is kept */
	uint32_t off; /* nothing is served in this session any more */
	uint32_t flags;
	/*
	 * What was found out about directories is good while the generation stays, for `fresh`
	 * ticks of the processor's clock, and while nobody is about to change a name.
	 */
	uint32_t generation;
	uint32_t changing;
	uint32_t host_uid, host_gid;
	uint64_t fresh;
	uint64_t moment; /* ticks; so long is memory taken to be what it was */
	uint64_t proc_dev, root_dev; /* st_dev of procfs and of the rootfs */
	const struct view *view;
	/* With AGENT_IDENTITY: what the store remembers anything of beside, and when (ticks) it
	   was seen last that no other session had changed that. */
	uint64_t beside_since;
	struct inodeset beside;
};

_Static_assert(offsetof(struct agent_shared, counts) == AGENT_SHARED_COUNTS, "agent_shared");

#endif
#endif
