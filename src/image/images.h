/* SPDX-License-Identifier: MIT */
/*
 * The images of a state directory: the index images.json, and an image opened for use.
 *
 * Functions here return 0 or -errno with `fail` set: -ENOENT, there is no such image (or more than
 * one that the word could mean); -EBUSY, in use.
 */
#ifndef PR_IMAGE_IMAGES_H
#define PR_IMAGE_IMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "image/config.h"
#include "image/digest.h"
#include "image/state.h"

struct image_entry {
	struct digest id;	/* of the config */
	struct digest manifest; /* of an OCI or docker manifest, as a blob */
	const char **names;	/* whole ones (reference.h); ends with NULL */
	const char *created;	/* as the image says, or NULL */
	uint64_t size;		/* of the layers' tar streams together */
	uint64_t stored;	/* of all its blobs */
};

struct images {
	struct image_entry *entries;
	size_t count;
};

/* Of a locked state. A child of ctx. */
int images_read(void *ctx, const struct state *s, struct images **ret, struct fail *fail);
/* A STATE_EXCLUSIVE one's. */
int images_write(const struct state *s, const struct images *images, struct fail *fail);

/* By name, id, or the beginning of an id (of 4 digits or more). */
int images_find(const struct images *images, const char *word, struct image_entry **ret,
		struct fail *fail);

/* Is the image here, and are all its blobs? */
bool images_is_whole(const struct images *images, const struct state *s, const struct digest *id);
/* Adds the image, without its names; one of the same id keeps its names, and has these blobs. */
int images_add(struct images *images, const struct image_entry *entry, struct fail *fail);
/* Gives the image (found by id) this whole name, which whoever had it loses. */
int images_name(struct images *images, const struct digest *id, const char *name,
		struct fail *fail);

/* Nobody has the name any more. */
void images_unname(struct images *images, const char *name);
/* The entry goes; its blobs are blobs_sweep's. */
void images_remove(struct images *images, struct image_entry *entry);

/* Removes all blobs that none of these images has, of a STATE_EXCLUSIVE state. Freed bytes. */
int blobs_sweep(const struct state *s, const struct images *images, uint64_t *ret_freed,
		struct fail *fail);

/*
 * A container that was made from the image: "image" in its container.json is the image's id. 1 and
 * *ret, a child of ctx; 0: there is none; or -errno.
 */
int image_user(void *ctx, const struct state *s, const struct digest *id, const char **ret,
	       struct fail *fail);

struct image_layer {
	struct digest digest;  /* of the blob: verified when it was loaded */
	struct digest diff_id; /* of the tar stream in it: likewise */
	uint64_t size;	       /* of the blob */
	int fd;		       /* the blob, open for reading, at 0 */
};

/* An image in use: it stays readable whatever becomes of its blobs' names. */
struct image {
	struct digest id, manifest;
	const char *name; /* a short name, or NULL: it has none */
	struct image_config *config;
	struct image_layer *layers; /* lowest first */
	size_t layer_count;
};

/* Takes a lock for as long as it lasts, where none is held. A child of ctx; freeing it closes. */
int image_open(void *ctx, struct state *s, const char *word, struct image **ret,
	       struct fail *fail);

#endif
