/* SPDX-License-Identifier: MIT */
/*
 * The layout of the loader's image, the same for every machine, in memory as in the file: offsets
 * from its begin. Read by assembler and linker scripts too.
 */
#ifndef PR_ARCH_LOADER_H
#define PR_ARCH_LOADER_H

#include "arch/area.h"

#define LOADER_ENTRY 0x200
/*
 * arch/area.h, AREA_SIZE bytes; the loader's code lies below. Where pages may have 64 KiB, it
 * begins one.
 */
#if defined(__aarch64__) || defined(__arm__)
#define LOADER_AREA 0x10000
#define LOADER_SPAN 0x70000 /* the whole image */
#else
#define LOADER_AREA 0x8000
#define LOADER_SPAN 0x60000
#endif
#define LOADER_PLAN  (LOADER_AREA + AREA_SIZE)

/* Images that bring the agent (src/agent) have more behind it. */
#define LOADER_AGENT_TABLE (LOADER_AREA - 0x100) /* struct agent_table */
#define LOADER_AGENT	   LOADER_SPAN		 /* its memory */
#define LOADER_COUNTS_SIZE 0x2000
#define LOADER_COUNTS	   (LOADER_SHARED - LOADER_COUNTS_SIZE) /* struct agent_counts */
#define LOADER_SHARED	   0x140000		 /* where struct agent_shared is mapped */
#define LOADER_SHARED_SIZE 0x8000
#define LOADER_AGENT_SPAN  (LOADER_SHARED + LOADER_SHARED_SIZE)

/* An island: a pointer to the agent's entry, then stubs. */
#define AGENT_ISLAND_BYTES 0x2000
#define AGENT_ISLAND_STUBS 32 /* offset of the first */
#define AGENT_STUB_BYTES   32

/* Gates: call instructions of the agent's own, for one call site each. See agent/gates.c. */
#define AGENT_GATES	 32
#define AGENT_GATE_BYTES 16
#define AGENT_MM_GATE	 32 /* struct agent_mm, `gate` */

/*
 * A 64-bit image may be given a fixed place for all programs of a session: its code is then a
 * window of addresses from which calls pass the filter. So high lies nothing of its own accord: the
 * kernel maps from its mmap_base downward, which is above; what sanitizers keep for themselves is
 * elsewhere (TSan has programs' mappings begin at 0x7e8000000000).
 */
#define LOADER_WINDOW_LOW  0x7e9000000000
#define LOADER_WINDOW_HIGH 0x7ee000000000

#endif
