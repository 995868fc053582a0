/* SPDX-License-Identifier: MIT */
/* A container that is being made: what creating, cloning, resetting and restoring share. */
#ifndef PR_CONTAINER_MAKE_H
#define PR_CONTAINER_MAKE_H

#include <stdbool.h>

#include "base/fail.h"
#include "container/container.h"
#include "container/settings.h"
#include "image/state.h"

struct making {
	struct work *work;	   /* holds "container", which is what will be published */
	const char *rootfs;	   /* the directory in it, absolute and empty at first */
	struct settings *settings; /* defaults at first */
};

/* Begins one; freeing ret->work, a child of ctx, ends it. ret->work is NULL if that failed. */
int making_begin(void *ctx, struct state *s, struct making *ret, struct fail *fail);
/* -EEXIST: there is one of that name. */
int making_publish(struct making *m, const char *name, struct fail *fail);
int making_exists(const char *name, struct fail *fail);
/* Its files beside the rootfs are written. */
int making_settle(struct making *m, const char *name, struct fail *fail);
/* In the place of the container of that name, whose lock is ours, by one rename. */
int making_replace(struct making *m, const char *name, struct fail *fail);
/* The tree `from`, as its guests see it, becomes the rootfs. */
int making_copy(struct making *m, const char *from, struct progress *progress, struct fail *fail);
/* The image's layers do. */
int making_unpack(struct making *m, const char *image, struct progress *progress,
		  struct fail *fail);
/* The archive, or the tree of a directory, does; "-": standard input. */
int making_unpack_archive(struct making *m, const char *file, struct progress *progress,
			  struct fail *fail);
/* May a new container be called so? -EEXIST, -EINVAL. */
int making_check_name(struct state *s, const char *name, struct fail *fail);

/* A word of `create` and `run`: a path, or the name of an image? */
bool source_is_path(const char *word);

/* What the command line says goes over what there is. */
int settings_take(struct settings *s, const struct container_options *o, struct fail *fail);

#endif
