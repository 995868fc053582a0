/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2) as a session needs it: the tracer is no ancestor of who is traced, and named to Yama.
 * Here the trial's own process is traced, by a child of it, which also says what came of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/doctor/probes.h"
#include "engine/doctor/trial.h"
#include "engine/features.h"

#define SET_SYSCALL_INFO 0x4212 /* PTRACE_SET_SYSCALL_INFO, Linux 6.16 */

/* What the filter says of the one call that it stops. */
enum { COOKIE = 0x5a5a };

static struct tracing {
	pid_t traced;
	int call[2], go[2]; /* pipes: take me; you are taken */
	bool by_filter;	    /* the stop to be reached; else PTRACE_INTERRUPT's */
	int (*look)(struct trial *t); /* in the tracer, at the stop; or NULL */
} tracing;

static volatile char mark; /* 1 in the traced process */

/* ---- the tracer ---- */

static int wait_stop(struct trial *t, int event)
{
	int status;

	if (waitpid(tracing.traced, &status, __WALL) < 0)
		return -errno;
	if (!WIFSTOPPED(status) || status >> 16 != event)
		return trial_say(t, "a stop of another kind came: %#x", (unsigned)status);
	return 0;
}

static int stop_by_filter(struct trial *t)
{
	unsigned long data = 0;
	int r;

	if (write(tracing.go[1], "", 1) != 1)
		return -errno;
	r = wait_stop(t, PTRACE_EVENT_SECCOMP);
	if (r != 0)
		return r;
	if (ptrace(PTRACE_GETEVENTMSG, tracing.traced, 0, &data) < 0)
		return -errno;
	return data == COOKIE ? 0 : trial_say(t, "the filter's data is %#lx", data);
}

static int stop_by_interrupt(struct trial *t)
{
	trial_step(t, "PTRACE_INTERRUPT");
	if (ptrace(PTRACE_INTERRUPT, tracing.traced, 0, 0) < 0)
		return -errno;
	return wait_stop(t, PTRACE_EVENT_STOP);
}

/* Letting go of it is our end's doing. */
static int tracer(struct trial *t)
{
	char byte;
	int r;

	close(tracing.call[1]);
	if (read(tracing.call[0], &byte, 1) != 1)
		return -EPIPE;
	trial_step(t, "PTRACE_SEIZE of another process of ours");
	if (ptrace(PTRACE_SEIZE, tracing.traced, 0, PTRACE_O_TRACESECCOMP) < 0)
		return -errno;
	r = tracing.by_filter ? stop_by_filter(t) : stop_by_interrupt(t);
	return r == 0 && tracing.look ? tracing.look(t) : r;
}

/* ---- the traced ---- */

static int install_filter(struct trial *t)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | COOKIE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = { sizeof(f) / sizeof(*f), f };

	trial_step(t, "set no_new_privs");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	trial_step(t, "install a seccomp filter");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		return -errno;
	trial_step(t, "have the filter stop a call for the tracer");
	return 0;
}

/* The tracer's end lets the call go on. */
static int be_stopped(struct trial *t)
{
	char byte;
	int r;

	if (write(tracing.call[1], "", 1) != 1 || read(tracing.go[0], &byte, 1) != 1)
		return 0; /* its part is over, or there is no more to it: it says so itself */
	r = install_filter(t);
	if (r == 0)
		syscall(SYS_getppid);
	return r;
}

static int trace(struct trial *t, bool by_filter, int (*look)(struct trial *t))
{
	pid_t pid;
	int r;

	tracing = (struct tracing){ .traced = getpid(), .by_filter = by_filter, .look = look };
	if (pipe2(tracing.call, O_CLOEXEC) < 0 || pipe2(tracing.go, O_CLOEXEC) < 0)
		return -errno;
	pid = trial_start(t, 0, tracer);
	if (pid < 0)
		return pid;
	mark = 1;
	close(tracing.go[1]);
	prctl(PR_SET_PTRACER, pid, 0, 0, 0); /* Yama; elsewhere EINVAL */
	r = be_stopped(t);
	if (r < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return r;
	}
	return trial_finish(t, pid);
}

int try_ptrace(struct trial *t)
{
	return trace(t, false, NULL);
}

int try_seccomp(struct trial *t)
{
	int r;

	trial_step(t, "ask for SECCOMP_RET_TRACE");
	r = feature_seccomp();
	return r < 0 ? r : trace(t, true, NULL);
}

/* ---- what is asked at a stop ---- */

static int get_info(struct trial *t, struct __ptrace_syscall_info *ret)
{
	trial_step(t, "PTRACE_GET_SYSCALL_INFO");
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracing.traced, sizeof(*ret), ret) < 0)
		return -errno;
	if (ret->op != PTRACE_SYSCALL_INFO_SECCOMP || ret->seccomp.nr != SYS_getppid)
		return trial_say(t, "it tells of another call");
	return 0;
}

static int look_get(struct trial *t)
{
	struct __ptrace_syscall_info info;

	return get_info(t, &info);
}

static int look_set(struct trial *t)
{
	struct __ptrace_syscall_info info;
	int r = get_info(t, &info);

	if (r != 0)
		return r;
	trial_step(t, "PTRACE_SET_SYSCALL_INFO");
	return ptrace(SET_SYSCALL_INFO, tracing.traced, sizeof(info), &info) < 0 ? -errno : 0;
}

int try_syscall_info(struct trial *t)
{
	return trace(t, true, look_get);
}

int try_set_syscall_info(struct trial *t)
{
	return trace(t, true, look_set);
}

static int look_memory(struct trial *t)
{
	char seen = 0;
	struct iovec to = { &seen, 1 }, from = { (void *)(uintptr_t)&mark, 1 };

	trial_step(t, "process_vm_readv of a traced process");
	if (process_vm_readv(tracing.traced, &to, 1, &from, 1, 0) < 0)
		return -errno;
	return seen == 1 ? 0 : trial_say(t, "another process's memory was read");
}

int try_process_vm(struct trial *t)
{
	int r;

	trial_step(t, "process_vm_readv");
	r = feature_process_vm();
	return r < 0 ? r : trace(t, false, look_memory);
}
