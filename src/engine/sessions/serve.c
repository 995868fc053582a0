/* SPDX-License-Identifier: MIT */
/*
 * An attendant leads a session of its own, blocks every signal, and has nothing open but its
 * connection once the command has its files. It ends when the command's first process does, and
 * never before.
 */
#include "engine/sessions/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/engine.h"
#include "engine/front.h"
#include "engine/sessions/environ.h"
#include "engine/sessions/peer.h"
#include "engine/sessions/serve.h"
#include "engine/sessions/wire.h"

enum { PATIENCE_S = 10, ABOVE_STANDARD = 10 };

void serve_settle(bool terminal)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t none;

	setsid();
	if (terminal)
		ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &by_default, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- while it runs --------------------------------------------------------------------------- */

/* It leads a process group, as the leader of its session. */
static void pass_on(pid_t pid, const struct note *n)
{
	static const int passed[] = { SIGTERM, SIGINT,	SIGHUP,	 SIGQUIT, SIGWINCH,
				      SIGUSR1, SIGUSR2, SIGSTOP, SIGCONT };

	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (n->signal == passed[i])
			kill(n->group ? -pid : pid, n->signal);
}

/* As when a terminal goes: all that have not taken themselves out of it are told. */
static void hang_up(pid_t pid)
{
	kill(-pid, SIGHUP);
	kill(-pid, SIGCONT);
}

static bool take_note(int conn, pid_t pid)
{
	struct note n;

	if (wire_get_note(conn, &n) < 0) {
		hang_up(pid);
		return false;
	}
	pass_on(pid, &n);
	return true;
}

/* Its wait status. */
static int wait_for(pid_t pid, int conn)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = conn, .events = POLLIN } };
	struct signalfd_siginfo info;
	sigset_t child;
	int status;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	p[0].fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (poll(p, 2, p[0].fd < 0 ? 20 : -1) < 0)
			continue;
		if (p[0].revents && read(p[0].fd, &info, sizeof(info)) < 0)
			continue;
		if (p[1].revents && !take_note(conn, pid))
			p[1].fd = -1;
	}
	return status;
}

/* ---- its beginning --------------------------------------------------------------------------- */

/* The front has closed its own standard files, so that any of these may be among them. */
static int raise_above(int fd)
{
	int raised = fd < ABOVE_STANDARD ? fcntl(fd, F_DUPFD_CLOEXEC, ABOVE_STANDARD) : fd;

	if (raised != fd)
		close(fd);
	return raised;
}

static void place_files(int files[WIRE_FILES])
{
	for (int i = 0; i < WIRE_FILES; i++)
		files[i] = raise_above(files[i]);
	for (int i = 0; i < WIRE_FILES; i++) {
		dup2(files[i], i);
		close(files[i]);
	}
}

static void drop_files(void)
{
	for (int i = 0; i < WIRE_FILES; i++)
		close(i);
}

static int make_config(void *ctx, const struct service *s, const struct order *o,
		       struct session_config *ret, struct fail *fail)
{
	*ret = *s->config;
	ret->held_fd = ret->started_fd = 0; /* told of the session's own command */
	ret->argv = o->argv[0] ? (char *const *)(uintptr_t)o->argv : NULL;
	ret->envp = environ_edit(ctx, s->config->envp, o->edits);
	if (!ret->envp)
		return fail_errno(fail, ENOMEM, "environment");
	ret->cwd = o->cwd ? o->cwd : s->config->cwd ? s->config->cwd : "/";
	if (o->identity == IDENTITY_NONE)
		return 0;
	if (s->config->identity == IDENTITY_NONE)
		return fail_set(fail,
				"this session has no other users: start it with -0, -i or --user");
	ret->identity = o->identity;
	ret->uid = o->uid;
	ret->gid = o->gid;
	ret->user = o->user;
	ret->groups = o->groups;
	ret->keep_home = o->keep_home;
	return 0;
}

static void run(void *ctx, int conn, const struct service *s, const struct order *o,
		struct reply *ret)
{
	struct session_config config;
	pid_t pid = -1;

	*ret = (struct reply){ .status = 125 };
	if (make_config(ctx, s, o, &config, &ret->fail) == 0)
		pid = s->start(s->engine, &config, o->terminal, &ret->fail);
	drop_files();
	if (pid < 0)
		return;
	wire_put_reply(conn, &(struct reply){ .status = WIRE_BEGINS });
	ret->status = front_status(wait_for(pid, conn));
	s->explain(s->engine, &ret->fail);
}

static void set_patience(int conn, time_t seconds)
{
	const struct timeval t = { .tv_sec = seconds };

	setsockopt(conn, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

static void refuse(int conn, int err)
{
	struct reply reply = { .status = 125 };

	if (err == -EPERM)
		fail_set(&reply.fail, "the session refuses: who asks must not be traced, nor in "
				      "other namespaces than it was started in");
	else
		fail_errno(&reply.fail, -err, "the session cannot serve this");
	wire_put_reply(conn, &reply);
}

static _Noreturn void attend(int conn, bool is_checked, const struct service *s)
{
	void *ctx = talloc_new(NULL);
	int files[WIRE_FILES], r;
	struct reply reply;
	struct order o;

	setsid();
	signal(SIGCHLD, SIG_DFL);
	conn = raise_above(conn);
	fd_close_others(0, (int[]){ conn, s->keep_fd }, 2);
	set_patience(conn, PATIENCE_S);
	r = is_checked ? 0 : peer_check_client(conn);
	if (r == 0)
		r = wire_get_order(ctx, conn, &o, files);
	set_patience(conn, 0);
	if (r < 0) {
		refuse(conn, r);
		_exit(1);
	}
	place_files(files);
	run(ctx, conn, s, &o, &reply);
	wire_put_reply(conn, &reply);
	_exit(0);
}

/* ---- the door -------------------------------------------------------------------------------- */

union file_message {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int take_passed(int fd)
{
	union file_message with;
	struct iovec iov = { (char[1]){ 0 }, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &with,
			    .msg_controllen = sizeof(with) };
	int conn = -1;

	if (recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&conn, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(conn));
	return conn;
}

static int pass(int conn, int fd)
{
	union file_message with = { .align = { .cmsg_level = SOL_SOCKET,
					       .cmsg_type = SCM_RIGHTS,
					       .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec iov = { (char[1]){ 0 }, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &with,
			    .msg_controllen = sizeof(with) };

	memcpy(CMSG_DATA(&with.align), &conn, sizeof(conn));
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

void serve_waiting(const struct door *d, const struct service *s)
{
	int conn;

	while ((conn = d->inner ? take_passed(d->fd) : accept4(d->fd, NULL, NULL, SOCK_CLOEXEC)) >=
	       0) {
		pid_t pid = fork();

		if (pid == 0)
			attend(conn, d->inner, s);
		if (pid < 0)
			refuse(conn, -errno);
		close(conn);
	}
}

void serve_pass_on(int socket_fd, int inner_fd)
{
	int conn;

	while ((conn = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		int r = peer_check_client(conn);

		if (r == 0)
			r = pass(conn, inner_fd);
		if (r < 0)
			refuse(conn, r);
		close(conn);
	}
}
