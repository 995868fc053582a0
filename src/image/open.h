/* SPDX-License-Identifier: MIT */
/* Reading what an image is made of, for the files of this room. */
#ifndef PR_IMAGE_OPEN_H
#define PR_IMAGE_OPEN_H

#include "base/fail.h"
#include "image/digest.h"
#include "image/manifest.h"
#include "image/state.h"

/* A manifest of a locked state. 0 or -errno with `fail` set. */
int image_read_manifest(void *ctx, const struct state *s, const struct digest *d,
			struct manifest **ret, struct fail *fail);
/* The whole of a small blob, likewise: with a NUL behind it. */
int image_read_text(void *ctx, const struct state *s, const struct digest *d, char **ret,
		    size_t *ret_len, struct fail *fail);

#endif
