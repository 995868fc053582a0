/* SPDX-License-Identifier: MIT */
/* Manifests: which blobs make up an image. OCI's, and docker's of schema 2, named otherwise. */
#ifndef PR_IMAGE_MANIFEST_H
#define PR_IMAGE_MANIFEST_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "image/digest.h"

#define MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_INDEX    "application/vnd.oci.image.index.v1+json"
#define MEDIA_CONFIG   "application/vnd.oci.image.config.v1+json"
#define MEDIA_LAYER    "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"

struct descriptor {
	struct digest digest;
	uint64_t size;
	const char *media; /* "": not said */
};

struct manifest {
	struct descriptor config;
	struct descriptor *layers; /* lowest first */
	size_t layer_count;
};

/* 0, or -EBADMSG and why. Media are borrowed from the JSON. */
int descriptor_read(const json_t *object, struct descriptor *ret, struct fail *fail);
/* A child of ctx. -EBADMSG: no manifest of an image. */
int manifest_read(void *ctx, const json_t *top, struct manifest **ret, struct fail *fail);

/*
 * An OCI manifest of these blobs as text (a child of ctx), "media" of layers being what their bytes
 * are; NULL: no memory.
 */
char *manifest_write(void *ctx, const struct manifest *m);

/* "", "+gzip" or "+zstd", by a layer's first bytes; other filters that we can read are "". */
const char *manifest_sniff(int fd);

#endif
