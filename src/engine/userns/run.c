/* SPDX-License-Identifier: MIT */
/* The userns engine's way from a configuration to a session and its end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/choice.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/front.h"
#include "engine/userns/ops.h"
#include "engine/userns/session.h"

static const char *userns_lacks(const struct session_config *c)
{
	if (c->sandbox)
		return "--sandbox";
	if (c->trace)
		return "--trace";
	if (c->stats)
		return "--stats";
	if (c->kernel)
		return "-k";
	if (c->ports)
		return "port mapping";
	if (c->emulator)
		return "-q";
	return c->debug ? "--debug" : NULL;
}

/* The guest's ids are pr's to map. */
static const char *records_lack(const struct session_config *c)
{
	if (c->identity == IDENTITY_NONE)
		return "";
	if (c->map.root || c->map.automatic || c->map.users || c->map.groups)
		return "--map-root, --map-auto, --map-users and --map-groups with owners in "
		       "records";
	return NULL;
}

/* ---- the front ------------------------------------------------------------------------------ */

static void forward(const struct userns *u, const siginfo_t *info)
{
	if (front_was_sent(info) && !keeper_is_guest(u, info->si_pid))
		kill(u->shared->main_pid, info->si_signo);
}

/* An init is never stopped, and continues its command. */
static void resume(const struct userns *u)
{
	if (main_is_init(u) || front_is_stopped(u->shared->main_pid))
		kill(u->shared->main_pid, SIGCONT);
}

static void wait_for_keeper(const struct userns *u)
{
	siginfo_t info;
	sigset_t set;

	front_signals(&set);
	sigaddset(&set, SIGCONT);
	while (waitpid(u->keeper_pid, NULL, WNOHANG) == 0) {
		if (sigwaitinfo(&set, &info) < 0)
			continue;
		if (info.si_signo == SIGCONT)
			resume(u);
		else
			forward(u, &info);
	}
}

static int front_run(struct userns *u)
{
	const struct shared *sh = u->shared;

	front_settle((int[]){ u->points.fd, u->place.lock_fd, u->place.dir_fd }, 3);
	wait_for_keeper(u);
	if (!sh->over) {
		keeper_kill_all();
		keeper_clean_up(u);
	}
	return sh->main_ended ? front_status(sh->main_status) : 125;
}

/* ---- failures ------------------------------------------------------------------------------- */

static const char *hint(const struct userns *u, const struct op *op)
{
	if (op->kind == OP_NAMESPACES)
		return "user namespaces are forbidden or used up here (a sysctl, a container's "
		       "seccomp profile)";
	if (op->kind == OP_MAP)
		return u->plan->maps.writer == IDMAP_HELPER
			       ? "newuidmap and newgidmap must be installed and allow it"
			       : "AppArmor or another security module may restrict user namespaces";
	if (op->kind == OP_CONNECT)
		return "--net=pasta needs pasta, of the package passt, or slirp4netns";
	return "see --dry-run";
}

static int explain_unfit(const struct userns *u, struct fail *fail)
{
	const struct op *op = &u->plan->ops[u->shared->failed];
	char what[512];

	if (u->shared->why.text[0])
		return fail_set(fail, "engine userns: %s", u->shared->why.text), ENGINE_UNFIT;
	op_describe(u->plan, op, what, sizeof(what));
	fail_set(fail, "engine userns: cannot %s%s: %s (%s)",
		 op->kind == OP_NAMESPACES ? "make " : "", what, strerror(u->shared->error),
		 hint(u, op));
	return ENGINE_UNFIT;
}

static void explain_end(const struct userns *u, struct fail *fail)
{
	const struct shared *sh = u->shared;

	if (sh->error && sh->phase == PHASE_ENTER)
		command_explain_enter(u->config, sh->error, fail);
	if (sh->error && sh->phase == PHASE_EXEC)
		command_explain_exec(u->config, sh->error, &sh->tried, fail);
	if (sh->phase == PHASE_TRACED || sh->phase == PHASE_REFUSED)
		*fail = sh->why;
}

/* ---- the session ---------------------------------------------------------------------------- */

static int make_channels(struct userns *u, struct fail *fail)
{
	u->shared = mmap(NULL, sizeof(*u->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (u->shared == MAP_FAILED || pipe2(u->ready, O_CLOEXEC) < 0 ||
	    pipe2(u->stops, O_CLOEXEC | O_NONBLOCK) < 0 || pipe2(u->ask, O_CLOEXEC) < 0 ||
	    pipe2(u->answer, O_CLOEXEC) < 0 ||
	    (u->plan->traced && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, u->inner) < 0))
		return fail_errno(fail, errno, "cannot start the session");
	return 0;
}

static void close_pipes(const struct userns *u)
{
	close(u->ask[0]);
	close(u->ask[1]);
	close(u->answer[0]);
	close(u->answer[1]);
	close(u->ready[1]);
	close(u->stops[0]);
	close(u->stops[1]);
}

static int run_processes(struct userns *u, struct fail *fail)
{
	char byte;
	int status;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	u->front_pid = getpid();
	u->keeper_pid = fork();
	if (u->keeper_pid < 0)
		return fail_errno(fail, errno, "cannot fork"), 125;
	if (u->keeper_pid == 0)
		keeper_main(u);
	close_pipes(u);
	if (read(u->ready[0], &byte, 1) == 1) {
		status = front_run(u);
		explain_end(u, fail);
		return u->shared->phase == PHASE_REFUSED ? ENGINE_REFUSED : status;
	}
	waitpid(u->keeper_pid, NULL, 0);
	close(u->ready[0]);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	return explain_unfit(u, fail);
}

static int run_plan(struct userns *u, struct fail *fail)
{
	const struct run_by by = { "userns", u->plan->rootfs };
	sigset_t all;
	int status;

	if (!u->plan->traced && points_open((void *)(uintptr_t)u->plan, u->plan->rootfs,
					    u->plan->makes_points, &u->points, fail) < 0)
		return ENGINE_UNFIT;
	if (make_channels(u, fail) < 0)
		return 125;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &u->caller_mask);
	status = registry_enter(u->config, &by, &u->place, fail) < 0 ? 125 : run_processes(u, fail);
	registry_leave(&u->place);
	sigprocmask(SIG_SETMASK, &u->caller_mask, NULL);
	return status;
}

static int print_plan(const struct plan *p)
{
	for (unsigned i = 0; i < p->count; i++) {
		op_print(p, &p->ops[i], stdout);
		putchar('\n');
	}
	return 0;
}

static int run_with(const struct session_config *config, enum plan_owners owners, struct fail *fail)
{
	struct plan *plan = plan_make(NULL, config, owners, fail);
	struct userns u = { .config = config,
			    .plan = plan,
			    .points.fd = -1,
			    .user_fd = -1,
			    .place = { -1, -1, -1, 0 },
			    .inner = { -1, -1 } };
	int status;

	if (!plan)
		return ENGINE_UNFIT;
	status = config->dry_run ? print_plan(plan) : run_plan(&u, fail);
	if (u.points.fd >= 0)
		close(u.points.fd);
	talloc_free(plan);
	return status;
}

static int userns_run(const struct session_config *config, struct fail *fail)
{
	return run_with(config, OWNERS_REAL, fail);
}

static int records_run(const struct session_config *config, struct fail *fail)
{
	return run_with(config, OWNERS_RECORDED, fail);
}

const struct engine userns_records_engine = { "userns", records_lack, records_run };
const struct engine userns_engine = { "userns", userns_lacks, userns_run };
