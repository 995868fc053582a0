/* SPDX-License-Identifier: MIT */
/* What there is to tell of all containers. */
#ifndef PR_CONTAINER_LIST_H
#define PR_CONTAINER_LIST_H

#include <stddef.h>

#include "base/fail.h"
#include "container/place.h"

struct listed {
	const char *name;
	struct settings *settings;
	struct run_status status;
};

/* All of them that can be read, by name; children of ctx. What is removed meanwhile is left out. */
int container_list(void *ctx, struct state *s, struct listed **ret, size_t *ret_count,
		   struct fail *fail);

#endif
