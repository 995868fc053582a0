/* SPDX-License-Identifier: MIT */
/*
 * The area: what the tracer keeps in every guest process. A page of small code stubs, one per
 * slot, and behind it the slots' data. A thread whose call was changed is sent through a stub:
 * the call instruction, the guest's own argument registers from the slot, a jump to where the
 * guest goes on. So no stop is needed to put registers back.
 *
 * Where a machine has no stubs there are the slots alone, and nothing to execute.
 *
 * The loader's image brings an area; a process without a loader gets one of the same layout
 * mapped by the tracer. Everything is an offset from the area's begin. Read by assembler and
 * linker scripts too.
 */
#ifndef PR_ARCH_AREA_H
#define PR_ARCH_AREA_H

#define AREA_SLOTS	 32
#define AREA_CODE_OFFSET 0
#define AREA_CODE_SIZE	 0x1000 /* whole pages, readable and executable */
#define AREA_STUB_STRIDE 64
#define AREA_STUB_ENTRY	 2 /* behind the call instruction: where a call that was skipped returns */
#define AREA_DATA_OFFSET AREA_CODE_SIZE
#define AREA_SLOT_STRIDE 0x2080
#define AREA_PATH_SIZE	 0x1000
#define AREA_SIZE	 (AREA_DATA_OFFSET + AREA_SLOTS * AREA_SLOT_STRIDE)

/* Offsets in a slot, for assembler. */
#define AREA_SLOT_RET_IP 0
#define AREA_SLOT_ARGS	 8

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct area_slot {
	uint64_t ret_ip; /* where the guest goes on */
	uint64_t arg[6]; /* what it must find in its argument registers then */
	uint64_t spare[9];
	char path[2][AREA_PATH_SIZE];
};

_Static_assert(sizeof(struct area_slot) == AREA_SLOT_STRIDE, "area_slot");
_Static_assert(AREA_SLOTS *AREA_STUB_STRIDE <= AREA_CODE_SIZE, "stubs");
_Static_assert(AREA_SIZE % AREA_CODE_SIZE == 0, "whole pages");

/* Which call instruction a stub holds, and so which registers it loads. */
enum area_code {
	AREA_X86_64,	   /* syscall; rdi rsi rdx r10 r8 r9 */
	AREA_X86_64_INT80, /* int $0x80 in 64-bit code; rbx rcx rdx rsi rdi rbp */
	AREA_I386,	   /* int $0x80 in 32-bit code; ebx ecx edx esi edi ebp */
	AREA_BARE,	   /* none: machines without stubs (arch/<machine>/regset.h) */
};

static inline uint64_t area_stub(uint64_t area, unsigned slot)
{
	return area + AREA_CODE_OFFSET + (uint64_t)slot * AREA_STUB_STRIDE;
}

static inline uint64_t area_slot(uint64_t area, unsigned slot)
{
	return area + AREA_DATA_OFFSET + (uint64_t)slot * AREA_SLOT_STRIDE;
}

/*
 * Writes into `code` (AREA_STUB_STRIDE bytes) the stub that will run at code_addr with its slot
 * at slot_addr; returns its length, or 0 where the one cannot reach the other: the data must lie
 * within 2 GiB of 64-bit code, and below 4 GiB for 32-bit code.
 */
size_t area_stub_write(enum area_code kind, uint8_t *code, uint64_t code_addr, uint64_t slot_addr);

/* The kind for calls of an ABI with words so wide, made by 64-bit code or not. */
enum area_code area_code_of(unsigned word_bytes, bool wide_code);

/* The machines' own: as above. They need no libc, the loader is built from them too. */
size_t area_stub_write_x86_64(uint8_t *code, uint64_t code_addr, uint64_t slot_addr);
size_t area_stub_write_x86_64_int80(uint8_t *code, uint64_t code_addr, uint64_t slot_addr);
size_t area_stub_write_i386(uint8_t *code, uint64_t code_addr, uint64_t slot_addr);

#endif
#endif
