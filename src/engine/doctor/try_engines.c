/* SPDX-License-Identifier: MIT */
/*
 * A whole session by one engine. A root of the user's is asked for its shell, the host's own for
 * this very program; a root without one is no fault of the engine's.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "engine/doctor/probes.h"
#include "engine/doctor/trial.h"
#include "engine/engine.h"

enum { ENGINE_FAILED = 125, CANNOT_EXEC = 126, NOT_FOUND = 127 };

extern char **environ;

static char *const shell[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c",
			       (char *)(uintptr_t) ":", NULL };

static int run(struct trial *t, char *const *argv)
{
	const struct session_config session = {
		.engine = (enum engine_name)t->probe->arg,
		.rootfs = t->config->rootfs,
		.cwd = "/",
		.argv = argv,
		.envp = environ,
		.unlisted = true,
	};
	struct fail fail = { "" };
	int status = engine_run(&session, &fail);

	if (status == 0)
		return 0;
	if (status == ENGINE_FAILED)
		return trial_say(t, "%s", fail.text);
	if (status == CANNOT_EXEC || status == NOT_FOUND)
		return trial_say(t, "it stands, but: %s", fail.text), 0;
	return trial_say(t, "the guest ended with status %d", status);
}

int try_engine(struct trial *t)
{
	char self[4096];
	char *const version[] = { self, (char *)(uintptr_t) "--version", NULL };
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	trial_step(t, "run a guest");
	self[n > 0 ? n : 0] = '\0';
	return run(t, n > 0 && strcmp(t->config->rootfs, "/") == 0 ? version : shell);
}
