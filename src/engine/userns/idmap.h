/* SPDX-License-Identifier: MIT */
/*
 * Which ids of the host stand for which in the guest's user namespace: user_namespaces(7), by
 * subuid(5) and subgid(5) where ids of others are wanted.
 */
#ifndef PR_ENGINE_USERNS_IDMAP_H
#define PR_ENGINE_USERNS_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/fail.h"

struct session_config;

enum { IDMAP_LINES = 8 };

struct idmap {
	struct idmap_line {
		uint32_t inner, outer, count;
	} lines[IDMAP_LINES];
	unsigned count;
};

/* Who writes the maps. */
enum idmap_writer {
	IDMAP_NONE,   /* no user namespace: we are root, who needs none */
	IDMAP_SELF,   /* the process within: only its own ids, and setgroups(2) is forbidden */
	IDMAP_PARENT, /* root, from outside */
	IDMAP_HELPER, /* newuidmap(1) and newgidmap(1) */
};

struct idmaps {
	enum idmap_writer writer;
	struct idmap users, groups;
};

/* What the configuration asks for. 0, or -1: it cannot be had, and why. */
int idmap_plan(const struct session_config *config, struct idmaps *ret, struct fail *fail);

/* Our own ids alone, which stay what they are. */
void idmap_plan_own(struct idmaps *ret);

/* Do ids other than our own have a place in it? */
bool idmap_has_others(const struct idmaps *m);
/* Is this id of the guest anybody's? */
bool idmap_has(const struct idmap *m, uint32_t inner);

/* From within. 0 or -errno. */
int idmap_write_self(const struct idmaps *m);
/* From outside, for that process, whichever way. 0 or -errno; -EPERM: the helper said no. */
int idmap_write_for(const struct idmaps *m, pid_t pid);

/*
 * For a user namespace within, in which every id is what it is outside: by a process that is in the
 * outer one, into this directory of /proc. 0 or -errno.
 */
int idmap_write_nested(const struct idmaps *m, int proc_dir);

void idmap_print(const struct idmap *m, FILE *out);

/* In text of subuid(5), the next line of that user: the text behind it, or NULL. */
const char *idmap_next_range(const char *text, const char *name, uint32_t id,
			     struct idmap_line *ret);
/* Own id at `own`.inner; the other numbers from 0 up are the ranges', one after the other. */
void idmap_lay_out(struct idmap_line own, const struct idmap_line *ranges, unsigned count,
		   struct idmap *ret);

#endif
