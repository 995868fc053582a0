/* SPDX-License-Identifier: MIT */
/* The main process: carries the plan out, tells the front, becomes the guest's first program. */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/choice.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/ptrace/traced.h"
#include "engine/userns/ops.h"
#include "engine/userns/session.h"

static int run_command(struct userns *u)
{
	struct shared *sh = u->shared;

	sigprocmask(SIG_SETMASK, &u->caller_mask, NULL);
	sh->phase = PHASE_EXEC;
	sh->error = command_exec(u->config, u->plan->user.home, &sh->tried);
	return command_status(u->config, sh->error, &sh->tried);
}

static int set_up(struct userns *u, struct session **ret_traced)
{
	struct setup s = {
		.plan = u->plan,
		.points = &u->points,
		.taken = talloc_zero_array(NULL, int, u->plan->slots),
		.ask = u->ask[1],
		.answer = u->answer[0],
		.why = &u->shared->why,
	};
	int r = s.taken ? perform_all(&s, 1, &u->shared->failed) : -ENOMEM;

	talloc_free(s.taken);
	*ret_traced = s.traced;
	return r;
}

bool main_is_init(const struct userns *u)
{
	const struct session_config *c = u->config;

	if (u->plan->traced)
		return c->own & OWN_PID;
	return c->init || ((c->own & OWN_PID) && c->wait_leftovers);
}

/* Orphans are reaped by who is the first in a pid namespace, or is asked to. */
static int run_traced(struct userns *u, struct session *session)
{
	const struct session_config *c = u->config;
	const struct traced traced = {
		.config = c,
		.session = session,
		.caller_mask = u->caller_mask,
		.stops_fd = main_is_init(u) ? u->stops[1] : -1,
		.door = { .fd = u->inner[1], .inner = true, .keep = { -1, -1 } },
	};
	int status;

	u->shared->phase = PHASE_TRACED;
	if (c->init)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	status = traced_run(&traced, &u->shared->why);
	if (status != ENGINE_REFUSED)
		return status;
	u->shared->phase = PHASE_REFUSED;
	return 125;
}

static int run_kernels(struct userns *u, const char *caller_cwd)
{
	const struct session_config *c = u->config;
	int r = command_enter(c, caller_cwd);

	if (r < 0) {
		u->shared->error = -r;
		return 125;
	}
	return main_is_init(u) ? init_run(u, run_command) : run_command(u);
}

_Noreturn void main_process(struct userns *u)
{
	struct shared *sh = u->shared;
	char *caller_cwd = getcwd(NULL, 0);
	struct session *traced;
	int r;

	close(u->ask[0]);
	close(u->answer[1]);
	r = set_up(u, &traced);
	if (r < 0) {
		sh->error = -r;
		_exit(125);
	}
	close(u->ask[1]);
	sh->phase = PHASE_ENTER;
	if (write(u->ready[1], "", 1) != 1)
		_exit(125);
	close(u->ready[1]);
	_exit(traced ? run_traced(u, traced) : run_kernels(u, caller_cwd));
}
