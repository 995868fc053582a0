/* SPDX-License-Identifier: MIT */
/*
 * A run of a container: its settings as a session of the engine's, in this process or in one of its
 * own that nobody waits for. The lock is taken before anything is looked at, and held by all of the
 * session's processes until the last is gone; who began the run then writes how it ended.
 *
 * Nothing that the image or the container says gets into this process's own environment, options or
 * search path. Of the caller's environment the guest gets nothing but TERM.
 */
#include "container/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/container.h"
#include "container/place.h"
#include "image/dirs.h"
#include "path/bindspec.h"

enum { EXIT_OURS = 125 };

/* ---- the environment ---- */

static const char *host_name(void *ctx)
{
	char name[256] = "";

	return gethostname(name, sizeof(name) - 1) == 0 ? talloc_strdup(ctx, name) : "localhost";
}

/* What docker sets, as far as the container does not; then its own, then this run's. */
static const char **environment(struct run *run, const struct container_start *q)
{
	const struct settings *s = run->settings;
	const char *term = getenv("TERM"), *host = s->hostname ? s->hostname : host_name(run);
	const char **base = talloc_zero_array(run, const char *, 1);
	bool terminal = run->terminal || (run->interactive && isatty(STDIN_FILENO));

	if (!base || settings_add(run, &base, talloc_asprintf(run, "HOSTNAME=%s", host)) < 0)
		return NULL;
	if (terminal && settings_add(run, &base,
				     talloc_asprintf(run, "TERM=%s", term ? term : "xterm")) < 0)
		return NULL;
	for (const char **e = s->env; *e; e++) {
		const char *const edits[] = { talloc_asprintf(run, "+%s", *e), NULL };

		base = edits[0] ? settings_edit_env(run, base, edits) : NULL;
		if (!base)
			return NULL;
	}
	return settings_edit_env(run, base, q->edits);
}

/* ---- binds ---- */

static const struct bind_request hosts_own[] = {
	{ .host = "/proc", .optional = true },
	{ .host = "/sys", .optional = true },
	{ .host = "/dev", .optional = true },
	{ .host = "/etc/resolv.conf", .optional = true },
	{ .host = "/etc/hosts", .optional = true },
};

enum { HOSTS_OWN = sizeof(hosts_own) / sizeof(hosts_own[0]) };

int run_binds(void *ctx, const struct settings *settings, struct session_config *c,
	      struct fail *fail)
{
	size_t count = HOSTS_OWN;
	struct bind_request *list;

	for (const char **b = settings->binds; *b; b++)
		count++;
	list = talloc_zero_array(ctx, struct bind_request, count);
	if (!list)
		return fail_errno(fail, ENOMEM, "binds of a container");
	memcpy(list, hosts_own, sizeof(hosts_own));
	for (size_t i = HOSTS_OWN; i < count; i++)
		if (bindspec_parse(ctx, settings->binds[i - HOSTS_OWN], &list[i], fail) < 0)
			return -EINVAL;
	c->binds = list;
	c->bind_count = count;
	return 0;
}

/* ---- directories that must be there ---- */

