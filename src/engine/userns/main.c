/* SPDX-License-Identifier: MIT */
/* The main process: carries the plan out, tells the front, becomes the guest's first program. */
#include <errno.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/command.h"
#include "engine/engine.h"
#include "engine/userns/ops.h"
#include "engine/userns/session.h"

static int run_command(struct userns *u)
{
	struct shared *sh = u->shared;

	sigprocmask(SIG_SETMASK, &u->caller_mask, NULL);
	sh->phase = PHASE_EXEC;
	sh->error = command_exec(u->config, u->plan->user.home, &sh->tried_path);
	return command_status(sh->error);
}

static int set_up(struct userns *u)
{
	struct setup s = {
		.plan = u->plan,
		.points = &u->points,
		.taken = talloc_zero_array(NULL, int, u->plan->slots),
		.ask = u->ask[1],
		.answer = u->answer[0],
	};
	int r = s.taken ? perform_all(&s, 1, &u->shared->failed) : -ENOMEM;

	talloc_free(s.taken);
	return r;
}

_Noreturn void main_process(struct userns *u)
{
	struct shared *sh = u->shared;
	char *caller_cwd = getcwd(NULL, 0);
	bool init = u->config->init || ((u->config->own & OWN_PID) && u->config->wait_leftovers);
	int r;

	close(u->ask[0]);
	close(u->answer[1]);
	r = set_up(u);
	if (r < 0) {
		sh->error = -r;
		_exit(125);
	}
	close(u->ask[1]);
	sh->phase = PHASE_ENTER;
	if (write(u->ready[1], "", 1) != 1)
		_exit(125);
	close(u->ready[1]);
	r = command_enter(u->config, caller_cwd);
	if (r < 0) {
		sh->error = -r;
		_exit(125);
	}
	_exit(init ? init_run(u, run_command) : run_command(u));
}
