/* SPDX-License-Identifier: MIT */
/*
 * pr exec: asks the session, hands its own files over, and stays until the command has ended. All
 * signals that are passed on are blocked and read, from before the command exists.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/engine.h"
#include "engine/sessions/peer.h"
#include "engine/sessions/registry.h"
#include "engine/sessions/relay.h"
#include "engine/sessions/wire.h"

#define AUTO_CLOSE __attribute__((cleanup(fd_cleanup)))

enum { LOOK_AGAIN_MS = 500, GONE = 137 };

struct client {
	int conn, signals;
	bool terminal; /* of the command's own */
	bool begun;    /* it runs; until then signals, and the caller's terminal, are our own */
	bool stopped;  /* the command is, by us */
	struct relay relay;
};

/* ---- finding it ------------------------------------------------------------------------------ */

static const char *names(void *ctx, const struct registry *r)
{
	char *list = talloc_strdup(ctx, r->count ? "" : "none does");

	for (size_t i = 0; list && i < r->count && i < 8; i++) {
		const struct registry_entry *e = &r->entries[i];

		list = talloc_asprintf_append(list, "%s%d%s%s%s", i ? ", " : "", (int)e->pid,
					      e->name ? " (" : "", e->name ? e->name : "",
					      e->name ? ")" : "");
	}
	if (list && r->count > 8)
		list = talloc_strdup_append(list, " and more, see pr ps");
	return list ? list : "";
}

static int refuse(const char *word, int err, struct fail *fail)
{
	if (err == ECONNREFUSED)
		return fail_set(fail, "session '%s' is ending", word);
	if (err == EAGAIN)
		return fail_set(fail, "session '%s' does not answer", word);
	if (err == EPERM)
		return fail_set(fail, "'%s': what answers there is no session of yours", word);
	return fail_errno(fail, err, "cannot reach session '%s'", word), -1;
}

static int reach(const struct registry *r, const struct registry_entry *e)
{
	AUTO_CLOSE int conn = registry_connect(r, e);

	if (conn >= 0 && peer_check_session(conn, e->pid) < 0)
		return -EPERM;
	return fd_take(&conn);
}