static int make_directory(void *ctx, const struct dir *parent, const char *name)
{
	(void)ctx;
	return mkdirat(parent->fd, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* By the guest's links, never out of its root. What is there, whatever it is, stays. */
static int make_directories(struct run *run, const char *workdir, struct fail *fail)
{
	const struct dirs_ops ops = { .make = make_directory };
	mode_t mask = umask(022);
	struct dir *d;
	int r;
	struct dirs *dirs = dirs_open(run, run->rootfs, &ops, &r);

	if (!dirs) {
		umask(mask);
		return fail_errno(fail, -r, "container %s: rootfs", run->name);
	}
	for (const char **v = run->settings->volumes; *v; v++)
		dirs_walk(dirs, *v + (**v == '/'), true, &d); /* it is the guest's to complain */
	r = workdir ? dirs_walk(dirs, workdir + 1, true, &d) : 0;
	talloc_free(dirs);
	umask(mask);
	return r < 0 && r != -ENOTDIR ? fail_errno(fail, -r, "cannot make '%s' in container %s",
						   workdir, run->name)
				      : 0;
}

/* ---- the session ---- */

static int make_session(struct run *run, const struct container_start *q, struct fail *fail)
{
	struct session_config *c = &run->config;
	const struct settings *s = run->settings;
	const char *user = q->user ? q->user : s->user;
	const char **env = environment(run, q);
	char **argv = settings_argv(run, s);

	if (!env || !argv)
		return fail_errno(fail, ENOMEM, "container %s", run->name);
	*c = *q->session;
	c->rootfs = run->rootfs;
	c->read_only = q->read_only || s->read_only;
	c->argv = q->shell ? NULL : q->argv ? q->argv : argv;
	c->envp = (char *const *)env;
	c->cwd = q->workdir ? q->workdir : s->workdir ? s->workdir : "/";
	c->identity = IDENTITY_USER;
	c->user = user ? user : "0";
	c->keep_home = settings_variable(env, "HOME") != NULL;
	c->name = run->name;
	c->held_fd = run->lock_fd;
	if (s->hostname) {
		c->hostname = s->hostname;
		c->own |= OWN_UTS;
	}
	if (c->cwd[0] != '/')
		return fail_set(fail, "-w %s: the directory must be named from the root on",
				c->cwd);
	if (run_binds(run, s, c, fail) < 0)
		return -1;
	return make_directories(run, q->workdir ? NULL : s->workdir, fail);
}

static int write_begin(struct run *run, struct place *p, struct fail *fail)
{
	run->status = (struct run_status){
		.state = RUN_NOW,
		.pid = getpid(),
		.ticks = place_ticks(getpid()),
		.started = (long long)time(NULL),
	};
	return place_write_status(p, &run->status, fail);
}

/* All that was open before has been closed by the engine, but for the lock. */
static void write_end(struct run *run, int status)
{
	struct fail ignored = { "" };
	struct state *s;
	struct place *p;

	if (state_open(run, &s, &ignored) < 0)
		return;
	if (run->remove) {
		container_remove_locked(s, run->name, &ignored);
	} else if (place_open(run, s, run->name, &p, &ignored) == 0) {
		run->status.state = RUN_ENDED;
		run->status.finished = (long long)time(NULL);
		run->status.exit = status;
		place_write_status(p, &run->status, &ignored);
	}
}

int run_session(struct run *run, struct fail *fail)
{
	struct state *s;
	struct place *p;
	int status;

	if (state_open(run, &s, fail) < 0 || place_open(run, s, run->name, &p, fail) < 0 ||
	    write_begin(run, p, fail) < 0)
		return EXIT_OURS;
	talloc_free(p);
	talloc_free(s);
	status = engine_run(&run->config, fail);
	write_end(run, status);
	close(run->lock_fd);
	return status;
}

/* What joins a session has a terminal where its caller has one, and so has what is run alone. */
static void set_input(struct run *run, const struct container_start *q)
{
	const struct settings *s = run->settings;

	if (q->is_joined) {
		run->interactive = true;
		run->terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
		return;
	}
	run->interactive = q->interactive || s->interactive;
	run->terminal = q->terminal || s->terminal;
}

static int prepare(struct run *run, struct state *s, const struct container_start *q,
		   struct fail *fail)
{
	struct place *p;
	int r = place_open(run, s, q->name, &p, fail);

	if (r == 0)
		r = place_take(p, fail);
	if (r == 0)
		r = place_settings(run, p, &run->settings, fail);
	if (r < 0)
		return r;
	run->name = talloc_strdup(run, q->name);
	run->rootfs = talloc_asprintf(run, "%s/containers/%s/rootfs", s->dir, q->name);
	run->log = talloc_asprintf(run, "%s/containers/%s/log", s->dir, q->name);
	set_input(run, q);
	run->remove = q->remove || run->settings->remove;
	run->lock_fd = fd_take(&p->lock_fd);
	talloc_free(p);
	return make_session(run, q, fail);
}

static int run_child(void *run, struct fail *fail)
{
	return run_session(run, fail);
}

static int run_in_front(struct run *run, struct fail *fail)
{
	const struct engine_attach attach = {
		.run = run_child,
		.ctx = run,
		.reads = run->interactive,
		.child_fd = run->lock_fd,
	};
	int fd;

	if (run->terminal && run->interactive && !isatty(STDIN_FILENO))
		return fail_set(fail, "-it: standard input is no terminal: leave out -t"),
		       EXIT_OURS;
	if (run->terminal)
		return engine_attach(&attach, fail);
	fd = run->interactive ? STDIN_FILENO : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (fd != STDIN_FILENO && dup2(fd, STDIN_FILENO) < 0))
		return fail_errno(fail, errno, "/dev/null"), EXIT_OURS;
	return run_session(run, fail);
}

int container_start(struct state *s, const struct container_start *q, struct fail *fail)
{
	struct run *run = talloc_zero(NULL, struct run);
	int status = EXIT_OURS, r = run ? prepare(run, s, q, fail) : -ENOMEM;

	talloc_free(s);
	if (r == 0)
		status = q->detach ? run_detached(run, fail) : run_in_front(run, fail);
	talloc_free(run);
	return r == -ENOENT ? 1 : status;
}
