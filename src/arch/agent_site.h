/* SPDX-License-Identifier: MIT */
/*
 * Call sites as instructions of the machine: which can be turned into a jump, and into what. A
 * machine without an agent serves no call.
 */
#ifndef PR_ARCH_AGENT_SITE_H
#define PR_ARCH_AGENT_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SITE_BYTES = 7, /* of the code before `ret`: what the site is made of */
	SITE_LOOK = 8,	/* of these it takes the last, to tell what it is, */
	SITE_LOOK_SHARED = 17, /* or of these, if all kinds of calls are made from there, */
	SITE_LOOK_BEHIND = 2, /* and of those behind the call */
	SITE_JUMP_BYTES = 5, /* of these the first, which become the jump */
};

/* Is there an agent for this machine? */
extern const bool arch_has_agent;

/* Does the agent serve this number of the native ABI? */
bool site_serves(unsigned nr);

/* Is it one that goes to the kernel as the guest made it, from a gate (agent/gates.c)? */
bool site_wants_gate(unsigned nr);

/* Whoever makes this call is seldom the only thread when it makes it again. */
bool site_calls_once_alone(unsigned nr);

/*
 * Is this the code in front of the address behind a call: one instruction that loads a constant
 * into the number's register or an argument's, and the call itself? Then no thread can stand inside
 * the bytes that change, and who jumps to the call itself finds it as it was.
 */
bool site_is_plain(const uint8_t look[SITE_LOOK]);

/*
 * Or is it the C library's one call instruction for all calls that may be cancelled, as later glibc
 * and musl have it: the number comes in a register, and the arguments are moved where they belong?
 * The instruction in front of the call is of the jump's length, and executed in the stub as it
 * stands.
 */
bool site_is_shared(const uint8_t look[SITE_LOOK_SHARED + SITE_LOOK_BEHIND]);

/* The same of code that is known to be a site, which is of the one kind or the other. */
bool site_has_shared_code(const uint8_t code[SITE_JUMP_BYTES]);

/* The numbers with which a shared site may lead to the agent; others are no reason to. */
bool site_shares(unsigned nr);

/*
 * Is the constant what the call was made with, as it must be if that is what the bytes mean? Of a
 * shared site: is the number one that it may be for?
 */
bool site_agrees(const uint8_t code[SITE_BYTES], unsigned nr, const uint64_t arg[6]);

/* The number that a plain site loads; -1: its constant is an argument, or it is shared. */
int64_t site_number(const uint8_t code[SITE_JUMP_BYTES]);

/* The jump from `from` to a stub; false: too far away. */
bool site_write_jump(uint8_t code[SITE_JUMP_BYTES], uint64_t from, uint64_t to);

/*
 * The stub at `at` for the plain site in front of `ret`, with the instruction that the jump takes
 * the place of; `entry` is where the agent's address is stored. A shared site's leads there for the
 * number `nr` alone, and back to the call for all others. Its length.
 */
size_t site_write_stub(uint8_t *code, uint64_t at, uint64_t ret, const uint8_t site[SITE_BYTES],
		       unsigned nr, uint64_t entry);

/* The way back: what a stub at `at` was written for. `was` may be NULL. False: that is no stub. */
bool site_read_stub(const uint8_t *stub, uint64_t at, uint64_t *ret,
		    uint8_t was[SITE_JUMP_BYTES]);

/* The same of a jump at `from`: where it leads. */
bool site_read_jump(const uint8_t code[SITE_JUMP_BYTES], uint64_t from, uint64_t *ret);

/*
 * A thread stands in the stub at `at`, or in front of it: its registers as they would be on the
 * call's own instruction, or, with nothing done yet, the jump's. `regs` is a struct
 * user_regs_struct. False: that is no stub.
 */
bool site_leave_stub(const uint8_t *stub, uint64_t at, void *regs);

/* The processor's clock, as the agent reads it. */
uint64_t site_ticks(void);

#endif
