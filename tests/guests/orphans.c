// SPDX-License-Identifier: MIT
/*
 * Who is whose parent: orphans go to the nearest reaper as outside, subreapers work, parent-death
 * signals come from the right parent, daemons detach, pidfds name the right process.
 */
#include "guest.h"

#include <poll.h>
#include <sys/prctl.h>

static volatile sig_atomic_t got;

static void on_signal(int sig)
{
	got = sig;
}

/* Forks, the middle one ends, the last reports through the pipe what it is. */
static void orphan(void (*report)(int fd))
{
	int p[2], line_fd;
	char c[256];
	ssize_t n;
	pid_t pid;

	NEED(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			pid_t first = getppid();

			for (int i = 0; i < 2500 && getppid() == first; i++)
				nap_ms(2);
			report(p[1]);
			_exit(0);
		}
		nap_ms(20);
		_exit(0);
	}
	line_fd = p[0];
	close(p[1]);
	waitpid(pid, NULL, 0);
	while ((n = read(line_fd, c, sizeof(c))) > 0)
		printf("%.*s", (int)n, c);
	close(line_fd);
}

static pid_t reaper;

static void says_parent(int fd)
{
	const char *cage = getenv("CAGE_PID");
	pid_t now = getppid();

	dprintf(fd, "orphan's parent is %s\n",
		now == reaper			? "the subreaper" :
		now == 1			? "init" :
		cage && now == atoi(cage) ? "init" : /* the tests' own reaper */
						  "somebody else");
}

static void subreapers(void)
{
	int on = -1;

	orphan(says_parent);
	SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
	SHOW(prctl(PR_GET_CHILD_SUBREAPER, &on));
	printf("  %d\n", on);
	reaper = getpid();
	orphan(says_parent);
	printf("reaped %s\n", wait(NULL) > 0 ? "it" : err_name(errno));
	SHOW(prctl(PR_SET_CHILD_SUBREAPER, 0));
	reaper = 0;
	orphan(says_parent);
}

static void says_daemon(int fd)
{
	char buf[64];

	SHOW(setsid() > 0);
	NEED(chdir("/tmp") == 0);
	dprintf(fd, "daemon: session %s, group %s, cwd %s, access %d\n",
		getsid(0) == getpid() ? "own" : "another", getpgrp() == getpid() ? "own" : "another",
		getcwd(buf, sizeof(buf)), access("/tmp/f", R_OK));
}

/* The child asks for a signal, the parent dies. */
static void says_death(int fd)
{
	dprintf(fd, "parent-death signal %d\n", got);
}

static void parent_death(void)
{
	int p[2], sig;
	char c[64];
	ssize_t n;
	pid_t pid;

	NEED(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		int ready[2];

		NEED(pipe(ready) == 0);
		if (fork() == 0) {
			signal(SIGUSR1, on_signal);
			prctl(PR_SET_PDEATHSIG, SIGUSR1);
			prctl(PR_GET_PDEATHSIG, &sig);
			dprintf(p[1], "asked for %d\n", sig);
			write(ready[1], "x", 1);
			for (int i = 0; i < 2500 && !got; i++)
				nap_ms(2);
			says_death(p[1]);
			_exit(0);
		}
		read(ready[0], c, 1);
		_exit(0);
	}
	close(p[1]);
	waitpid(pid, NULL, 0);
	while ((n = read(p[0], c, sizeof(c))) > 0)
		printf("%.*s", (int)n, c);
	close(p[0]);
}

static int waits_for_signal(void *arg)
{
	(void)arg;
	pause();
	return 0;
}

static void pidfds(void)
{
	pid_t pid = start(waits_for_signal, NULL);
	int fd = SHOW(syscall(SYS_pidfd_open, pid, 0));
	struct pollfd pf = { .fd = fd, .events = POLLIN };
	siginfo_t info = { 0 };

	SHOW(poll(&pf, 1, 0));
	SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	SHOW(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	SHOW(poll(&pf, 1, 5000));
	SHOW(waitid(P_PIDFD, fd, &info, WEXITED));
	printf("  code %d status %d\n", info.si_code, info.si_status);
	SHOW(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	SHOW(syscall(SYS_pidfd_open, pid, 0));
	SHOW(syscall(SYS_pidfd_open, 0, 0));
	close(fd);
}

static int group_leader_exits(void *arg)
{
	int p[2];
	char c;

	(void)arg;
	setpgid(0, 0);
	NEED(pipe(p) == 0);
	if (fork() == 0) {
		signal(SIGHUP, on_signal);
		close(p[1]);
		write(1, "", 0);
		raise(SIGSTOP);
		_exit(0);
	}
	close(p[0]);
	read(p[0], &c, 0);
	nap_ms(50);
	return 0;
}

int main(void)
{
	make_file("/tmp/f", "f");
	subreapers();
	orphan(says_daemon);
	parent_death();
	pidfds();
	finish("leader of a group with a stopped child", start(group_leader_exits, NULL));
	SHOW(getppid() > 0);
	SHOW(getpgrp() > 0);
	return 0;
}
