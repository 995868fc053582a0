/* SPDX-License-Identifier: MIT */
/*
 * The main process between fork and the guest's first exec. From the moment the filter stands, its
 * calls are a guest's: names are guest names, and the search in PATH happens in the guest's view.
 *
 * Runs with what it inherited: descriptors, mask and dispositions are the caller's.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/command.h"
#include "engine/ptrace/landlock.h"
#include "engine/ptrace/start.h"
#include "tracee/session.h"

static _Noreturn void give_up(struct start *st, enum main_step step, int err)
{
	st->first->step_errno = err;
	st->first->step = step;
	_exit(step == MAIN_EXEC ? command_status(st->config, err, &st->first->tried) : 125);
}

/*
 * Before the tracer has us: without seccomp it would take these calls for a guest's, and
 * no_new_privs for its wish.
 */
static void confine(struct start *st)
{
	int r = st->landlock_fd < 0 ? 0 : landlock_enter(st->landlock_fd);

	/* The guest's root needs none for a filter of its own; the kernel's root is not here. */
	if (st->session->identity && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		give_up(st, MAIN_CONFINE, -r);
}

/*
 * The filter's listener is taken though nothing is ever notified: a process has but one, so the
 * kernel answers EBUSY to a guest that wants to decide over calls past us.
 */
static void install_filter(struct start *st)
{
	long fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		give_up(st, MAIN_FILTER, errno);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &st->filter);
	if (fd < 0 && errno == EINVAL) /* before Linux 5.0 */
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &st->filter) < 0 ? -1 : -2;
	if (fd == -1)
		give_up(st, MAIN_FILTER, errno);
	st->first->listener_fd = (int)fd;
}

_Noreturn void guest_main(struct start *st)
{
	char *caller_cwd = st->config->cwd ? NULL : getcwd(NULL, 0);
	char byte;
	int r;

	prctl(PR_SET_PTRACER, st->tracer_pid, 0, 0, 0); /* Yama; elsewhere EINVAL */
	confine(st);
	/* A child of an attendant, which is not; only now, when a guest is held out by Landlock. */
	if (st->first != &st->shared->main)
		prctl(PR_SET_DUMPABLE, 1);
	st->first->pid = getpid();
	if (write(st->to_tracer[1], "", 1) != 1 || read(st->to_main[0], &byte, 1) != 1 ||
	    st->first->seized != 1)
		_exit(125);
	if (st->session->has & HAS_SECCOMP)
		install_filter(st);
	r = command_enter(st->config, caller_cwd);
	if (r < 0)
		give_up(st, MAIN_CWD, -r);
	r = command_exec(st->config, st->home, &st->first->tried);
	give_up(st, MAIN_EXEC, r);
}
