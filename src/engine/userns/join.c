/* SPDX-License-Identifier: MIT */
/*
 * pr exec under this engine. Nothing waits inside: the keeper, whose namespaces' owner it is, forks
 * an attendant, which enters those of the main process one after the other and makes the command's
 * process there. So it is one of the guest's pid namespace, with a parent that lies outside.
 *
 * The mounts that a lock made final (OP_LOCK) are in a user namespace below that of the others.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/sessions/serve.h"
#include "engine/user.h"
#include "engine/userns/ops.h"
#include "engine/userns/session.h"
#include "engine/view.h"
#include "path/hostfs.h"

#define AUTO_CLOSE __attribute__((cleanup(fd_cleanup)))

/* In this order: what belongs to the outer user namespace while there are powers over it. */
enum space {
	SPACE_UTS,
	SPACE_IPC,
	SPACE_NET,
	SPACE_CGROUP,
	SPACE_TIME,
	SPACE_PID,
	SPACE_USER,
	SPACE_MNT,
	SPACES
};

static const char *const space_names[SPACES] = {
	[SPACE_UTS] = "uts",	   [SPACE_IPC] = "ipc",	  [SPACE_NET] = "net",
	[SPACE_CGROUP] = "cgroup", [SPACE_TIME] = "time", [SPACE_PID] = "pid",
	[SPACE_USER] = "user",	   [SPACE_MNT] = "mnt",
};

/* Told by the command's process before it is the guest's. Shared memory. */
struct progress {
	enum main_phase phase;
	int error;
	struct command_tried tried;
};

/* In an attendant. */
struct join {
	struct userns *u;
	const struct session_config *config;
	struct userdb_user user; /* where the session has an identity */
	struct progress *told;
};

/* -1: it is ours already, or this kernel has none of the kind. */
static int open_space(pid_t pid, const char *kind)
{
	struct stat theirs, ours;
	char name[64];
	AUTO_CLOSE int fd = -1;

	snprintf(name, sizeof(name), "/proc/%d/ns/%s", (int)pid, kind);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	snprintf(name, sizeof(name), "/proc/self/ns/%s", kind);
	if (fd < 0 || fstat(fd, &theirs) < 0 || stat(name, &ours) < 0 ||
	    (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino))
		return -1;
	return fd_take(&fd);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* /proc is the host's until the mounts are the guest's: all are opened first. */
static int join_all(const struct userns *u)
{
	int fds[SPACES], r = 0;

	for (int i = 0; i < SPACES; i++)
		fds[i] = open_space(u->shared->main_pid, space_names[i]);
	if (fds[SPACE_MNT] < 0)
		return -ESRCH;
	if (u->user_fd >= 0 && setns(u->user_fd, CLONE_NEWUSER) < 0)
		r = -errno;
	for (int i = 0; i < SPACES; i++) {
		bool is_there = i == SPACE_USER && fds[i] >= 0 && u->user_fd >= 0 &&
				same_file(fds[i], u->user_fd);

		if (r == 0 && fds[i] >= 0 && !is_there && setns(fds[i], 0) < 0)
			r = -errno;
		fd_cleanup(&fds[i]);
	}
	return r;
}

/* ---- who it is to be ------------------------------------------------------------------------- */

static int find_user(void *ctx, struct join *j, struct fail *fail)
{
	const struct session_config *before = j->u->config, *c = j->config;
	const struct idmaps *m = &j->u->plan->maps;
	struct hostfs *host = talloc_zero(ctx, struct hostfs);
	struct view *v;

	j->user = j->u->plan->user;
	if (c->identity == before->identity && c->user == before->user && c->uid == before->uid &&
	    c->gid == before->gid && c->groups == before->groups)
		return 0;
	if (!host || engine_view(ctx, before, NULL, host, &v, fail) < 0 ||
	    user_find(ctx, c, v, host, &j->user, fail) < 0)
		return -1;
	if (m->writer != IDMAP_NONE &&
	    (!idmap_has(&m->users, j->user.uid) || !idmap_has(&m->groups, j->user.gid)))
		return fail_set(fail, "%u:%u is not among the ids of this session", j->user.uid,
				j->user.gid);
	return 0;
}

static int become(const struct join *j)
{
	const struct userdb_user *u = &j->user;

	if (j->config->identity == IDENTITY_NONE)
		return 0;
	if (j->u->plan->maps.writer != IDMAP_SELF && setgroups(u->group_count, u->groups) < 0)
		return -errno;
	return setresgid(u->gid, u->gid, u->gid) < 0 || setresuid(u->uid, u->uid, u->uid) < 0
		       ? -errno
		       : 0;
}

/* ---- its process ----------------------------------------------------------------------------- */

static _Noreturn void run(const struct join *j, bool terminal)
{
	struct progress *told = j->told;
	int r;

	serve_settle(terminal);
	r = become(j);
	if (r == 0) {
		told->phase = PHASE_ENTER;
		r = command_enter(j->config, NULL);
	}
	if (r < 0) {
		told->error = -r;
		_exit(125);
	}
	told->phase = PHASE_EXEC;
	told->error = command_exec(j->config, j->user.home, &told->tried);
	_exit(command_status(j->config, told->error, &told->tried));
}

static pid_t start(void *engine, const struct session_config *config, bool terminal,
		   struct fail *fail)
{
	struct join *j = engine;
	pid_t pid;
	int r;

	j->config = config;
	j->told = mmap(NULL, sizeof(*j->told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (j->told == MAP_FAILED)
		return fail_errno(fail, errno, "cannot start the command"), -1;
	if (find_user(talloc_new(NULL), j, fail) < 0)
		return -1;
	r = join_all(j->u);
	if (r == -ESRCH)
		return fail_set(fail, "the session is ending");
	if (r < 0)
		return fail_errno(fail, -r, "cannot enter the session's namespaces"), -1;
	pid = fork();
	if (pid == 0)
		run(j, terminal);
	return pid < 0 ? fail_errno(fail, errno, "cannot fork"), -1 : pid;
}

static void explain(void *engine, struct fail *fail)
{
	const struct join *j = engine;
	const struct progress *told = j->told;

	if (told->error && told->phase == PHASE_SETUP)
		fail_errno(fail, told->error, "cannot become %u:%u", j->user.uid, j->user.gid);
	if (told->error && told->phase == PHASE_ENTER)
		command_explain_enter(j->config, told->error, fail);
	if (told->error && told->phase == PHASE_EXEC)
		command_explain_exec(j->config, told->error, &told->tried, fail);
}

void join_serve(struct userns *u)
{
	struct join j = { .u = u };
	const struct service service = {
		.config = u->config,
		.engine = &j,
		.keep_fd = u->user_fd,
		.start = start,
		.explain = explain,
	};

	const struct door door = { .fd = u->place.socket_fd };

	if (door.fd < 0)
		return;
	if (u->plan->traced)
		serve_pass_on(door.fd, u->inner[0]);
	else
		serve_waiting(&door, &service);
}
