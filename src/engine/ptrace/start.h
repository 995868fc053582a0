/* SPDX-License-Identifier: MIT */
/*
 * The three processes of a session, made in start.c:
 *
 *   front   the one the caller started: keeps its process group, waits, passes signals on
 *     main      the guest's first process, the front's child
 *     tracer    the front's child too, in a session of its own: no signal of a terminal or a
 *               process group reaches it; it dies with the front, and all guests with it
 */
#ifndef PR_ENGINE_PTRACE_START_H
#define PR_ENGINE_PTRACE_START_H

#include <linux/filter.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/command.h"
#include "engine/engine.h"
#include "engine/sessions/serve.h"
#include "engine/ptrace/worker.h"

struct session;

/* Why the main command never became the guest's. */
enum main_step {
	MAIN_RUNS,    /* past its exec, or on the way there */
	MAIN_CONFINE, /* the Landlock ruleset was refused */
	MAIN_FILTER,  /* the seccomp filter was refused */
	MAIN_CWD,
	MAIN_EXEC,
};

/*
 * A process that is nobody's child among the guests, from its fork to its exec: the session's
 * first, and that of each pr exec. Shared memory, written by one side, read by another after it
 * ended or was told.
 */
struct first {
	pid_t pid;
	int seized;	 /* 1, or -errno of PTRACE_SEIZE */
	int listener_fd; /* in it, of the seccomp filter; -1: none */
	enum main_step step;
	int step_errno;
	struct command_tried tried; /* MAIN_EXEC */
};

enum { NEWCOMERS_MAX = 32, NEWCOMER_GROUPS = 128 };

/* In this order, and back: taken by compare and exchange, the rest told by futex. */
enum newcomer_state { NEWCOMER_FREE, NEWCOMER_TAKEN, NEWCOMER_ASKS, NEWCOMER_ANSWERED };

/* One of pr exec's on its way in: newcomer.c. */
struct newcomer {
	_Atomic(unsigned) state;
	struct first first;
	uint32_t uid, gid, groups[NEWCOMER_GROUPS];
	unsigned group_count;
};

/* Shared by all processes of ours. */
struct shared {
	struct first main;
	pid_t worker_tids[WORKERS_MAX]; /* of the tracer's threads; 0: unused */
	struct transit transit;
	struct newcomer newcomers[NEWCOMERS_MAX];
	/* The porter; who took each of the newcomers' places; 0: nobody. Ends with -1. */
	_Atomic(pid_t) helpers[1 + NEWCOMERS_MAX + 1];
};

struct start {
	const struct session_config *config;
	struct session *session;
	struct shared *shared;
	struct first *first; /* who is about to become a guest; main's */
	const char *home;    /* what its HOME is to be, or NULL: as in its environment */
	struct door door;    /* where pr exec comes in */
	struct sock_fprog filter;
	int to_front[2], to_tracer[2], to_main[2]; /* pipes: one byte says go on */
	int landlock_fd;			   /* the ruleset that main enters; -1: none */
	int stops_fd; /* where the front tells of stops, being unable to; -1: it stops */
	pid_t front_pid, tracer_pid;
	int tracer_status; /* how it ended, as of wait(2) */
	sigset_t caller_mask;
};

/* run.c: a session up to the view, without any guest; NULL with the reason in fail. */
struct session *session_open(const struct session_config *config, struct fail *fail);
/* Its end: the private directory goes too. */
void session_close(struct session *s);

/* identity.c: session->identity, with the view built. 0, or -1 with the reason. */
int identity_open(struct session *s, const struct session_config *config, struct fail *fail);

/* front.c: waits for the session's end; the status for the caller. */
int front_wait(struct start *st);

/*
 * porter.c: the front's child that waits for pr exec; made when the first comes, and when the front
 * is about to be stopped. Does nothing while there is one, or where nobody can ask.
 */
void porter_want(struct start *st);
/* It has ended. */
void porter_gone(struct start *st);
/* From now on a signal tells this process, the front, of who comes. */
void porter_watch(struct start *st);
/* The session is over: what is said about its commands' ends is waited for. */
void porter_end(struct start *st);

/* guest.c: the main process, from fork to the guest's exec. Never returns. */
_Noreturn void guest_main(struct start *st);

/* run.c: the filter, once all that it must hide is known. 0, or -1 with the reason. */
int start_build_filter(struct start *st, struct fail *fail);

/* Why it never became a guest, if it did not; it has ended. */
void start_explain(const struct start *st, struct fail *fail);

/* tracer.c: the tracer process. Never returns. */
_Noreturn void tracer_main(struct start *st);

/*
 * newcomer.c, in an attendant: a process for pr exec, seized by the tracer, on its way to exec. The
 * copy of `st` that is it, a child of ctx, or NULL and why; *ret_pid.
 */
struct start *newcomer_start(void *ctx, const struct start *st, const struct session_config *config,
			     bool terminal, pid_t *ret_pid, struct fail *fail);
/* That attendant is gone: its place is free again. */
void newcomer_reap(struct shared *shared, pid_t attendant);
/* Is there one that has not told all yet? */
bool newcomer_is_any(const struct shared *shared);

/* listener.c: takes over descriptor fd of that process, which stands in a stop. */
void listener_take(struct session *s, pid_t pid, int fd);

/*
 * sessiondir.c: a private directory for this session, where programs may be run from. Returns the
 * path, a child of ctx, or NULL with the reason in fail. The directory is ours while *ret_lock
 * stays open.
 */
char *sessiondir_make(void *ctx, int *ret_lock, struct fail *fail);
void sessiondir_remove(const char *dir);
/* Removes those beside it that killed sessions have left: a directory like /tmp may be long. */
void sessiondir_sweep(const char *dir);

#endif
