/* SPDX-License-Identifier: MIT */
/* The registers of a thread as a tracer sees them, and what the machine can do with them. */
#ifndef PR_ARCH_AARCH64_REGSET_H
#define PR_ARCH_AARCH64_REGSET_H

/*
 * NT_PRSTATUS (struct user_pt_regs), and behind it the number of NT_ARM_SYSTEM_CALL. Of a 32-bit
 * thread r0 to r14 are x[0] to x[14], its sp and lr among them, and `orig` is its orig_r0.
 */
struct regset {
	unsigned long x[31], sp, pc, pstate;
	unsigned long call;
	unsigned long orig;
	unsigned long narrow; /* a 32-bit thread's */
};

/* Threads may ask for calls to take addresses with a tag in their top byte. */
#define ARCH_TAGS_ADDRESSES 1

enum {
	ARCH_CALL_BYTES = 4, /* svc #0, but in Thumb code: regset_call_bytes() */
	/*
	 * A stub would have to jump to where the guest goes on, and there is no jump that needs
	 * no register. Nor could a signal that interrupts the call be told from one in front of
	 * it: the kernel has stepped back to the call instruction before the tracer sees the
	 * signal, and makes it EINTR only if the thread stands there still.
	 */
	ARCH_HAS_STUBS = 0,
	/*
	 * A call that is made again gets its first argument from where the kernel keeps it since
	 * the call was made, which no tracer can write, but by PTRACE_SET_SYSCALL_INFO: and then
	 * it could not be given back.
	 */
	ARCH_SETS_CALL_INFO = 0,
};

#endif
