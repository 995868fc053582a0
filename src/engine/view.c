/* SPDX-License-Identifier: MIT */
/* From a configuration to a view. */
#include "engine/view.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/engine.h"
#include "path/hostfs.h"
#include "path/mountpoint.h"

int engine_view(void *ctx, const struct session_config *config, const char *session_dir,
		struct hostfs *host, struct view **ret, struct fail *fail)
{
	char *here = getcwd(NULL, 0);
	const struct mount_config mounts = {
		.rootfs = config->rootfs,
		.binds = config->binds,
		.bind_count = config->bind_count,
		.read_only = config->read_only,
		.cwd = config->cwd ? config->cwd : here,
		.session_dir = session_dir,
		.ops = &hostfs_ops,
		.ops_ctx = host,
	};
	int r = mountpoint_build(ctx, &mounts, ret, fail);

	free(here);
	return r < 0 ? -1 : 0;
}