/* A connection to the session of that number or name; -1 and why. */
static int find(const char *word, struct fail *fail)
{
	void *ctx = talloc_new(NULL);
	const struct registry_entry *e;
	struct registry r;
	int conn = -1;

	if (registry_read(ctx, &r, fail) == 0) {
		e = registry_find(&r, word);
		conn = e ? reach(&r, e) : -ESRCH;
		if (!e)
			fail_set(fail, "no session '%s' runs (in %s): give one that does: %s", word,
				 r.dir, names(ctx, &r));
		else if (conn < 0)
			refuse(word, -conn, fail);
		if (r.dir_fd >= 0)
			close(r.dir_fd);
	}
	talloc_free(ctx);
	return conn < 0 ? -1 : conn;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* The kind of terminal is the caller's, where it is that the command gets. */
static const char *const *with_terminal(void *ctx, const char *const *edits)
{
	const char *term = getenv("TERM");
	const char **list;
	size_t n = 0;

	while (edits[n])
		n++;
	list = talloc_zero_array(ctx, const char *, n + 2);
	if (!list || !term)
		return edits;
	list[0] = talloc_asprintf(ctx, "+TERM=%s", term);
	if (!list[0])
		return edits;
	for (size_t i = 0; i < n; i++)
		list[i + 1] = edits[i];
	return list;
}

static int put_order(struct client *c, const struct session_config *config,
		     const char *const *edits, int other_end, struct fail *fail)
{
	void *ctx = talloc_new(NULL);
	static const char *const none[] = { NULL };
	const struct order o = {
		.cwd = config->cwd,
		.identity = config->identity,
		.uid = config->uid,
		.gid = config->gid,
		.user = config->user,
		.groups = config->groups,
		.terminal = c->terminal,
		.keep_home = config->keep_home,
		.argv = config->argv ? (const char *const *)config->argv : none,
		.edits = c->terminal ? with_terminal(ctx, edits) : edits,
	};
	int files[WIRE_FILES], r;

	for (int i = 0; i < WIRE_FILES; i++)
		files[i] = c->terminal && isatty(i) ? other_end : i;
	r = wire_put_order(c->conn, &o, files);
	talloc_free(ctx);
	if (r == -EPIPE || r == -ECONNRESET)
		return 0; /* its reply says why */
	return r < 0 ? fail_errno(fail, -r, "cannot ask the session") : 0;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void block_signals(struct client *c)
{
	static const int read_ones[] = { SIGTERM, SIGINT,  SIGHUP,  SIGQUIT, SIGWINCH,
					 SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(read_ones) / sizeof(read_ones[0]); i++)
		sigaddset(&set, read_ones[i]);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&set, SIGTTOU);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void tell(const struct client *c, int sig, bool group)
{
	const struct note n = { .signal = sig, .group = group };

	wire_put_note(c->conn, &n);
}

/* ^Z, or kill -TSTP: with a terminal of its own the command is not what was meant. */
static void stop(struct client *c)
{
	if (!c->terminal)
		tell(c, SIGSTOP, true);
	c->stopped = !c->terminal;
	if (c->terminal)
		relay_let_go(&c->relay);
	raise(SIGSTOP);
}

static void go_on(struct client *c)
{
	if (c->stopped)
		tell(c, SIGCONT, true);
	c->stopped = false;
	if (c->terminal)
		relay_resize(&c->relay);
}

static bool ends_us(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT;
}

/* True: it is the end, with the status in *ret. */
static bool on_signal(struct client *c, const struct signalfd_siginfo *info, struct reply *ret)
{
	int sig = (int)info->ssi_signo;
	bool from_terminal = info->ssi_code > 0;

	if (!c->begun && ends_us(sig)) {
		ret->status = 128 + sig;
		return true;
	}
	if (sig == SIGTSTP)
		stop(c);
	if (sig == SIGTSTP || sig == SIGCONT) {
		go_on(c);
		return false;
	}
	if (sig == SIGWINCH && c->terminal)
		relay_resize(&c->relay);
	if (sig != SIGWINCH || !c->terminal || !from_terminal)
		tell(c, sig, from_terminal);
	return false;
}

/* False: there is more to wait for. Else *ret_r says how the end was told. */
static bool take_reply(struct client *c, struct reply *ret, int *ret_r)
{
	*ret_r = wire_get_reply(c->conn, ret);
	if (*ret_r < 0 || ret->status != WIRE_BEGINS)
		return true;
	c->begun = true;
	return false;
}

static int wait_for_reply(struct client *c, struct reply *ret)
{
	struct pollfd p[2 + RELAY_POLLS];
	struct signalfd_siginfo info;
	int r;

	*ret = (struct reply){ 0 };
	for (;;) {
		if (c->terminal && c->begun)
			relay_settle(&c->relay);
		p[0] = (struct pollfd){ .fd = c->conn, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = c->signals, .events = POLLIN };
		relay_prepare(&c->relay, p + 2);
		if (poll(p, 2 + RELAY_POLLS, c->terminal && !c->relay.raw ? LOOK_AGAIN_MS : -1) < 0)
			continue;
		while (p[1].revents && read(c->signals, &info, sizeof(info)) == sizeof(info))
			if (on_signal(c, &info, ret))
				return 0;
		relay_move(&c->relay, p + 2);
		if (p[0].revents && take_reply(c, ret, &r))
			return r;
	}
}

static int converse(struct client *c, const struct session_config *config, const char *const *edits,
		    struct fail *fail)
{
	int other_end = c->terminal ? relay_open(&c->relay, fail) : -1;
	struct reply reply;
	int r;

	if (c->terminal && other_end < 0)
		return 125;
	block_signals(c);
	r = put_order(c, config, edits, other_end, fail);
	if (other_end >= 0)
		close(other_end);
	if (r < 0)
		return 125;
	r = wait_for_reply(c, &reply);
	if (c->terminal)
		relay_end(&c->relay);
	if (r == 0)
		*fail = reply.fail;
	else
		fail_set(fail, "the session has ended");
	return r == 0 ? reply.status : GONE;
}

/* A standard file that is closed must not become something of ours. */
static void open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	fd_cleanup(&fd);
}

int engine_exec(const struct session_config *config, const char *session, const char *const *edits,
		struct fail *fail)
{
	struct client c = { .signals = -1, .relay.master = -1 };
	int status;

	open_standard_files();
	c.conn = find(session, fail);
	if (c.conn < 0)
		return 125;
	c.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	status = converse(&c, config, edits, fail);
	close(c.conn);
	fd_cleanup(&c.signals);
	return status;
}
