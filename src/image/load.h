/* SPDX-License-Identifier: MIT */
/* What the files that load images share: images found in an origin, on their way to the index. */
#ifndef PR_IMAGE_LOAD_H
#define PR_IMAGE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/images.h"
#include "image/layout.h"
#include "image/manifest.h"
#include "image/origin.h"

struct found {
	struct image_entry entry; /* as the index will have it */
	const struct manifest *manifest;
	const struct image_config *config;
};

struct loading {
	struct work *work;
	struct origin *origin;
	const struct load_request *request;
	const char *label; /* what messages call the file */
	struct platform platform;
	struct found *images;
	size_t count;
};

/* Both: 0 or -errno with `fail` set; all is a child of the loading. */
int docker_find(struct loading *l, struct fail *fail);
int oci_find(struct loading *l, struct fail *fail);

/* One more image, without names; NULL and `fail`: no memory. */
struct found *load_add(struct loading *l, struct fail *fail);
/* One more name, made whole. -EBADMSG: it is no name of an image. */
int load_name(struct found *f, const char *name, struct fail *fail);

#endif
