/* SPDX-License-Identifier: MIT */
/*
 * The keeper. It writes the id maps that take privileges, tells the front of main's stops, and when
 * main has ended asks what is left to go, a second later makes it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/kernfile.h"
#include "engine/engine.h"
#include "engine/use.h"
#include "engine/userns/net.h"
#include "engine/userns/ops.h"
#include "engine/userns/session.h"

enum { GRACE_MS = 1000, TICK_MS = 20 };

/* ---- descendants ---------------------------------------------------------------------------- */

struct family {
	struct one {
		pid_t pid, parent;
		bool is_ours;
	} * list;
	size_t count;
};

static pid_t parent_of(pid_t pid)
{
	char name[64];
	int parent = 0;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	kernfile_scan(name, "PPid: %d", &parent);
	return parent;
}

static void read_all(struct family *f)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t room = 0;

	while (d && (e = readdir(d))) {
		pid_t pid = atoi(e->d_name);

		if (pid <= 0)
			continue;
		if (f->count == room) {
			struct one *more = realloc(f->list, (room = room * 2 + 64) * sizeof(*more));

			if (!more)
				break;
			f->list = more;
		}
		f->list[f->count++] = (struct one){ .pid = pid, .parent = parent_of(pid) };
	}
	if (d)
		closedir(d);
}

static bool is_in(const struct family *f, pid_t pid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].pid == pid)
			return f->list[i].is_ours;
	return pid == getpid();
}

/* Whose parent is ours is ours, until that finds nobody more. */
static void signal_all(int sig)
{
	struct family f = { .list = NULL };
	bool more = true;

	read_all(&f);
	while (more) {
		more = false;
		for (size_t i = 0; i < f.count; i++) {
			struct one *o = &f.list[i];

			if (o->is_ours || o->pid == getpid())
				continue;
			o->is_ours = o->parent == getpid() || is_in(&f, o->parent);
			more |= o->is_ours;
		}
	}
	for (size_t i = 0; i < f.count; i++)
		if (f.list[i].is_ours)
			kill(f.list[i].pid, sig);
	free(f.list);
}

bool keeper_is_guest(const struct userns *u, pid_t pid)
{
	for (int i = 0; pid > 1 && i < 1000; i++, pid = parent_of(pid))
		if (pid == u->keeper_pid)
			return true;
	return false;
}

