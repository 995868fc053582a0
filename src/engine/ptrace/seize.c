/* SPDX-License-Identifier: MIT */
/*
 * How a process that no guest has made becomes one: the session's first, before there is any other,
 * and those of pr exec, which a tick of the first worker finds waiting in shared memory.
 *
 * They stand in the view of the session's first process, at its "/", with the ids that were asked
 * for. Once that process is gone the session is ending, and nobody is let in any more.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/ptrace/loop.h"
#include "engine/ptrace/start.h"
#include "engine/ptrace/worker.h"
#include "ident/cred.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"
#include "tracee/uts.h"

struct tracee *seize_prepare(struct session *s, pid_t pid, struct fs *fs)
{
	struct process *p = process_new(s, pid, NULL);
	struct tracee *t = p ? tracee_new(s, pid, p) : NULL;
	struct mm *mm = mm_new(s);

	if (!t || !mm)
		return NULL;
	tracee_set_mm(t, mm);
	tracee_set_fs(t, fs);
	tracee_set_uts(t, s->uts);
	t->phase = PHASE_RUN;
	t->begun = true;
	return t;
}

int seize(struct tracee *t, struct worker *w)
{
	bool has_seccomp = tracee_session(t)->has & HAS_SECCOMP;
	int r = 0;

	t->worker = w;
	if (ptrace(PTRACE_SEIZE, t->tid, 0, loop_ptrace_options) < 0)
		r = -errno;
	else if (!has_seccomp && ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		tracee_free(t);
	return r;
}

static int take_cred(struct tracee *t, const struct newcomer *n)
{
	const struct identity *id = tracee_session(t)->identity;

	if (!id)
		return 0;
	t->cred = cred_new(t, n->uid, n->gid, &id->limits);
	return t->cred ? cred_setgroups(t->cred, n->groups, n->group_count) : -ENOMEM;
}

static int let_in(struct worker *w, struct newcomer *n)
{
	struct session *s = w->session;
	const struct tracee *main = tracee_find(s, s->main_pid);
	struct tracee *t;
	struct fs *fs;
	int r;

	if (!main || s->kill_at_ms)
		return -ECANCELED;
	fs = fs_new(s, main->fs->view);
	t = fs ? seize_prepare(s, n->first.pid, fs) : NULL;
	if (!t)
		return -ENOMEM;
	fs->umask = s->fs->umask;
	r = take_cred(t, n);
	if (r < 0) {
		tracee_free(t);
		return r;
	}
	t->process->domain = ++s->serial;
	t->listener_fd = s->has & HAS_SECCOMP ? &n->first.listener_fd : NULL;
	r = seize(t, w);
	if (r == 0)
		w->idle = false;
	return r;
}

void seize_newcomers(struct worker *w)
{
	struct newcomer *all = w->session->newcomers;

	for (unsigned i = 0; all && i < NEWCOMERS_MAX; i++) {
		struct newcomer *n = &all[i];
		int r;

		if (n->state != NEWCOMER_ASKS)
			continue;
		r = let_in(w, n);
		n->first.seized = r < 0 ? r : 1;
		n->state = NEWCOMER_ANSWERED;
		syscall(SYS_futex, &n->state, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	}
}
