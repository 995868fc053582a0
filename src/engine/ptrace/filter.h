/* SPDX-License-Identifier: MIT */
/*
 * The seccomp program of a session, made from the table: which calls of which ABI stop for the
 * tracer, which the kernel answers itself, which never stop. One program for all ABIs.
 *
 * A call that always passes is decided by its number alone, so that the kernel's allow-bitmap holds
 * it and no filter runs for it at all.
 */
#ifndef PR_ENGINE_PTRACE_FILTER_H
#define PR_ENGINE_PTRACE_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "syscall/table.h"

/*
 * What our stops carry in their event message (PTRACE_GETEVENTMSG). A guest's own filter may
 * return RET_TRACE as well, and where both do the guest's data is reported, it being the newer
 * filter. So a message other than this one means ENOSYS, as for every RET_TRACE without a tracer.
 */
#define FILTER_COOKIE 0x7072

enum { FILTER_HIDDEN_MAX = 8 };

struct filter_params {
	unsigned session;		 /* enum session_wants */
	pid_t hidden[FILTER_HIDDEN_MAX]; /* threads of the tracer, the front; 0: unused */
	pid_t hidden_group;		 /* the front's process group, if led by another; else 0 */
	/* Calls that 64-bit code between these two makes are not stopped; within 4 GiB. 0: none */
	uint64_t window_begin, window_end;
};

/*
 * Builds the program, a child of ctx, for SECCOMP_SET_MODE_FILTER. 0, or -ENOMEM, or -E2BIG where
 * it would exceed BPF_MAXINSNS.
 */
int filter_build(void *ctx, const struct filter_params *params, struct sock_filter **ret,
		 unsigned short *ret_len);

/*
 * What the program does with one call, from the same table without running it: V_PASS where a
 * condition does not hold, else the row's verdict. For engines and stops without the filter.
 */
enum verdict filter_verdict(const struct filter_params *params, const struct abi *abi, unsigned nr,
			    const uint64_t args[6]);

/* The program as text, one instruction a line, each verdict with the calls that it is for. */
void filter_print(FILE *out, const struct sock_filter *prog, unsigned short len);

#endif
