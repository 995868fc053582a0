// SPDX-License-Identifier: MIT
/*
 * P1: the tracer itself as the target: signals by every call, ptrace, its memory and descriptors, its
 * limits, priorities and affinity, its entry in /proc.
 */
#include "probe.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

static int target;

#define TRY(id, call)                                  \
	static int id(void *arg)                       \
	{                                              \
		(void)arg;                             \
		return (call) >= 0 ? ESCAPED : HELD;   \
	}

static siginfo_t queued;
static struct rlimit limit = { 1024, 1024 };
static char buf[4096];

static int open_proc(const char *what, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/%s", target, what);
	return open(name, flags);
}

static int vm_call(int nr)
{
	struct iovec here = { buf, 16 }, there = { (void *)0x400000, 16 };
	long r = syscall(nr, target, &here, 1, &there, 1, 0);

	/* EFAULT would mean that only the address was wrong. */
	return r >= 0 || errno == EFAULT ? 0 : -1;
}

static int by_owner(int cmd, int sig)
{
	int pair[2];

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	(void)sig;
	return fcntl(pair[0], cmd, target);
}

static int by_timer(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGURG };
	timer_t t;

	e._sigev_un._tid = target;
	return timer_create(CLOCK_MONOTONIC, &e, &t);
}

static int by_pidfd(int how)
{
	int fd = syscall(SYS_pidfd_open, target, 0);

	if (fd < 0)
		return -1;
	if (how == 0)
		return 0;
	if (how == 1)
		return syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
	for (int i = 0; i < 64; i++)
		if (syscall(SYS_pidfd_getfd, fd, i, 0) >= 0)
			return 0;
	return -1;
}

static int new_limit(void)
{
	return syscall(SYS_prlimit64, target, RLIMIT_NOFILE, NULL, &limit);
}

static int queue(int nr)
{
	queued.si_signo = SIGURG;
	queued.si_code = SI_QUEUE;
	if (nr == SYS_rt_sigqueueinfo)
		return syscall(nr, target, 0, &queued);
	return syscall(nr, target, target, 0, &queued);
}

TRY(t_kill, kill(target, SIGURG))
TRY(t_tkill, syscall(SYS_tkill, target, SIGURG))
TRY(t_tgkill, syscall(SYS_tgkill, target, target, SIGURG))
/* A group that the front leads is ours as well. */
TRY(t_group, getpgrp() == target ? -1 : kill(-target, SIGURG))
TRY(t_queue, queue(SYS_rt_sigqueueinfo))
TRY(t_tqueue, queue(SYS_rt_tgsigqueueinfo))
TRY(t_setown, by_owner(F_SETOWN, SIGURG))
TRY(t_setown_group, (target = -target, by_owner(F_SETOWN, SIGURG)))
TRY(t_timer, by_timer())
TRY(t_pidfd, by_pidfd(0))
TRY(t_pidfd_signal, by_pidfd(1))
TRY(t_pidfd_getfd, by_pidfd(2))
TRY(t_attach, ptrace(PTRACE_ATTACH, target, 0, 0))
TRY(t_seize, ptrace(PTRACE_SEIZE, target, 0, 0))
TRY(t_readv, vm_call(SYS_process_vm_readv))
TRY(t_writev, vm_call(SYS_process_vm_writev))
TRY(t_mem, open_proc("mem", O_RDONLY))
TRY(t_mem_w, open_proc("mem", O_RDWR))
TRY(t_environ, open_proc("environ", O_RDONLY))
TRY(t_maps, open_proc("maps", O_RDONLY))
TRY(t_exe, open_proc("exe", O_PATH))
TRY(t_root, open_proc("root", O_PATH))
TRY(t_cwd, open_proc("cwd", O_PATH))
TRY(t_fd, open_proc("fd", O_RDONLY))
TRY(t_fd0, open_proc("fd/0", O_RDONLY))
TRY(t_status, open_proc("status", O_RDONLY))
TRY(t_oom, open_proc("oom_score_adj", O_WRONLY))
TRY(t_comm, open_proc("comm", O_WRONLY))
TRY(t_dir, open_proc("", O_RDONLY))
TRY(t_limit, new_limit())
TRY(t_affinity, sched_setaffinity(target, sizeof(buf), (void *)memset(buf, 0xff, sizeof(buf))))
TRY(t_priority, setpriority(PRIO_PROCESS, target, 19))
TRY(t_scheduler, sched_setscheduler(target, SCHED_IDLE, &(struct sched_param){ 0 }))
TRY(t_ioprio, syscall(SYS_ioprio_set, 1, target, 0))
TRY(t_setpgid, setpgid(target, 0))
TRY(t_kcmp, syscall(SYS_kcmp, getpid(), target, 0, 0, 0))
TRY(t_perf, syscall(SYS_perf_event_open, (unsigned[32]){ 1, 128 }, target, -1, -1, 0))
TRY(t_move_pages, syscall(SYS_move_pages, target, 0, NULL, NULL, NULL, 0))
TRY(t_robust, syscall(SYS_get_robust_list, target, buf, buf + 64))

