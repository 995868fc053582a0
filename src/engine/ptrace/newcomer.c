/* SPDX-License-Identifier: MIT */
/*
 * pr exec's side of seize.c, in an attendant: a child of its own that does what the session's first
 * process did, after the tracer was told of it. The tracer sleeps in wait4(2), which an alarm
 * interrupts; one that comes too early is lost, so it is sent until there is an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/ptrace/landlock.h"
#include "engine/ptrace/start.h"
#include "engine/sessions/serve.h"
#include "engine/user.h"
#include "ident/userdb.h"
#include "tracee/session.h"

enum { ASK_AGAIN_MS = 5, PATIENCE = 2000 /* times that */ };

static struct newcomer *place_of(const struct start *st)
{
	return (struct newcomer *)((char *)st->first - offsetof(struct newcomer, first));
}

static void pause_for(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

static struct newcomer *take_place(struct shared *shared)
{
	for (unsigned tries = 0; tries < PATIENCE; tries++) {
		for (unsigned i = 0; i < NEWCOMERS_MAX; i++) {
			unsigned none = NEWCOMER_FREE;
			struct newcomer *n = &shared->newcomers[i];

			if (!atomic_compare_exchange_strong(&n->state, &none, NEWCOMER_TAKEN))
				continue;
			shared->helpers[1 + i] = getpid();
			n->first = (struct first){ .listener_fd = -1 };
			return n;
		}
		pause_for(ASK_AGAIN_MS);
	}
	return NULL;
}

bool newcomer_is_any(const struct shared *shared)
{
	for (unsigned i = 0; i < NEWCOMERS_MAX; i++)
		if (shared->newcomers[i].state != NEWCOMER_FREE)
			return true;
	return false;
}

void newcomer_reap(struct shared *shared, pid_t attendant)
{
	for (unsigned i = 0; i < NEWCOMERS_MAX; i++) {
		struct newcomer *n = &shared->newcomers[i];

		if (n->state == NEWCOMER_FREE || shared->helpers[1 + i] != attendant)
			continue;
		shared->helpers[1 + i] = 0;
		n->state = NEWCOMER_FREE;
	}
}

/* ---- who it is to be ------------------------------------------------------------------------- */

static int set_ids(struct newcomer *n, uint32_t uid, uint32_t gid, const uint32_t *groups,
		   unsigned count, struct fail *fail)
{
	if (count > NEWCOMER_GROUPS)
		return fail_set(fail, "more than %d groups", NEWCOMER_GROUPS);
	n->uid = uid;
	n->gid = gid;
	if (count)
		memcpy(n->groups, groups, count * sizeof(*groups));
	n->group_count = count;
	return 0;
}

/* Whoever the session began as, unless somebody was asked for. */
static int find_ids(struct start *now, const struct session_config *before, struct fail *fail)
{
	const struct identity *id = now->session->identity;
	const struct session_config *c = now->config;
	struct newcomer *n = place_of(now);
	struct userdb_user user;

	if (!id)
		return 0;
	if (c->identity == before->identity && c->user == before->user && c->uid == before->uid &&
	    c->gid == before->gid && c->groups == before->groups)
		return set_ids(n, id->uid, id->gid, id->groups, id->group_count, fail);
	if (user_find(now, c, now->session->view, &now->session->hostfs, &user, fail) < 0)
		return -1;
	now->home = user.home;
	return set_ids(n, user.uid, user.gid, user.groups, user.group_count, fail);
}

/* ---- its way in ------------------------------------------------------------------------------ */

/* 0, or -1: there is no tracer any more. */
static int ask_tracer(struct start *now)
{
	const struct timespec a_while = { .tv_nsec = ASK_AGAIN_MS * 1000000 };
	struct newcomer *n = place_of(now);

	n->state = NEWCOMER_ASKS;
	while (n->state == NEWCOMER_ASKS) {
		if (syscall(SYS_tgkill, now->tracer_pid, now->tracer_pid, SIGALRM) < 0)
			return -1;
		syscall(SYS_futex, &n->state, FUTEX_WAIT, NEWCOMER_ASKS, &a_while, NULL, 0);
	}
	return 0;
}

static pid_t fork_it(struct start *now, bool terminal)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(now->to_tracer[0]);
	close(now->to_main[1]);
	serve_settle(terminal);
	guest_main(now);
}

/*
 * It says that it can be seized, then waits for that. Without it there is only its end to wait for.
 */
static void lead_in(struct start *now)
{
	char byte;

	close(now->to_tracer[1]);
	close(now->to_main[0]);
	if (read(now->to_tracer[0], &byte, 1) == 1) {
		if (ask_tracer(now) < 0)
			now->first->seized = -ECANCELED;
		if (write(now->to_main[1], "", 1) < 0)
			now->first->seized = -EPIPE;
	}
	close(now->to_tracer[0]);
	close(now->to_main[1]);
}

static int prepare(struct start *now, struct fail *fail)
{
	if (now->config->sandbox && !(now->config->debug & DEBUG_NO_LANDLOCK)) {
		now->landlock_fd = landlock_open(now->session, fail);
		if (now->landlock_fd < 0)
			return -1;
	}
	if (pipe2(now->to_tracer, O_CLOEXEC) < 0 || pipe2(now->to_main, O_CLOEXEC) < 0)
		return fail_errno(fail, errno, "cannot start the command");
	return 0;
}

struct start *newcomer_start(void *ctx, const struct start *st, const struct session_config *config,
			     bool terminal, pid_t *ret_pid, struct fail *fail)
{
	struct start *now = talloc_memdup(ctx, st, sizeof(*st));
	struct newcomer *n = now ? take_place(st->shared) : NULL;

	if (!n) {
		fail_set(fail, "too many commands begin at once");
		return NULL;
	}
	now->first = &n->first;
	now->config = config;
	now->landlock_fd = -1;
	if (find_ids(now, st->config, fail) == 0 && prepare(now, fail) == 0) {
		*ret_pid = fork_it(now, terminal);
		if (*ret_pid > 0) {
			fd_cleanup(&now->landlock_fd);
			lead_in(now);
			return now;
		}
		fail_errno(fail, errno, "cannot fork");
	}
	return NULL;
}
