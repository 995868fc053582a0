/* SPDX-License-Identifier: MIT */
/* The child has a time limit: a call that hangs is found as well as one that is refused. */
#include "engine/doctor/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/doctor/probes.h"
#include "engine/userns/ops.h"

enum {
	LIMIT_SECONDS = 20,
	/* Exit status of a child: 0, TRIAL_SAID, or this and error is filled in. */
	STATUS_ERRNO = 2,
};

int trial_step(struct trial *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->step, sizeof(t->step), format, args);
	va_end(args);
	return 0;
}

int trial_say(struct trial *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->detail, sizeof(t->detail), format, args);
	va_end(args);
	return TRIAL_SAID;
}

/* Guests and helpers of a trial have nothing to say, and nothing to read. */
static void be_silent(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		null = memfd_create("null", MFD_CLOEXEC);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}

static _Noreturn void end_with(struct trial *t, int r)
{
	t->error = r < 0 ? -r : 0;
	_exit(r < 0 ? STATUS_ERRNO : r);
}

/* What the child's end says, as its function would have. */
static int result_of(struct trial *t, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
		/* A filter's RET_TRAP or RET_KILL: Android's, some containers'. */
		return -ENOSYS;
	}
	if (WIFSIGNALED(status))
		return trial_say(t, "ended by signal %d (%s)", WTERMSIG(status),
				 strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status) == STATUS_ERRNO ? -t->error : WEXITSTATUS(status);
}

pid_t trial_start(struct trial *t, unsigned long namespaces, int (*inside)(struct trial *t))
{
	pid_t pid = perform_clone(namespaces);

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	end_with(t, inside(t));
}

int trial_finish(struct trial *t, pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) < 0 ? -errno : result_of(t, status);
}

int trial_child(struct trial *t, unsigned long namespaces, int (*inside)(struct trial *t))
{
	pid_t pid = trial_start(t, namespaces, inside);

	return pid < 0 ? pid : trial_finish(t, pid);
}

static _Noreturn void child_main(struct trial *t, const sigset_t *mask)
{
	const struct rlimit none = { 0, 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	setrlimit(RLIMIT_CORE, &none);
	be_silent();
	end_with(t, t->probe->run(t));
}

/* With SIGCHLD blocked. */
static int wait_for(struct trial *t, pid_t pid)
{
	const struct timespec limit = { .tv_sec = LIMIT_SECONDS };
	sigset_t set;
	int status;
	pid_t got;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while ((got = waitpid(pid, &status, WNOHANG)) == 0) {
		if (sigtimedwait(&set, NULL, &limit) < 0 && errno == EAGAIN) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -ETIMEDOUT;
		}
	}
	return got < 0 ? -errno : result_of(t, status);
}

static int run_child(struct trial *t)
{
	sigset_t set, before;
	pid_t pid;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &before);
	pid = fork();
	if (pid == 0)
		child_main(t, &before);
	r = pid < 0 ? -errno : wait_for(t, pid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

void trial_run(struct trial *t)
{
	struct trial *shared = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (shared == MAP_FAILED) {
		trial_say(t, "no memory");
		t->outcome = OUTCOME_FAILED;
		return;
	}
	*shared = *t;
	r = run_child(shared);
	*t = *shared;
	munmap(shared, sizeof(*shared));
	t->outcome = r == 0 ? OUTCOME_OK : OUTCOME_FAILED;
	t->error = r < 0 ? -r : 0;
}
