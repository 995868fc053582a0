/* SPDX-License-Identifier: MIT */
/*
 * What images are read from: names, and the bytes behind them. A directory as it lies there, or an
 * archive, whose members have all been put into the work directory and digested on the way: so it
 * may be a pipe, be compressed, and have its members in any order.
 *
 * Functions return 0 or -errno with `fail` set, which names the member.
 */
#ifndef PR_IMAGE_ORIGIN_H
#define PR_IMAGE_ORIGIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "image/digest.h"
#include "image/state.h"

struct origin;
struct progress;

/* A child of ctx. `file` is a directory, a file, or "-". `w` outlives it. */
int origin_open(void *ctx, struct work *w, const char *file, struct progress *progress,
		struct origin **ret, struct fail *fail);

bool origin_has(struct origin *o, const char *name);
/* The whole of a small member as text with a NUL behind it: children of ctx. */
int origin_text(void *ctx, struct origin *o, const char *name, char **ret, size_t *ret_len,
		struct fail *fail);
int origin_json(void *ctx, struct origin *o, const char *name, json_t **ret, struct fail *fail);
/* What a blob has to be. */
struct want {
	const struct digest *digest; /* NULL: whatever it is */
	uint64_t size;
	bool has_size;
};

/*
 * Puts the member into the work directory as a blob, under work_blob_name, checked. *ret_size and
 * *ret are what it is. -ENOENT: there is no such member.
 */
int origin_blob(struct origin *o, const char *name, const struct want *want, struct digest *ret,
		uint64_t *ret_size, struct fail *fail);

#endif
