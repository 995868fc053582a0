/* SPDX-License-Identifier: MIT */
/* --trace: one line per served call, as the guest made it and as the kernel was given it. */
#ifndef PR_SYSCALL_TRACE_H
#define PR_SYSCALL_TRACE_H

struct call;
struct session;

/* After the handler, in the entry stop: the stage still holds what was put. */
void trace_call(struct session *s, const struct call *c);

#endif
