/* SPDX-License-Identifier: MIT */
/*
 * What an image says about itself: the "config" blob of OCI and docker, as far as we use it. All
 * of it is somebody else's text: it says what the guest is to get, and never configures pr.
 */
#ifndef PR_IMAGE_CONFIG_H
#define PR_IMAGE_CONFIG_H

#include <stddef.h>

#include "base/fail.h"
#include "image/digest.h"

/* JSON's null and a member that is missing are the same, here and in the lists. */
struct image_config {
	const char *os, *architecture, *variant; /* NULL: not said */
	const char *created, *author;
	const char *user;	 /* "name-or-uid[:group-or-gid]", or NULL */
	const char *workdir;	 /* NULL: / */
	const char *stop_signal; /* name or number, or NULL */
	/* Each ends with NULL, and is itself never NULL. */
	const char **env;	 /* "NAME=VALUE" */
	const char **entrypoint, **cmd;
	const char **volumes, **ports; /* the keys */
	const char **labels;	 /* "KEY=VALUE" */
	struct digest *diff_ids; /* of the layers, lowest first */
	size_t layer_count;
};

/* A child of ctx. 0, or -EBADMSG and which member makes no sense. */
int image_config_parse(void *ctx, const char *text, size_t len, struct image_config **ret,
		       struct fail *fail);

#endif
