// SPDX-License-Identifier: MIT
/*
 * What one user's process may do to another's: signals of every kind, to one, to a group and to
 * all; priorities, scheduling, limits, memory. And whose uid a siginfo tells.
 *
 * kind: identity
 */
#include "guest.h"

#include <grp.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open	      434
#define SYS_pidfd_send_signal 424
#endif

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

typedef uid_t ids[3];

static char text[] = "text of the other";

static int become(const ids id)
{
	return setgroups(0, NULL) || setresgid(id[0], id[1], id[2]) ||
			       setresuid(id[0], id[1], id[2])
		       ? -1
		       : 0;
}

static void ignore(int sig)
{
	(void)sig;
}

/* A process that sits there with these ids: its number once it has them. */
static pid_t sitter(const ids id, bool own_session)
{
	int ready[2];
	pid_t pid;
	char byte;

	NEED(pipe(ready) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		signal(SIGUSR1, ignore);
		if (own_session)
			setsid();
		NEED(become(id) == 0);
		prctl(PR_SET_DUMPABLE, 1);
		NEED(write(ready[1], "", 1) == 1);
		for (;;)
			pause();
	}
	NEED(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void signals(pid_t pid)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	int fd = syscall(SYS_pidfd_open, pid, 0);

	SHOW(kill(pid, 0));
	SHOW(kill(pid, SIGUSR1));
	SHOW(kill(pid, 99));
	SHOW(kill(pid, SIGCONT));
	SHOW(syscall(SYS_tkill, pid, SIGUSR1));
	SHOW(syscall(SYS_tgkill, pid, pid, SIGUSR1));
	SHOW(syscall(SYS_tgkill, getpid(), pid, SIGUSR1));
	SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
	SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, pid, SIGUSR1, &info));
	SHOW(syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0));
	close(fd);
}

static void priorities(pid_t pid)
{
	struct sched_param p = { 0 };
	struct rlimit l;
	cpu_set_t cpus;

	errno = 0;
	SHOW(getpriority(PRIO_PROCESS, pid));
	SHOW(setpriority(PRIO_PROCESS, pid, 1));
	SHOW(setpriority(PRIO_PROCESS, pid, 0));
	SHOW(prlimit(pid, RLIMIT_NOFILE, NULL, &l));
	if (geteuid() == 0)
		return; /* then these are the host's root's alone */
	SHOW(syscall(SYS_ioprio_set, 1, pid, 2 << 13 | 5));
	sched_getaffinity(0, sizeof(cpus), &cpus);
	SHOW(sched_setaffinity(pid, sizeof(cpus), &cpus));
	SHOW(sched_setscheduler(pid, SCHED_BATCH, &p));
	SHOW(sched_setscheduler(pid, SCHED_OTHER, &p));
}

static void memory(pid_t pid)
{
	char buf[sizeof(text)] = "";
	struct iovec to = { buf, sizeof(buf) }, from = { text, sizeof(text) };

	SHOW(process_vm_readv(pid, &to, 1, &from, 1, 0));
	printf("  %s\n", buf);
	SHOW(syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0) == 0);
	SHOW(syscall(SYS_get_robust_list, pid, &to, &from));
}

static int act(void *arg)
{
	pid_t pid = *(pid_t *)arg;

	signals(pid);
	priorities(pid);
	memory(pid);
	return 0;
}

struct pair {
	ids by, on;
};

static const struct pair pairs[] = {
	{ { 0, 0, 0 }, { 1000, 1000, 1000 } },
	{ { 1000, 1000, 1000 }, { 0, 0, 0 } },
	{ { 1000, 1000, 1000 }, { 1000, 1000, 1000 } },
	{ { 1000, 1000, 1000 }, { 1001, 1001, 1001 } },
	{ { 1000, 1000, 1000 }, { 1000, 0, 0 } },
	{ { 1000, 1000, 1000 }, { 0, 1000, 0 } },
	{ { 1000, 1000, 1000 }, { 0, 0, 1000 } },
	{ { 1000, 1001, 1000 }, { 1001, 1002, 1002 } },
	{ { 1000, 1001, 1000 }, { 1002, 1002, 1001 } },
	{ { 1000, 1001, 1002 }, { 1002, 1002, 1002 } },
};