/* Orphans become our children: until there is none. */
void keeper_kill_all(void)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };

	while (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD) {
		signal_all(SIGKILL);
		nanosleep(&tick, NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* A child of ours that is not that one, or 0. */
static pid_t child_but(pid_t known)
{
	struct family f = { .list = NULL };
	pid_t found = 0;

	read_all(&f);
	for (size_t i = 0; i < f.count; i++)
		if (f.list[i].parent == getpid() && f.list[i].pid != known)
			found = f.list[i].pid;
	free(f.list);
	return found;
}

/* Is nobody left but who connects the network? */
static bool is_alone(const struct userns *u)
{
	return u->net_pid && !child_but(u->net_pid);
}

/* ---- cleaning up ---------------------------------------------------------------------------- */

/* What main made as the guest's root may lie where only that may remove it. */
void keeper_clean_up(struct userns *u)
{
	pid_t child;

	if (u->points.fd < 0)
		return;
	child = fork();
	if (child == 0) {
		if (u->user_fd >= 0)
			setns(u->user_fd, CLONE_NEWUSER);
		points_end(&u->points);
		_exit(0);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
}

/* ---- waiting -------------------------------------------------------------------------------- */

/* True while there are children. */
static bool reap(struct userns *u)
{
	struct shared *sh = u->shared;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		if (pid != sh->main_pid)
			continue;
		if (WIFSTOPPED(status))
			kill(u->front_pid, SIGSTOP);
		else if (WIFCONTINUED(status))
			kill(u->front_pid, SIGCONT);
		else
			sh->main_ended = true, sh->main_status = status;
	}
	return pid == 0;
}

static void ask_to_go(void)
{
	signal_all(SIGTERM);
	signal_all(SIGCONT);
}

/*
 * An init is not stopped with its command, and may not be: it is process 1. It writes a byte, which
 * comes as SIGIO.
 */
static void watch(struct userns *u)
{
	fcntl(u->stops[0], F_SETOWN, getpid());
	fcntl(u->stops[0], F_SETFL, O_NONBLOCK | O_ASYNC);
	fcntl(u->place.socket_fd, F_SETOWN, getpid());
	join_serve(u); /* who came before that */
}

static void pass_stops(const struct userns *u)
{
	char bytes[16];

	if (read(u->stops[0], bytes, sizeof(bytes)) > 0)
		kill(u->front_pid, SIGSTOP);
}

static void wait_for_end(struct userns *u)
{
	const struct timespec grace = { .tv_sec = GRACE_MS / 1000 };
	bool asked = false;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM); /* the front's death */
	sigaddset(&set, SIGIO);
	watch(u);
	while (reap(u)) {
		if (getppid() != u->front_pid || (u->shared->main_ended && is_alone(u)))
			break;
		if (u->shared->main_ended && !asked && !u->config->wait_leftovers) {
			ask_to_go();
			asked = true;
		} else if (!asked) {
			sigwaitinfo(&set, NULL);
			pass_stops(u);
			if (!u->shared->main_ended)
				join_serve(u);
		} else if (sigtimedwait(&set, NULL, &grace) < 0 && errno == EAGAIN) {
			break;
		}
	}
	keeper_kill_all();
}

/* ---- its life ------------------------------------------------------------------------------- */

static int serve(struct userns *u, char what)
{
	int r;

	if (what == ASK_MAP)
		return idmap_write_for(&u->plan->maps, u->shared->main_pid);
	if (what == ASK_HOLD)
		return points_hold(&u->points), 0;
	r = net_connect(u->shared->main_pid);
	if (r == 0)
		u->net_pid = child_but(u->shared->main_pid);
	return r;
}

/* Until main needs us no more. */
static void serve_main(struct userns *u)
{
	char what;
	int r;

	while (read(u->ask[0], &what, 1) == 1) {
		r = serve(u, what);
		if (write(u->answer[1], &r, sizeof(r)) < 0)
			return;
	}
}

/* Nothing of the caller's stays open in us, and no terminal and no group reaches us. */
static void settle(struct userns *u)
{
	int keep[6 + POINTS_HELD] = { u->points.fd, u->user_fd,	 u->stops[0], u->place.socket_fd,
				      u->inner[0],  use_held() };

	memcpy(keep + 6, u->points.held, sizeof(u->points.held));
	setsid();
	prctl(PR_SET_DUMPABLE, 0);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	fd_close_others(STDERR_FILENO + 1, keep, 6 + u->points.held_count);
}

static void open_user_namespace(struct userns *u)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/ns/user", u->shared->main_pid);
	u->user_fd = u->plan->maps.writer == IDMAP_NONE ? -1 : open(name, O_RDONLY | O_CLOEXEC);
}

_Noreturn void keeper_main(struct userns *u)
{
	struct shared *sh = u->shared;
	pid_t pid;

	u->keeper_pid = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != u->front_pid)
		_exit(1);
	close(u->ready[0]);
	pid = perform_clone(u->plan->ops[0].flags);
	if (pid == 0)
		main_process(u);
	if (pid < 0) {
		sh->error = -pid;
		keeper_clean_up(u);
		_exit(1);
	}
	sh->main_pid = pid;
	close(u->ready[1]);
	close(u->ask[1]);
	open_user_namespace(u);
	serve_main(u);
	settle(u);
	wait_for_end(u);
	keeper_clean_up(u);
	sh->over = true;
	_exit(0);
}
