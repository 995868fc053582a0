/* SPDX-License-Identifier: MIT */
/*
 * pr pull: skopeo fetches from registries, curl from URLs, into a work directory of the state; what
 * they bring is loaded like any other file, and checked. We use no network ourselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "cli/parse.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "cli/verbs/image_verbs.h"
#include "image/reference.h"
#include "image/state.h"

extern char **environ;

enum { CANNOT_RUN = 127 };

/* Its output goes to our standard error: ours is for results. 0; 1: not installed; or -1. */
static int run_program(char *const *argv, struct fail *fail)
{
	posix_spawn_file_actions_t files;
	int status, r;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	r = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (r == ENOENT)
		return 1;
	if (r != 0)
		return fail_errno(fail, r, "%s", argv[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_RUN)
		return 1;
	fail_set(fail, "%s could not fetch it: it says why above", argv[0]);
	return -ENOENT;
}

static int not_installed(const char *program, const char *what, struct fail *fail)
{
	fail_set(fail,
		 "pull: %s is not installed, which fetches from %s: install it, or pr load a file "
		 "that another machine fetched",
		 program, what);
	return -ENOENT;
}

static int by_curl(const char *url, const char *to, struct fail *fail)
{
	char *argv[] = { "curl",	  "--fail", "--location", "--proto",  "=https,http,file",
			 "--proto-redir", "=https", "--output",	  (char *)to, "--",
			 (char *)url,	  NULL };
	int r = run_program(argv, fail);

	return r > 0 ? not_installed("curl", "URLs", fail) : r;
}

static int by_skopeo(const struct request *q, const char *name, const char *to, struct fail *fail)
{
	char *argv[16] = { "skopeo", "copy" };
	size_t n = 2;
	int r;

	if (q->platform) {
		argv[n++] = "--override-os";
		argv[n++] = q->platform->os;
		argv[n++] = "--override-arch";
		argv[n++] = q->platform->architecture;
	}
	if (q->platform && q->platform->variant[0]) {
		argv[n++] = "--override-variant";
		argv[n++] = q->platform->variant;
	}
	if (q->numbers)
		argv[n++] = "--quiet";
	argv[n++] = talloc_asprintf(q->env.ctx, "docker://%s", name);
	argv[n++] = talloc_asprintf(q->env.ctx, "oci:%s:latest", to);
	r = run_program(argv, fail);
	return r > 0 ? not_installed("skopeo", "registries", fail) : r;
}

/* Fetches into the work directory; *ret is what is to be loaded then. */
static int fetch(const struct request *q, const struct work *w, struct load_request *ret,
		 struct fail *fail)
{
	char *to = talloc_asprintf(q->env.ctx, "%s/%s/pulled", w->state->dir, w->name);
	int r;

	ret->file = to;
	if (strstr(q->args[0], "://"))
		return by_curl(q->args[0], to, fail);
	r = reference_normalize(q->env.ctx, q->args[0], &ret->name, fail);
	if (r == 0)
		r = by_skopeo(q, ret->name, to, fail);
	/* What was asked for by digest gets no name by that. */
	if (r == 0 && strchr(ret->name, '@'))
		ret->name = NULL;
	return r;
}

int verb_pull(struct request *r, struct fail *fail)
{
	struct load_request request = { .platform = r->platform };
	struct progress_line progress;
	struct loaded *loaded;
	struct work *w = NULL;
	struct state *s;
	int done = verb_state(r, STATE_UNLOCKED, &s, fail);

	if (done == 0)
		done = work_begin(r->env.ctx, s, &w, fail);
	if (done == 0)
		done = fetch(r, w, &request, fail);
	if (done == 0) {
		progress_begin(&progress, r->args[0]);
		request.progress = &progress.progress;
		done = image_load(r->env.ctx, s, &request, &loaded, fail);
		progress_end(&progress);
	}
	if (done == 0)
		print_loaded(r, loaded);
	talloc_free(w);
	return verb_status(done);
}
