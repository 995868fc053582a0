/* SPDX-License-Identifier: MIT */
/*
 * What the host would let us do, being real root, and the kernel does not let a guest's user: to
 * raise a priority or a limit, to take a port of the privileged. Elsewhere the host refuses by
 * itself.
 */
#ifndef PR_SYSCALL_CEILINGS_H
#define PR_SYSCALL_CEILINGS_H

#include <stdint.h>
#include <sys/types.h>

struct call;
struct tracee;

/* can_nice of one without CAP_SYS_NICE: 0, or -EACCES. */
int ceilings_plain_nice(pid_t on, int nice);
/* The same of who may have it. */
int ceilings_nice(const struct tracee *by, pid_t on, int nice);
/* New limits at this address for process `on` (0: one's own), in words of so many bytes. -EPERM. */
int ceilings_limit(const struct tracee *by, pid_t on, int resource, uint64_t limit, unsigned word);
/* A policy for `on`, with the struct sched_param at this address. -EPERM. */
int ceilings_schedule(const struct tracee *by, pid_t on, int policy, uint64_t param);
/* The address of a bind(2). -EACCES. */
int ceilings_port(const struct tracee *by, uint64_t addr, uint64_t len);

#endif
