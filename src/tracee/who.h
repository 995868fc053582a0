/* SPDX-License-Identifier: MIT */
/*
 * Whose credentials go with a number, in sessions with an identity: of a guest, of one that has
 * ended, of somebody outside. A process that has ended is asked about for a while: it lies as a
 * zombie, its parent reads SIGCHLD's siginfo, a socket still names it. So the last ones are kept.
 *
 * Invariant: a living guest goes before one that had its number.
 */
#ifndef PR_TRACEE_WHO_H
#define PR_TRACEE_WHO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cred;
struct identity;
struct process;
struct session;
struct tracee;

/* Whom a number outside of the guest's world is told as: overflowuid of the kernel. */
enum { WHO_NOBODY = 65534 };

/* Of a thread or process: now, or at its end; NULL: no guest that is remembered. Borrowed. */
const struct cred *who_cred(struct session *s, pid_t id);
/* A living thread of the process, its leader where that lives; NULL: no guest. */
struct tracee *who_thread(struct session *s, pid_t id);

/* What a process was when it last did something that its peers are told of; unix(7). */
enum who_moment {
	WHO_LISTENED,
	WHO_CONNECTED, /* or made a pair */
	WHO_MOMENTS,
};

/* Now is such a moment of t. 0 or -ENOMEM. Without an identity nothing is noted. */
int who_note(struct tracee *t, enum who_moment moment);
/* What process `pid` was then; NULL: it never was there. Borrowed. */
const struct cred *who_then(struct session *s, pid_t pid, enum who_moment moment);

/* What a process last said of itself over a socket that it was not: SCM_CREDENTIALS, unix(7). */
struct who_claim {
	bool made;
	pid_t pid;
	uint32_t uid, gid;
};

/* Of that process, or NULL: it made none. Borrowed. */
const struct who_claim *who_claim(struct session *s, pid_t pid);

/* Ids of the host that are no guest's, as guests are told of them: as files in binds are. */
uint32_t who_uid(const struct session *s, uint32_t host);
uint32_t who_gid(const struct session *s, uint32_t host);

/* Its last thread is about to be freed: kept, if the session has an identity. */
void who_ended(struct process *p, struct tracee *last);

#endif
