/* SPDX-License-Identifier: MIT */
/*
 * New images: one more layer over an image, or over nothing. What is made is an OCI layout in a
 * work directory, which is then loaded as any other is.
 */
#ifndef PR_IMAGE_BUILD_H
#define PR_IMAGE_BUILD_H

#include "base/fail.h"
#include "image/images.h"
#include "image/state.h"

struct progress;

/* What the image is to say of itself. NULL: as the base does. Lists end with NULL. */
struct build_config {
	const char *const *entrypoint, *const *cmd, *const *env;
	const char *workdir, *user;
	const char *comment; /* of its history: what made the layer */
};

struct build;

/* `base` may be NULL, and outlives it. A child of ctx, gone with all that it made when freed. */
int build_begin(void *ctx, struct state *s, const struct image *base, struct build **ret,
		struct fail *fail);
/* The layer's tar stream, as it comes: 0 or -errno. */
int build_write(void *build, const void *bytes, size_t size);
/* The image becomes visible under this name; *ret is its id. */
int build_finish(struct build *b, const struct build_config *config, const char *name,
		 struct progress *progress, struct digest *ret, struct fail *fail);

#endif
