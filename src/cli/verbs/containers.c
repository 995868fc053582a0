/* SPDX-License-Identifier: MIT */
/* pr create, run, login, exec, start: containers are made and run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "cli/parse.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "cli/verbs/image_verbs.h"
#include "container/container.h"

static struct container_options options_of(const struct request *r)
{
	const struct session_config *c = &r->session;

	return (struct container_options){
		.entrypoint = r->entrypoint,
		.words = c->argv,
		.edits = r->env.edits,
		.binds = r->volumes,
		.workdir = c->cwd,
		.user = c->user,
		.hostname = c->hostname,
		.terminal = r->tty,
		.interactive = r->interactive,
		.remove = r->remove,
		.read_only = c->read_only,
	};
}

/* Of the source in args[0]. 0 or -errno. */
static int create(struct request *r, struct state *s, const char *name, const char **ret,
		  struct fail *fail)
{
	struct progress_line progress;
	const struct container_create q = {
		.source = r->args[0],
		.name = name,
		.options = options_of(r),
		.progress = &progress.progress,
	};
	int done;

	progress_begin(&progress, r->args[0]);
	done = container_create(r->env.ctx, s, &q, ret, fail);
	progress_end(&progress);
	return done;
}

int verb_create(struct request *r, struct fail *fail)
{
	const char *name = r->arg_count > 1 ? r->args[1] : r->session.name;
	struct state *s;
	int done = state_open(r->env.ctx, &s, fail);

	if (done == 0 && r->arg_count > 1 && r->session.name) {
		fail_set(fail, "create: '%s' and --name=%s: one name is enough", r->args[1],
			 r->session.name);
		done = -EINVAL;
	}
	if (done == 0)
		done = create(r, s, name, &name, fail);
	if (done == 0)
		puts(name);
	return verb_status(done);
}

/* debootstrap finds out by the suite's name which distribution it is; the mirror must be told. */
int verb_bootstrap(struct request *r, struct fail *fail)
{
	bool is_ubuntu = strcmp(r->args[0], "ubuntu") == 0;
	const char *name = r->arg_count > 2 ? r->args[2] : r->args[1];
	const struct container_bootstrap q = {
		.suite = r->args[1],
		.mirror = r->mirror ? r->mirror
				    : is_ubuntu ? "http://archive.ubuntu.com/ubuntu" : NULL,
		.engine = r->session.engine,
	};
	struct state *s;
	int done = 0;

	if (!is_ubuntu && strcmp(r->args[0], "debian") != 0) {
		fail_set(fail, "bootstrap: '%s' is not known: debian or ubuntu", r->args[0]);
		done = -EINVAL;
	}
	if (done == 0)
		done = state_open(r->env.ctx, &s, fail);
	if (done == 0)
		done = container_bootstrap(r->env.ctx, s, &q, name, fail);
	if (done == 0)
		puts(name);
	return verb_status(done);
}

/* The options of the session alone: what else there is, is the container's. */
static struct session_config session_of(const struct request *r)
{
	return (struct session_config){
		.engine = r->session.engine,
		.sandbox = r->session.sandbox,
		.no_agent = r->session.no_agent,
		.sysvipc = r->session.sysvipc,
		.groups = r->session.groups,
		.kernel = r->session.kernel,
		.ports = r->session.ports,
		.emulator = r->session.emulator,
	};
}

static int start(struct request *r, struct state *s, const char *name, struct fail *fail)
{
	const struct session_config session = session_of(r);
	static const char *const no_edits[] = { NULL };
	const struct container_start q = {
		.name = name,
		.session = &session,
		.edits = no_edits,
		.interactive = r->interactive,
		.detach = r->detach,
	};
	int status = container_start(s, &q, fail);

	if (status == 0 && r->detach)
		puts(name);
	return status;
}

enum way { AS_RUN, AS_EXEC, AS_LOGIN };