struct meeting {
	const struct pair *who;
	pid_t pid;
};

static int act_as(void *arg)
{
	const struct meeting *m = arg;
	pid_t pid = m->pid;

	NEED(become(m->who->by) == 0);
	return act(&pid);
}

static void meet(const struct pair *p, bool own_session)
{
	struct meeting m = { p, sitter(p->on, own_session) };

	printf("%d,%d,%d to %d,%d,%d%s\n", p->by[0], p->by[1], p->by[2], p->on[0], p->on[1],
	       p->on[2], own_session ? " in another session" : "");
	finish("they met", start(act_as, &m));
	end(m.pid);
}

/* ---- groups, and everybody ----------------------------------------------------------------------- */

/* Of their own, so that kill(-1) of one test does not reach another that runs beside it. */
enum { BASE = 20000 + 100 * sizeof(long) };

static volatile sig_atomic_t came;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	came = 100 + (int)info->si_uid;
}

static int ready[2], over[2]; /* a byte from each listener; the end of the file for all of them */

/* Exits with whose signal came until all was over, or 9 where none did. */
static int listener(void *arg)
{
	const struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	const uid_t *id = arg;
	sigset_t set;
	char byte;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	NEED(become((ids){ id[0], id[0], id[0] }) == 0);
	close(over[1]);
	NEED(write(ready[1], "", 1) == 1);
	NEED(read(over[0], &byte, 1) == 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(came == 100 ? 10 : came ? came - 90 - BASE : 9);
}

struct crowd {
	pid_t pid[3];
	uid_t by;
	pid_t target; /* of kill(2): 0 = the group of pid[0] by number */
	int sig;
};

static int kill_them(void *arg)
{
	const struct crowd *g = arg;

	setpgid(0, g->target == 0 ? getpid() : g->pid[0]);
	signal(SIGUSR2, SIG_IGN);
	NEED(become((ids){ g->by, g->by, g->by }) == 0);
	if (g->target == -1)
		SHOW(kill(-1, g->sig));
	else if (g->target == 1)
		SHOW(kill(0, g->sig));
	else
		SHOW_AS(kill(-g->pid[0], g->sig), "kill(-group, %d)", g->sig);
	return 0;
}

static void group(uid_t by, pid_t target, int sig)
{
	static uid_t of[3] = { BASE + 1, BASE + 1, BASE + 2 };
	struct crowd g = { .by = by ? BASE + by : 0, .target = target, .sig = sig };
	char byte;

	NEED(pipe(ready) == 0 && pipe(over) == 0);
	printf("%d sends to %s\n", by, target == -1 ? "all" : target ? "its group" : "a group");
	for (int i = 0; i < 3; i++) {
		g.pid[i] = start(listener, &of[i]);
		setpgid(g.pid[i], g.pid[0]);
	}
	for (int i = 0; i < 3; i++)
		NEED(read(ready[0], &byte, 1) == 1);
	finish("sender", start(kill_them, &g));
	close(over[1]);
	for (int i = 0; i < 3; i++)
		finish("listener", g.pid[i]);
	close(over[0]);
	close(ready[0]);
	close(ready[1]);
}

/* ---- whose uid ------------------------------------------------------------------------------------ */

static int die_as(void *arg)
{
	(void)arg;
	NEED(become((ids){ 77, 78, 79 }) == 0);
	return 3;
}

static int signal_as(void *arg)
{
	(void)arg;
	NEED(setresuid(88, 0, 0) == 0);
	return kill(getppid(), SIGUSR1);
}

static void siginfos(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	siginfo_t info = { 0 };
	sigset_t set;
	pid_t pid;

	came = 0;
	sigaction(SIGUSR1, &sa, NULL);
	pid = start(signal_as, NULL);
	finish("signal", pid);
	printf("handler: uid %d\n", came - 100);
	came = 0;
	sigaction(SIGCHLD, &sa, NULL);
	pid = start(die_as, NULL);
	while (!came)
		nap_ms(1);
	printf("SIGCHLD: uid %d\n", came - 100);
	SHOW(kill(pid, 0));
	SHOW(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	printf("waitid: uid %d status %d %s\n", info.si_uid, info.si_status,
	       info.si_pid == pid ? "ok" : "?");
	info.si_uid = 5;
	SHOW(waitid(P_PID, pid, &info, WEXITED));
	printf("waitid: uid %d\n", info.si_uid);
	SHOW(waitid(P_PID, pid, &info, WEXITED));
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	finish("signal", start(signal_as, NULL));
	SHOW(sigwaitinfo(&set, &info));
	printf("sigwaitinfo: uid %d\n", info.si_uid);
	SHOW(raise(SIGUSR1));
	SHOW(sigwaitinfo(&set, &info));
	printf("sigwaitinfo: uid %d\n", info.si_uid);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int kill_zombie(void *arg)
{
	pid_t pid = *(pid_t *)arg;

	NEED(become((ids){ 1000, 1000, 1000 }) == 0);
	SHOW(kill(pid, 0));
	SHOW(kill(pid, SIGKILL));
	return 0;
}

static int own_zombie(void *arg)
{
	siginfo_t info;
	pid_t pid;

	(void)arg;
	NEED(become((ids){ 1000, 1000, 1000 }) == 0);
	pid = fork();
	if (pid == 0)
		_exit(0);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	SHOW(kill(pid, SIGKILL));
	return 0;
}

static void zombies(void)
{
	pid_t pid = fork();
	siginfo_t info;

	if (pid == 0)
		_exit(0);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	finish("root's zombie", start(kill_zombie, &pid));
	waitpid(pid, NULL, 0);
	finish("one's own zombie", start(own_zombie, NULL));
}

/* ---- by user ---------------------------------------------------------------------------------------- */

static int by_user(void *arg)
{
	pid_t mine = sitter((ids){ 4001, 4001, 4001 }, false),
	      other = sitter((ids){ 4002, 4002, 4002 }, false);
	long priority;

	(void)arg;
	NEED(setresuid(4001, 4001, 0) == 0);
	SHOW(setpriority(PRIO_USER, 0, 3));
	errno = 0;
	SHOW(getpriority(PRIO_PROCESS, mine));
	SHOW(getpriority(PRIO_PROCESS, other));
	SHOW(getpriority(PRIO_PROCESS, 0));
	SHOW(getpriority(PRIO_USER, 0));
	SHOW(getpriority(PRIO_USER, 4002));
	SHOW(getpriority(PRIO_USER, 4003));
	SHOW(setpriority(PRIO_USER, 4002, 4));
	SHOW(setpriority(PRIO_USER, 4003, 4));
	SHOW(getpriority(PRIO_PROCESS, other));
	SHOW(setpriority(7, 0, 0));
	SHOW(getpriority(7, 0));
	SHOW(syscall(SYS_ioprio_set, 3, 0, 2 << 13 | 6)); /* there 0 is root */
	SHOW(syscall(SYS_ioprio_set, 3, 4001, 2 << 13 | 6));
	priority = syscall(SYS_ioprio_get, 1, mine);
	printf("class %ld level %ld\n", priority >> 13, priority & 7);
	priority = syscall(SYS_ioprio_get, 3, 0);
	printf("class %ld level %ld\n", priority >> 13, priority & 7);
	SHOW(syscall(SYS_ioprio_set, 3, 4002, 2 << 13 | 6));
	SHOW(syscall(SYS_ioprio_get, 3, 4003));
	NEED(setresuid(0, 0, 0) == 0);
	SHOW(setpriority(PRIO_USER, 4002, 5));
	SHOW(getpriority(PRIO_USER, 4002));
	end(mine);
	end(other);
	return 0;
}

int main(void)
{
	for (size_t i = 0; i < ROWS(pairs); i++)
		meet(&pairs[i], i % 2 == 1);
	meet(&pairs[3], false);
	group(0, 0, SIGUSR2);
	group(1, 0, SIGUSR2);
	group(2, 0, 0);
	group(3, 0, SIGUSR2);
	group(1, 1, SIGUSR2);
	group(2, -1, SIGUSR2);
	group(3, -1, SIGUSR2);
	siginfos();
	zombies();
	finish("by user", start(by_user, NULL));
	SHOW(kill(999999, 0));
	SHOW(kill(getpid(), 0));
	return 0;
}
