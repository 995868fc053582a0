/* SPDX-License-Identifier: MIT */
/*
 * A container on disk, containers/NAME in the state directory: container.json, rootfs/, the lock
 * that says whether it runs, and what is known of its last run.
 *
 * The lock is an open file description's (F_OFD_SETLK), so that all processes of a session hold it
 * together, and so that to ask about it is not to take it. Who holds it is the only one who changes
 * anything in the directory. Whether a container runs is never concluded from a process id.
 */
#ifndef PR_CONTAINER_PLACE_H
#define PR_CONTAINER_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fail.h"
#include "container/settings.h"
#include "image/state.h"

/* status.json; numbers are 0 where nothing is known. */
struct run_status {
	enum { RUN_NEVER, RUN_NOW, RUN_ENDED } state;
	pid_t pid;		 /* the front's */
	unsigned long long ticks; /* when it began, in the kernel's: together they are unique */
	long long started, finished; /* seconds of the epoch */
	int exit;
};

struct place {
	const struct state *state; /* lives longer */
	const char *name;
	int fd;	     /* the directory */
	int lock_fd; /* of the file `lock` in it */
	bool is_ours; /* the lock */
};

/* Of an existing container: a child of ctx, closed when freed. -ENOENT: there is none. */
int place_open(void *ctx, const struct state *s, const char *name, struct place **ret,
	       struct fail *fail);

/*
 * For as long as the descriptor lives. -EBUSY: it runs (or is being changed by somebody else);
 * -ENOENT: it was removed meanwhile.
 */
int place_take(struct place *p, struct fail *fail);
/* The host's name of its root, a child of ctx. */
char *place_rootfs(void *ctx, const struct place *p);
/* Does anybody hold it? Who asks disturbs nobody. */
bool place_is_taken(const struct place *p);
/* Waits until nobody does. */
int place_wait(const struct place *p, struct fail *fail);

int place_settings(void *ctx, const struct place *p, struct settings **ret, struct fail *fail);
/* -EINVAL for one that was made of an archive or directory: "there is nothing to `what`". */
int place_need_image(const struct place *p, const struct settings *s, const char *what,
		     struct fail *fail);
int place_write_settings(const struct place *p, const struct settings *s, struct fail *fail);

/*
 * As it is now. A run that ended without a word, which is what kill -9 of its front comes to, is
 * RUN_ENDED with exit 137.
 */
int place_status(const struct place *p, struct run_status *ret, struct fail *fail);
int place_write_status(const struct place *p, const struct run_status *status, struct fail *fail);

/* "created", "running" or "exited". */
const char *place_state_name(const struct run_status *status);

/* The kernel's tick at which this process began; 0: there is none. */
unsigned long long place_ticks(pid_t pid);

#endif