/* In one that exists: what the line says is for this run alone. */
static int run_existing(struct request *r, struct state *s, enum way way, struct fail *fail)
{
	const struct session_config session = session_of(r);
	const struct container_start q = {
		.name = r->args[0],
		.session = &session,
		.argv = r->session.argv,
		.shell = way == AS_LOGIN || (way == AS_EXEC && !r->session.argv),
		.is_joined = way != AS_RUN,
		.interactive = r->interactive,
		.edits = r->env.edits,
		.workdir = r->session.cwd,
		.user = r->session.user,
		.terminal = r->tty,
		.read_only = r->session.read_only,
		.detach = r->detach,
		.remove = r->remove,
	};
	int status;

	if (r->volumes || r->entrypoint || r->session.hostname || r->session.name) {
		fail_set(fail, "run: the container '%s' exists: -v, --entrypoint, --hostname and "
			       "--name are for its creation", r->args[0]);
		return EXIT_OURS;
	}
	status = container_start(s, &q, fail);
	if (status == 0 && r->detach)
		puts(r->args[0]);
	return status;
}

int verb_run(struct request *r, struct fail *fail)
{
	const char *name = r->session.name;
	struct state *s;

	if (state_open(NULL, &s, fail) < 0)
		return EXIT_OURS;
	if (container_exists(s, r->args[0]) == 0)
		return run_existing(r, s, AS_RUN, fail);
	if (create(r, s, name, &name, fail) < 0) {
		talloc_free(s);
		return EXIT_OURS;
	}
	return start(r, s, name, fail);
}

/* A container that does not run is started for it; all else is a session, or nothing. */
static int exec_in(struct request *r, enum way way, struct fail *fail)
{
	struct state *s = NULL;

	if (state_is_there() && state_open(NULL, &s, fail) < 0)
		return EXIT_OURS;
	if (s && container_exists(s, r->args[0]) == 0 && !container_is_running(s, r->args[0]))
		return run_existing(r, s, way, fail);
	talloc_free(s);
	return engine_exec(&r->session, r->args[0], r->env.edits, fail);
}

int verb_exec(struct request *r, struct fail *fail)
{
	return exec_in(r, AS_EXEC, fail);
}

/* The user's own shell, directory and names; what the line says goes over them. */
static int be_login(struct request *r, struct fail *fail)
{
	const char **login, **edits, *home;
	size_t n = 0, m = 0;
	struct state *s;

	if (!state_is_there() || state_open(r->env.ctx, &s, fail) < 0 ||
	    container_exists(s, r->args[0]) < 0)
		return 0;
	if (container_login(r->env.ctx, s, r->args[0], r->session.user, &login, &home, fail) < 0)
		return -1;
	while (login[n])
		n++;
	while (r->env.edits[m])
		m++;
	edits = talloc_realloc(r->env.ctx, login, const char *, n + m + 1);
	if (!edits)
		return fail_errno(fail, ENOMEM, "environment");
	memcpy(edits + n, r->env.edits, (m + 1) * sizeof(*edits));
	r->env.edits = edits;
	r->session.keep_home = true;
	r->session.cwd = r->session.cwd ? r->session.cwd : home;
	talloc_free(s);
	return 0;
}

int verb_login(struct request *r, struct fail *fail)
{
	return be_login(r, fail) < 0 ? EXIT_OURS : exec_in(r, AS_LOGIN, fail);
}

int verb_start(struct request *r, struct fail *fail)
{
	int status = 0, one;

	if (r->attach && r->arg_count > 1) {
		fail_set(fail, "start -a: one container at a time");
		return EXIT_OURS;
	}
	r->detach = !r->attach;
	for (size_t i = 0; i < r->arg_count && status == 0; i++) {
		struct state *s;

		if (state_open(NULL, &s, fail) < 0)
			return EXIT_OURS;
		one = start(r, s, r->args[i], fail);
		status = status ? status : one;
	}
	return status;
}
