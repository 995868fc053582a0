/* SPDX-License-Identifier: MIT */
/*
 * pr bootstrap: debootstrap(8) of the host's, run by a root that is none (a session on the host's
 * own files), makes the rootfs of a container.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "container/container.h"
#include "container/make.h"

/* An ordinary user's search path lacks what root's has; a proxy is the caller's. */
static char **environment(void *ctx)
{
	static const char *const passed[] = { "http_proxy", "https_proxy", "no_proxy", "TMPDIR" };
	const char *path = getenv("PATH");
	const char **env = talloc_zero_array(ctx, const char *, 1);

	if (!env ||
	    settings_add(ctx, &env, talloc_asprintf(ctx, "PATH=%s:/usr/sbin:/usr/bin:/sbin:/bin",
						    path ? path : "/usr/local/bin")) < 0 ||
	    settings_add(ctx, &env, "HOME=/root") < 0 || settings_add(ctx, &env, "LC_ALL=C") < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		const char *value = getenv(passed[i]);

		if (value && settings_add(ctx, &env, talloc_asprintf(ctx, "%s=%s", passed[i],
								     value)) < 0)
			return NULL;
	}
	return (char **)env;
}

/* What it prints is no result. */
static _Noreturn void run_child(const struct session_config *config, struct fail *fail)
{
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(125);
	_exit(engine_run(config, fail));
}

static int run(const struct session_config *config, struct fail *fail)
{
	struct fail *theirs = mmap(NULL, sizeof(*theirs), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = theirs == MAP_FAILED ? -1 : fork();
	int status;

	if (pid < 0)
		return fail_errno(fail, errno, "cannot run debootstrap");
	if (pid == 0)
		run_child(config, theirs);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (status != 0 && theirs->text[0])
		*fail = *theirs;
	else if (status != 0)
		fail_set(fail, "debootstrap has failed: see what it said");
	munmap(theirs, sizeof(*theirs));
	return status == 0 ? 0 : -EIO;
}

static int bootstrap(struct making *m, const struct container_bootstrap *q, struct fail *fail)
{
	char *argv[] = { "debootstrap", "--variant=minbase", (char *)(uintptr_t)q->suite,
			 (char *)(uintptr_t)m->rootfs, (char *)(uintptr_t)q->mirror, NULL };
	const struct session_config config = {
		.engine = q->engine,
		.rootfs = "/",
		.identity = IDENTITY_IDS,
		.argv = argv,
		.envp = environment(m->work),
		.cwd = "/",
		.unlisted = true,
	};

	if (!config.envp)
		return fail_errno(fail, ENOMEM, "debootstrap");
	return run(&config, fail);
}

int container_bootstrap(void *ctx, struct state *s, const struct container_bootstrap *q,
			const char *name, struct fail *fail)
{
	static const char *const no_edits[] = { NULL };
	const struct container_options defaults = { .edits = no_edits };
	struct making m = { 0 };
	int r = making_check_name(s, name, fail);

	if (r == 0)
		r = making_begin(ctx, s, &m, fail);
	if (r == 0)
		r = bootstrap(&m, q, fail);
	if (r == 0)
		r = settings_take(m.settings, &defaults, fail);
	if (r == 0)
		r = making_publish(&m, name, fail);
	talloc_free(m.work);
	return r;
}
