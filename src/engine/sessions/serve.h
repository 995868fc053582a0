/* SPDX-License-Identifier: MIT */
/*
 * The session's side of pr exec, the same for every engine. Each order is served by an attendant: a
 * process of its own that makes the command's, passes signals on, and tells its end.
 */
#ifndef PR_ENGINE_SESSIONS_SERVE_H
#define PR_ENGINE_SESSIONS_SERVE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fail.h"

struct session_config;

/*
 * What an engine gives. All is called in the attendant, the command's files being its own 0 to 2.
 */
struct service {
	const struct session_config *config; /* the session's */
	void *engine;
	int keep_fd; /* stays open in attendants; -1: none */
	/*
	 * Makes the process that becomes the command, as the session's first was made; in the child
	 * serve_settle comes first. Its pid as seen from here, or -1 and why.
	 */
	pid_t (*start)(void *engine, const struct session_config *config, bool terminal,
		       struct fail *fail);
	/* It has ended: why, if it never was the guest's. */
	void (*explain)(void *engine, struct fail *fail);
};

/* Where connections come from. */
struct door {
	int fd;	     /* never blocks; -1: there is none */
	bool inner;  /* who listens is outside, checks them and passes them on; else it listens */
	int keep[2]; /* what is to stay open with it */
};

/*
 * Takes the connections that wait, each into an attendant: a child
 * of the caller's, which reaps it. All signals are blocked.
 */
void serve_waiting(const struct door *d, const struct service *s);

/* Outside: those who may give orders are passed through to the door inside. */
void serve_pass_on(int socket_fd, int inner_fd);

/* In the command's process: a session of its own, its terminal, no signal blocked or ignored. */
void serve_settle(bool terminal);

#endif
