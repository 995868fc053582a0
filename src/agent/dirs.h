/* SPDX-License-Identifier: MIT */
/* What a process knows of directories, and since when: dirs.c. */
#ifndef PR_AGENT_DIRS_H
#define PR_AGENT_DIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bind;
struct pathbuf;

/* A moment, and whether what is found out after it may be kept. */
struct agent_since {
	uint64_t ticks;
	uint32_t generation;
	bool known;
};

/* What is known of directories. `name` is a guest name as it was written, no slash at its end. */
struct agent_dir {
	const struct bind *bind; /* that holds what lies in it, all of it */
	struct agent_since since; /* when that was found out */
	bool without_devices; /* under an identity: nothing in it stands for a device */
};

/* Puts its host name into *host. */
bool agent_dir_find(const char *name, size_t len, struct pathbuf *host, struct agent_dir *ret);
/* It was found to be so after agent_dir_begin. */
struct agent_since agent_dir_begin(void);
/* Has nobody changed a name since? */
bool agent_dir_is_since(const struct agent_since *since);
/* The same, and is it not too long ago, either, for those that we do not hear of? */
bool agent_dir_is_fresh(const struct agent_since *since);
void agent_dir_learn(const char *name, size_t len, const struct pathbuf *host,
		     const struct agent_dir *d);

#endif
