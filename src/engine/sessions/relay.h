/* SPDX-License-Identifier: MIT */
/*
 * A terminal of the command's own, whose other end the client holds: what is typed goes there as it
 * is, with all that control characters mean, and what is printed comes back.
 */
#ifndef PR_ENGINE_SESSIONS_RELAY_H
#define PR_ENGINE_SESSIONS_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "base/fail.h"

enum { RELAY_POLLS = 2 };

struct relay {
	int master;	      /* -1: there is none, or nobody has its other end any more */
	struct termios saved; /* of the caller's terminal */
	bool raw;	      /* which is ours just now */
	bool input_ended;
	size_t typed;	      /* bytes on their way to the command */
	char typed_bytes[4096];
};

/* One like the terminal at standard input, if that is one. Its other end (close-on-exec), or -1. */
int relay_open(struct relay *r, struct fail *fail);

/* Takes the caller's terminal over while this process is in the foreground. */
void relay_settle(struct relay *r);
/* Gives it back. */
void relay_let_go(struct relay *r);

/* The terminal's size is the command's. */
void relay_resize(const struct relay *r);

/* What to wait for, and what to do when it has come. */
void relay_prepare(const struct relay *r, struct pollfd p[RELAY_POLLS]);
void relay_move(struct relay *r, const struct pollfd p[RELAY_POLLS]);

/* The command is gone: prints what it has printed last, and gives the terminal back. */
void relay_end(struct relay *r);

#endif