static const struct {
	const char *name;
	int (*fn)(void *);
} all[] = {
	{ "kill", t_kill }, { "tkill", t_tkill }, { "tgkill", t_tgkill },
	{ "kill the group", t_group }, { "rt_sigqueueinfo", t_queue }, { "rt_tgsigqueueinfo", t_tqueue },
	{ "F_SETOWN", t_setown }, { "F_SETOWN of the group", t_setown_group }, { "timer", t_timer },
	{ "pidfd_open", t_pidfd }, { "pidfd_send_signal", t_pidfd_signal },
	{ "pidfd_getfd", t_pidfd_getfd }, { "PTRACE_ATTACH", t_attach }, { "PTRACE_SEIZE", t_seize },
	{ "process_vm_readv", t_readv }, { "process_vm_writev", t_writev }, { "mem", t_mem },
	{ "mem for writing", t_mem_w }, { "environ", t_environ }, { "maps", t_maps }, { "exe", t_exe },
	{ "root", t_root }, { "cwd", t_cwd }, { "fd", t_fd }, { "fd/0", t_fd0 }, { "status", t_status },
	{ "oom_score_adj", t_oom }, { "comm", t_comm }, { "its directory", t_dir },
	{ "prlimit", t_limit }, { "sched_setaffinity", t_affinity }, { "setpriority", t_priority },
	{ "sched_setscheduler", t_scheduler }, { "ioprio_set", t_ioprio }, { "setpgid", t_setpgid },
	{ "kcmp", t_kcmp }, { "perf_event_open", t_perf }, { "move_pages", t_move_pages },
	{ "get_robust_list", t_robust },
};

/* Signals to everybody reach every guest, and nobody else. */
static int kill_all(void *arg)
{
	(void)arg;
	signal(SIGURG, SIG_DFL);
	kill(-1, SIGCONT);
	kill(0, SIGCONT);
	return HELD;
}

static int listed(void *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	(void)arg;
	while (dir && (e = readdir(dir)))
		if (atoi(e->d_name) == target)
			return ESCAPED;
	return HELD;
}

int main(int argc, char **argv)
{
	char name[96];

	probe_init(argc, argv);
	for (int i = 0; i < target_count; i++) {
		target = targets[i];
		for (size_t j = 0; j < sizeof(all) / sizeof(*all); j++) {
			snprintf(name, sizeof(name), "%s of process %d of pr", all[j].name, i);
			probe(name, all[j].fn, NULL);
		}
		snprintf(name, sizeof(name), "process %d of pr in the listing of /proc", i);
		probe(name, listed, NULL);
	}
	probe("kill everybody", kill_all, NULL);
	return finish_probes();
}
