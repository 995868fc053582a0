/* SPDX-License-Identifier: MIT */
/*
 * --stats: what guests were stopped for, what was served in them, and why the rest was not. Without
 * it session->stats is NULL, and nothing here does anything. Private to engine/ptrace.
 */
#ifndef PR_ENGINE_PTRACE_STATS_H
#define PR_ENGINE_PTRACE_STATS_H

#include <stdio.h>

#include "engine/ptrace/regs.h"
#include "engine/ptrace/stop.h"

struct session;
struct stats;
struct tracee;

/* A child of ctx; NULL where there is no memory, and nothing is counted. */
struct stats *stats_new(void *ctx);

/* Any stop; then, of one at a call, which it is. By several workers at a time. */
void stats_stop(struct session *s, enum stop stop);
void stats_call(struct tracee *t, enum call_stop stop);

/* When no guest is left. */
void stats_print(const struct session *s, FILE *out);

#endif
