/* SPDX-License-Identifier: MIT */
/*
 * What pr exec and a session say to each other, over a stream socket between two processes of one
 * program: an order with the three standard files, notes about signals, a word that it begins, a
 * reply at the end.
 */
#ifndef PR_ENGINE_SESSIONS_WIRE_H
#define PR_ENGINE_SESSIONS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"

enum { WIRE_FILES = 3 };

/* Strings are the sender's own, or children of wire_get_order's ctx. */
struct order {
	const char *cwd; /* or NULL */
	enum identity_kind identity;
	uint32_t uid, gid;
	const char *user, *groups;	  /* or NULL */
	bool terminal;			  /* its standard input becomes its controlling terminal */
	bool keep_home;
	const char *const *argv;	  /* ends with NULL; empty: the shell */
	const char *const *edits;	  /* as engine_exec takes them */
};

/*
 * Each 0 or -errno; -EPROTO where what came makes no sense, -EPIPE where nobody is there any more.
 */
int wire_put_order(int fd, const struct order *o, const int files[WIRE_FILES]);
/* The files come close-on-exec. On failure there are none. */
int wire_get_order(void *ctx, int fd, struct order *ret, int ret_files[WIRE_FILES]);

/* The client was sent a signal: by somebody, or by its terminal with its whole group. */
struct note {
	int32_t signal;
	int32_t group;
};

int wire_put_note(int fd, const struct note *n);
int wire_get_note(int fd, struct note *ret);

/*
 * First, where there is a command: it begins; from now on signals are its. Then the end: an exit
 * status, and a line to print or "".
 */
enum { WIRE_BEGINS = -1 };

struct reply {
	int32_t status;
	struct fail fail;
};

int wire_put_reply(int fd, const struct reply *r);
int wire_get_reply(int fd, struct reply *ret);

#endif
