/* SPDX-License-Identifier: MIT */
/*
 * Sessions in the foreground with a terminal of their own, as docker's -t: one is a child's, in
 * a session of the kernel's whose terminal is a new one. We stay at the caller's, pass on what is
 * typed, what is printed and what signals we are sent, and stop and end as the child does. It does
 * not outlive us.
 *
 * With -t alone nothing is read: the caller's terminal stays as it is, and its ^C is a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/attach.h"
#include "engine/sessions/relay.h"

enum { EXIT_OURS = 125, LOOK_AGAIN_MS = 500 };

struct attached {
	struct relay relay;
	bool reads; /* what is typed */
	pid_t child;
	int signals;
};

/* ---- the child ---- */

static _Noreturn void be_child(const struct engine_attach *q, pid_t parent, int terminal,
			       struct fail *fail)
{
	int status = EXIT_OURS;

	/* Gone between fork(2) and here? */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(status);
	if (setsid() < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0 || dup2(terminal, STDIN_FILENO) < 0 ||
	    dup2(terminal, STDOUT_FILENO) < 0 || dup2(terminal, STDERR_FILENO) < 0)
		fail_errno(fail, errno, "cannot make a terminal for the command");
	else
		status = q->run(q->ctx, fail);
	_exit(status);
}

/* ---- signals ---- */

static const int read_ones[] = { SIGTERM, SIGINT,  SIGHUP,  SIGQUIT, SIGWINCH,
				 SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGCHLD };

static int block_signals(sigset_t *ret_before)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(read_ones) / sizeof(read_ones[0]); i++)
		sigaddset(&set, read_ones[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&set, SIGTTOU);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, ret_before);
	return fd;
}

static void stop(struct attached *a)
{
	relay_let_go(&a->relay);
	raise(SIGSTOP);
	relay_resize(&a->relay);
}

static void on_signal(struct attached *a, int sig)
{
	if (sig == SIGWINCH)
		relay_resize(&a->relay); /* by which the kernel tells the command */
	else if (sig == SIGTSTP)
		stop(a);
	else if (sig != SIGCHLD && sig != SIGCONT)
		kill(a->child, sig);
}

/* True: it has ended. Where it is stopped so are we, by whom it is continued. */
static bool look_at_child(struct attached *a, int *ret_status)
{
	while (waitpid(a->child, ret_status, WNOHANG | WUNTRACED) == a->child) {
		if (!WIFSTOPPED(*ret_status))
			return true;
		stop(a);
		kill(a->child, SIGCONT);
	}
	return false;
}

/* ---- all of it ---- */

static int stay(struct attached *a)
{
	struct pollfd p[1 + RELAY_POLLS];
	struct signalfd_siginfo info;
	int status = 0;

	while (!look_at_child(a, &status)) {
		if (a->reads)
			relay_settle(&a->relay);
		p[0] = (struct pollfd){ .fd = a->signals, .events = POLLIN };
		relay_prepare(&a->relay, p + 1);
		/* In the background nobody tells us that we are not any more. */
		if (poll(p, 1 + RELAY_POLLS,
			 a->reads && !a->relay.raw ? LOOK_AGAIN_MS : -1) < 0)
			continue;
		while (p[0].revents && read(a->signals, &info, sizeof(info)) == sizeof(info))
			on_signal(a, (int)info.ssi_signo);
		relay_move(&a->relay, p + 1);
	}
	relay_end(&a->relay);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_child(struct attached *a, const struct engine_attach *q, struct fail *theirs,
		     struct fail *fail)
{
	int terminal = relay_open(&a->relay, fail), status = EXIT_OURS;
	pid_t self = getpid();
	sigset_t before;

	if (terminal < 0)
		return EXIT_OURS;
	a->signals = block_signals(&before);
	a->child = fork();
	if (a->child == 0) {
		close(a->relay.master);
		fd_cleanup(&a->signals);
		sigprocmask(SIG_SETMASK, &before, NULL);
		be_child(q, self, terminal, theirs);
	}
	close(terminal);
	if (q->child_fd >= 0)
		close(q->child_fd);
	if (a->child < 0)
		fail_errno(fail, errno, "cannot fork");
	else
		status = stay(a);
	fd_cleanup(&a->signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

int engine_attach(const struct engine_attach *q, struct fail *fail)
{
	struct attached a = { .reads = q->reads, .signals = -1 };
	struct fail *theirs = mmap(NULL, sizeof(*theirs), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	if (theirs == MAP_FAILED)
		return fail_errno(fail, errno, "cannot share memory"), EXIT_OURS;
	status = run_child(&a, q, theirs, fail);
	if (theirs->text[0])
		*fail = *theirs;
	munmap(theirs, sizeof(*theirs));
	return status;
}
