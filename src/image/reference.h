/* SPDX-License-Identifier: MIT */
/*
 * Names of images, as docker has them: [HOST[:PORT]/]PATH[:TAG][@DIGEST]. One without a host is of
 * docker.io, one of a single word there of docker.io/library, one without a tag is :latest.
 */
#ifndef PR_IMAGE_REFERENCE_H
#define PR_IMAGE_REFERENCE_H

#include "base/fail.h"

/* The whole name, a child of ctx. 0, or -EINVAL and why it is none. */
int reference_normalize(void *ctx, const char *text, const char **ret, struct fail *fail);
/* Of a whole name the form that people write: "debian:12". Borrows. */
const char *reference_short(const char *name);
/* The tag of a whole name, or NULL. Borrows. */
const char *reference_tag(const char *name);

#endif
