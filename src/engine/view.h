/* SPDX-License-Identifier: MIT */
/* The view that a configuration asks for, under every engine. */
#ifndef PR_ENGINE_VIEW_H
#define PR_ENGINE_VIEW_H

#include "base/fail.h"

struct session_config;
struct hostfs;
struct view;

/*
 * Rootfs and binds, relative destinations from -w or where the caller stands. session_dir as in
 * path/mountpoint.h. *ret is a child of ctx. 0, or -1 with the reason.
 */
int engine_view(void *ctx, const struct session_config *config, const char *session_dir,
		struct hostfs *host, struct view **ret, struct fail *fail);

#endif
