/* SPDX-License-Identifier: MIT */
/*
 * The call in flight of one thread: what the guest asked, and what the kernel is to be given
 * instead. Handlers fill it in, the engine carries it out.
 */
#ifndef PR_TRACEE_CALL_H
#define PR_TRACEE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/area.h"

struct abi;
struct sys_row;
struct tracee;
struct call;

enum call_flags {
	CALL_ANSWERED = 1 << 0, /* the kernel does not run it: `result` is the guest's */
	CALL_CHANGED = 1 << 1,	/* nr or an argument differs from the guest's */
	CALL_WANT_EXIT = 1 << 2, /* at_exit is to be called when the kernel is done */
	CALL_EXEC = 1 << 3,	/* an exec: may never return */
	CALL_WAITS = 1 << 4,	/* at_exit is called also where the kernel was interrupted */
};

typedef int (*call_exit_fn)(struct call *c);

struct call {
	struct tracee *t;
	const struct abi *abi;
	const struct sys_row *row;
	int id;		  /* enum sc */
	int nr;		  /* what the kernel is given */
	uint64_t arg[6];  /* what the kernel is given */
	int guest_nr;
	uint64_t guest_arg[6];
	/* The registers behind guest_arg, whole: 64 bits also in a 32-bit call. For the engine. */
	uint64_t held_arg[6];
	enum area_code code; /* the stubs that suit the code which made the call. The same */
	unsigned char call_bytes; /* of its call instruction. The same */
	uint64_t ip, sp;  /* the guest's, behind the syscall instruction */
	unsigned flags;	  /* enum call_flags */
	int64_t result;	  /* CALL_ANSWERED; at exit: what the kernel said */
	/*
	 * Called in the exit stop with `result` = the kernel's. May change result (and must then
	 * say so by returning 1; 0 leaves it).
	 */
	call_exit_fn at_exit;
	size_t need_bytes; /* not 0: the handler wants memory lent (mm_lend), then runs again */
	int refused; /* -errno of a path that was refused (syscall/refuse.h), or 0 */
	/*
	 * Not SC_none: a call that must be made first, then the handler runs again. It finds the
	 * last one's result. `before_quiet`: no signal is taken until it asks for no more.
	 */
	int before;
	uint64_t before_arg[6];
	int64_t before_result;
	bool before_quiet;
	/* The inode that a creating call's handler has made for it, 0: none. Should the handler run
	   again, it finds its own; gone when the call ends. */
	uint64_t made;
	void *held; /* files of ours that the call names; as data */
	void *data; /* for at_exit: child of the tracee, freed when the call ends */
};

/* The guest is answered `result` (>= 0, or -errno); the kernel never sees the call. Returns 0. */
int call_answer(struct call *c, int64_t result);
/* Ask for the exit stop. Returns 0. */
int call_want_exit(struct call *c, call_exit_fn fn);
/*
 * Argument i becomes a pointer to a copy of buf in guest memory that is ours. 0, or -ENAMETOOLONG
 * where the slot is full.
 */
int call_put(struct call *c, unsigned i, const void *buf, size_t n);
/*
 * The same in two steps, for structures that point at each other: a copy of buf, its place in
 * *ret_at; then an argument, or a pointer inside another staged copy, made to point there. 0, or
 * -ENAMETOOLONG where there is no room.
 */
int call_stage(struct call *c, const void *buf, size_t n, size_t *ret_at);
int call_point_arg(struct call *c, unsigned i, size_t to);
int call_point_staged(struct call *c, size_t pointer_at, size_t to);
/* Argument i becomes a plain value. */
void call_set_arg(struct call *c, unsigned i, uint64_t value);

#endif
