/* SPDX-License-Identifier: MIT */
/*
 * System V IPC of the session's own (--sysvipc, and where the host has none): src/ipc is what it
 * does, here are the calls.
 */
#ifndef PR_SYSCALL_SYSVIPC_H
#define PR_SYSCALL_SYSVIPC_H

#include <stdint.h>
#include <stdio.h>

#include "path/procname.h"

struct call;
struct pathbuf;
struct session;
struct tracee;

/* In session->dir: the segments' memory, a file each. */
#define SYSVIPC_DIR "sysv"

/* Begins it: session->sysvipc. 0 or -errno. */
int sysvipc_open(struct session *s);

/* Any of the calls, ipc(2) included. For the handlers of sysvids.c, where sessions have both. */
int sysvipc_call(struct call *c);

/* The thread ends: EVENT_EXIT, or without one. With its process's last: what is to be undone. */
void sysvipc_ends(struct tracee *t);

/* A signal is about to reach a thread that one has cut a wait of short: t->cut_wait. */
void sysvipc_signal(struct tracee *t, int sig);

/* PROC_SYSV_* and the limits: 0 or -errno. */
int sysvipc_write(struct session *s, enum proc_what what, FILE *out);

/* A segment's file as the kernel names it in maps. 0, or -ENOENT where the host name is of none. */
int sysvipc_show(const struct session *s, const char *host, struct pathbuf *ret);

#endif
