/* SPDX-License-Identifier: MIT */
/*
 * Where images come from: what `docker save` of any age writes, and its kin by other tools; OCI
 * layouts, as directories and as archives. Archives may be compressed, and may be a pipe.
 *
 * Nothing of an image is visible before all of it has been read, and size and digest of every
 * blob, and the diff id of every layer, have been found right.
 */
#ifndef PR_IMAGE_LAYOUT_H
#define PR_IMAGE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "image/platform.h"
#include "image/state.h"

struct progress;

struct load_request {
	const char *file; /* a file or directory; "-": standard input */
	const struct platform *platform; /* NULL: this host's */
	const char *name; /* whole name to give; NULL: those that it comes with */
	bool is_ours; /* made here: however much it grows, it is no bomb */
	struct progress *progress;
};

struct loaded_image {
	struct digest id;
	const char **names; /* whole ones; ends with NULL */
};

struct loaded {
	struct loaded_image *images;
	size_t count;
};

/*
 * Loads all images of the file, of an index the one that fits. *ret is a child of ctx. 0; -ENOENT:
 * no such file, or nothing in it fits; -EBADMSG: no image, or a broken one; other -errno.
 */
int image_load(void *ctx, struct state *s, const struct load_request *request,
	       struct loaded **ret, struct fail *fail);

enum save_format { SAVE_DOCKER, SAVE_OCI };

/*
 * Writes an archive of these images to the descriptor. SAVE_DOCKER is an OCI layout too, with what
 * docker load reads beside. Names as images_find takes them.
 */
int image_save(struct state *s, const char *const *words, enum save_format format, int fd,
	       struct progress *progress, struct fail *fail);

#endif
