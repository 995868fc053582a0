/* SPDX-License-Identifier: MIT */
/* --explain: one walk, told step by step. No guest is started. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/ptrace/start.h"
#include "path/canon.h"
#include "path/view.h"
#include "syscall/guestfs.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static void print_step(void *ctx, const char *what, const char *guest, const char *host)
{
	(void)ctx;
	printf("  %-8s %s\n           = %s\n", what, guest, host);
}

static void print_outcome(const struct canon *w, int r)
{
	if (r == 0 && (w->flags & CANON_ERROR))
		r = w->error;
	if (r < 0) {
		printf("error: %s\n", strerror(-r));
		if (w->host.len)
			printf("the kernel finds it at: %s\n", w->host.s);
		return;
	}
	printf("guest: %s\n", w->flags & CANON_OUTSIDE ? "(no name in the guest)" : w->guest.s);
	printf("host:  %s%s\n", w->host.s, w->flags & CANON_MISSING ? "  (does not exist)" : "");
	if (w->bind && w->bind->guest_len > 1)
		printf("bind:  %s on %s%s\n", w->bind->host.s, w->bind->guest.s,
		       w->bind->flags & BIND_RO ? " (ro)" : "");
	if (w->links)
		printf("links followed: %u of 40\n", w->links);
}

int engine_explain(const struct session_config *config, const char *path, struct fail *fail)
{
	struct session *s = session_open(config, fail);
	struct canon_base base = { GPATH(config->cwd ? config->cwd : "/"), HPATH(NULL) };
	struct process *p;
	struct tracee *t;
	struct fs_ops ops = guestfs_ops;
	int r;

	if (!s)
		return 125;
	p = process_new(s, getpid(), NULL); /* what /proc/self means: us */
	t = p ? tracee_new(s, getpid(), p) : NULL;
	if (!t) {
		session_close(s);
		return 125;
	}
	tracee_set_fs(t, s->fs);
	session_walk_as(s, t);
	ops.step = print_step;
	ops.is_plain = NULL; /* no short cut: every turn is to be seen */
	s->walk.ops = &ops;
	printf("%s\n", path);
	r = canon_walk(&s->walk, base, path, CANON_FOLLOW);
	print_outcome(&s->walk, r);
	r = r < 0 || (s->walk.flags & CANON_ERROR);
	session_close(s);
	return r;
}
