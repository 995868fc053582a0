/* SPDX-License-Identifier: MIT */
/* What state.c and work.c share. */
#ifndef PR_IMAGE_WORK_H
#define PR_IMAGE_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "image/digest.h"
#include "image/state.h"


/* Removes what of tmp/ nobody works on any more. The state is locked exclusively. */
void work_sweep(const struct state *s);
/* The names in a directory of the state, ending with NULL; how many, or -errno. */
int work_list(void *ctx, const struct state *s, const char *dir, char ***ret);

/* ---- blobs that are not visible yet ---- */

/* "blob-sha256-HEX" */
void work_blob_name(const struct digest *d, char ret[BLOB_NAME]);
bool work_has_blob(const struct work *w, const struct digest *d);
/* The state's own, if it has one: it stays here whoever removes it there. 0, -ENOENT, ... */
int work_pin_blob(struct work *w, const struct digest *d);
/* Bytes of ours as one. 0 or -errno with `fail` set. */
int work_make_blob(struct work *w, const void *bytes, size_t len, struct digest *ret,
		   struct fail *fail);
/* A whole one, with a NUL behind it: a child of ctx. */
int work_read_blob(void *ctx, const struct work *w, const struct digest *d, char **ret,
		   size_t *ret_len, struct fail *fail);
int work_open_blob(const struct work *w, const struct digest *d, struct fail *fail);

#endif
