/* SPDX-License-Identifier: MIT */
/* The registers of a thread as a 32-bit tracer sees them, and what the machine can do with them. */
#ifndef PR_ARCH_ARM_REGSET_H
#define PR_ARCH_ARM_REGSET_H

/*
 * NT_PRSTATUS (struct pt_regs): r0 to r14, with sp and lr among them. And the number of the call,
 * which is no register: PTRACE_GET_SYSCALL_INFO tells it, PTRACE_SET_SYSCALL changes it.
 */
struct regset {
	unsigned long x[15], pc, pstate, orig;
	unsigned long call;
};

enum {
	ARCH_CALL_BYTES = 4, /* svc #0, but in Thumb code: regset_call_bytes() */
	/* As on aarch64: the kernel steps back in front of a signal stop, and there is no jump. */
	ARCH_HAS_STUBS = 0,
	ARCH_SETS_CALL_INFO = 0,
};

#endif
