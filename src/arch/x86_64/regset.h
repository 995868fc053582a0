/* SPDX-License-Identifier: MIT */
/* The registers of a thread as a 64-bit tracer sees them, and what the machine can do with them. */
#ifndef PR_ARCH_X86_64_REGSET_H
#define PR_ARCH_X86_64_REGSET_H

#include <sys/user.h>

struct regset {
	struct user_regs_struct user; /* offsets are good for PTRACE_POKEUSER as they are */
};

enum {
	ARCH_CALL_BYTES = 2,	/* syscall, sysenter and int $0x80 alike, in code of any width */
	ARCH_HAS_STUBS = 1,	/* return stubs: arch/area.h */
	ARCH_SETS_CALL_INFO = 1, /* PTRACE_SET_SYSCALL_INFO changes nothing that a restart needs */
};

#endif
