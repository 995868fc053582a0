/* SPDX-License-Identifier: MIT */
/*
 * The registers of a stopped guest thread: reading the call out of them, carrying out what the
 * handlers decided, and giving back what was the guest's own. Every function may fail with -ESRCH
 * when the guest was killed meanwhile; the loop takes that as "gone".
 */
#ifndef PR_ENGINE_PTRACE_REGS_H
#define PR_ENGINE_PTRACE_REGS_H

#include <stdbool.h>
#include <stdint.h>

struct tracee;
struct call;

enum call_stop {
	CALL_STOP_NONE,
	CALL_STOP_ENTRY,
	CALL_STOP_EXIT,
	CALL_STOP_FOREIGN, /* RET_TRACE of a filter that is the guest's own */
};

/* In STOP_SYSCALL: which one, and at entry the call, at exit its result. */
int regs_read_call(struct tracee *t, enum call_stop *ret);

/*
 * At entry, after the handlers. `want_exit`: registers come back in the exit stop; else by the
 * return stub. Returns 0, or -ENOSPC where the thread has no slot for what is staged, -EFAULT where
 * our area is gone.
 */
enum regs_return { RETURN_BY_STUB, RETURN_BY_EXIT_STOP };
int regs_commit(struct tracee *t, enum regs_return how);

/* At exit: the guest's own arguments, and the result if `changed`. */
int regs_restore(struct tracee *t, int changed);

/*
 * In a signal-delivery stop: a call under way through the stub becomes the guest's own again, as
 * if it stood at its own syscall instruction (the kernel then restarts or ends it from there).
 * 1 where there was one, 0 where there was none, -errno.
 */
int regs_leave_stub(struct tracee *t);

/* At entry: run this call in place of the guest's; then put everything back so that the guest's
 * own instruction runs again. */
int regs_begin_detour(struct tracee *t, int nr, const uint64_t arg[6]);
int regs_rerun(struct tracee *t);

/* Where the thread stands. */
int regs_read_place(const struct tracee *t, uint64_t *ret_ip, uint64_t *ret_sp);

/* Can a stub put the thread's registers back? Not those wider than the code that called. */
bool regs_fit_stub(const struct tracee *t);

/* Does it still stand in its stop? Else it was killed, and what failed means nothing. */
bool regs_is_there(const struct tracee *t);

#endif
