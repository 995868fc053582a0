/* SPDX-License-Identifier: MIT */
/* Processes that a call names, guests or not, in sessions with an identity. */
#ifndef PR_SYSCALL_OUTSIDE_H
#define PR_SYSCALL_OUTSIDE_H

#include <sys/types.h>

struct cred;
struct session;
struct tracee;

/*
 * The credentials of a thread or process: a guest's own, or those that an outsider is told to have,
 * in *room. An outsider whom the host's kernel does not let us touch it refuses by itself; whom it
 * does, is the session's first user.
 */
const struct cred *outside_cred(struct session *s, pid_t id, struct cred *room);

/* The process that the guest's descriptor stands for (pidfd_open(2)), or 0. */
pid_t outside_pid_of(const struct tracee *t, int pidfd);

#endif
