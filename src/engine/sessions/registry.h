/* SPDX-License-Identifier: MIT */
/*
 * Which sessions of this user run: a directory of his own (0700) below XDG_RUNTIME_DIR, TMPDIR or
 * /tmp, with two entries for each: PID, a file that says what it is, and PID.sock, where it is
 * asked for further commands. The file is locked for as long as the session lives, so that one that
 * was killed is known as such whoever has its number now.
 */
#ifndef PR_ENGINE_SESSIONS_REGISTRY_H
#define PR_ENGINE_SESSIONS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fail.h"

struct session_config;

/* A session's own place; all -1 where it has none. */
struct registration {
	int dir_fd, lock_fd;
	int socket_fd; /* listens; never blocks; a connection is told to this process by SIGIO */
	pid_t pid;     /* the front's, by which it is known */
};

/* Which engine runs it, and its root's canonical name. */
struct run_by {
	const char *engine, *rootfs;
};

/*
 * Enters this process. SIGIO must be blocked. 0, too, where no directory will do, as long as the
 * session needs no name; else -1 and why, with nothing entered.
 */
int registry_enter(const struct session_config *config, const struct run_by *by,
		   struct registration *ret, struct fail *fail);
/* SIGIO is still blocked. */
void registry_leave(struct registration *r);

struct registry_entry {
	pid_t pid;
	long long start; /* seconds of the epoch */
	const char *name; /* NULL: none was given */
	const char *engine, *rootfs;
	const char *const *argv; /* ends with NULL; none: the shell */
};

struct registry {
	int dir_fd;	  /* -1: there is no directory yet */
	const char *dir;  /* its name, for messages */
	struct registry_entry *entries; /* by pid */
	size_t count;
};

/*
 * Those that run; what killed ones left is removed. *ret's strings are children of ctx, its dir_fd
 * is the caller's. 0, or -1 and why.
 */
int registry_read(void *ctx, struct registry *ret, struct fail *fail);
/* By number or by name; NULL: there is none. */
const struct registry_entry *registry_find(const struct registry *r, const char *word);
/*
 * A connection to that session, or -errno: -ECONNREFUSED where it has just ended, -EPERM where
 * what is there is no socket of the user's own, -EAGAIN where it is not heard for long.
 */
int registry_connect(const struct registry *r, const struct registry_entry *e);

#endif
