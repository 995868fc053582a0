// SPDX-License-Identifier: MIT
/*
 * Interrupted system calls: open of a FIFO and others restarted after a handler with SA_RESTART, EINTR
 * without; handlers that make path calls themselves or leave by longjmp; sleeps across SIGSTOP.
 *
 * arch: 64 32 dyn dyn32
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <poll.h>
#include <setjmp.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>

static const char *const fifo = "/mnt/data/fifo";
static volatile sig_atomic_t handled;
static sigjmp_buf escape;

static void on_plain(int sig)
{
	handled += sig > 0;
}

static void on_opens(int sig)
{
	int saved = errno, fd = open("/mnt/data/../data/file", O_RDONLY);
	struct stat st;
	char buf[64];

	handled += fd >= 0 && stat("/tmp", &st) == 0 && getcwd(buf, sizeof(buf)) && sig;
	close(fd);
	errno = saved;
}

static void on_jump(int sig)
{
	handled += sig > 0;
	siglongjmp(escape, 1);
}

static void handle(void (*fn)(int), int flags)
{
	struct sigaction act = { .sa_handler = fn, .sa_flags = flags };

	NEED(sigaction(SIGUSR1, &act, NULL) == 0);
	handled = 0;
}

/* Signals its parent `times` times while the parent sleeps in a call, then opens the fifo's other end. */
static pid_t pester(int times, int open_flags)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	for (int i = 0; i < times; i++) {
		wait_state(parent, "S");
		nap_ms(5);
		kill(parent, SIGUSR1);
	}
	wait_state(parent, "S");
	nap_ms(5);
	if (open_flags >= 0)
		close(open(fifo, open_flags));
	_exit(0);
}

static void open_fifo(const char *what, void (*fn)(int), int flags, int open_flags)
{
	pid_t pid;
	int fd;

	handle(fn, flags);
	pid = pester(flags & SA_RESTART ? 3 : 1, flags & SA_RESTART ? open_flags ^ O_WRONLY : -1);
	fd = SHOW_AS(open(fifo, open_flags), "open fifo %s", what);
	printf("  handled %d\n", handled);
	finish("  helper", pid);
	if (fd >= 0)
		close(fd);
}

static void relative_open(void)
{
	pid_t pid;
	int fd;

	NEED(chdir("/mnt/data/inner") == 0);
	handle(on_opens, SA_RESTART);
	pid = pester(2, O_WRONLY);
	fd = SHOW(openat(AT_FDCWD, "../fifo", O_RDONLY));
	finish("  helper", pid);
	close(fd);
	pid = pester(2, O_WRONLY);
	fd = SHOW(open("/tmp/to-fifo", O_RDONLY));
	finish("  helper", pid);
	close(fd);
	NEED(chdir("/") == 0);
}

static void jump_out(void)
{
	struct stat st;
	pid_t pid;

	handle(on_jump, SA_RESTART);
	pid = pester(1, -1);
	if (sigsetjmp(escape, 1) == 0)
		open(fifo, O_RDONLY);
	printf("jumped out, handled %d\n", handled);
	SHOW(stat("/mnt/data/file", &st));
	finish("  helper", pid);
}

/* The mask of a handler and of pselect, and what is pending afterwards. */
static void others(void (*fn)(int), int flags)
{
	struct timespec t = { 20, 0 };
	int p[2], pair[2], e = epoll_create1(0);
	struct pollfd pf;
	struct epoll_event ev;
	char c;
	pid_t pid;

	NEED(pipe(p) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pf = (struct pollfd){ .fd = p[0], .events = POLLIN };
	handle(fn, flags);
	printf("others, SA_RESTART %d\n", !!(flags & SA_RESTART));
#define INTERRUPTED(call)                          \
	do {                                       \
		pid = pester(1, -1);               \
		SHOW(call);                        \
		waitpid(pid, NULL, 0);             \
	} while (0)
	INTERRUPTED(nanosleep(&t, NULL));
	INTERRUPTED(poll(&pf, 1, 20000));
	INTERRUPTED(select(0, NULL, NULL, NULL, &(struct timeval){ 20, 0 }));
	INTERRUPTED(pselect(0, NULL, NULL, NULL, &t, NULL));
	INTERRUPTED(epoll_wait(e, &ev, 1, 20000));
	INTERRUPTED(pause());
	if (!(flags & SA_RESTART)) {
		INTERRUPTED(read(p[0], &c, 1));
		INTERRUPTED(recv(pair[0], &c, 1, 0));
		INTERRUPTED(accept(pair[0], NULL, NULL));
	}
	printf("  handled %d\n", handled);
	close(p[0]);
	close(p[1]);
	close(pair[0]);
	close(pair[1]);
	close(e);
}

/* An absolute sleep goes on after SIGSTOP and SIGCONT, neither cut short nor begun anew. */
static int stop_parent(void *arg)
{
	pid_t parent = getppid();

	(void)arg;
	wait_state(parent, "S");
	kill(parent, SIGSTOP);
	wait_state(parent, "T");
	nap_ms(50);
	kill(parent, SIGCONT);
	return 0;
}

static long ms_since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - t->tv_sec) * 1000 + (now.tv_nsec - t->tv_nsec) / 1000000;
}

static int sleeps_across_stop(void *arg)
{
	struct timespec t = { 0, 400000000 }, begin;
	struct pollfd none;
	pid_t pid;
	long ms;

	(void)arg;
	for (int i = 0; i < 3; i++) {
		clock_gettime(CLOCK_MONOTONIC, &begin);
		pid = start(stop_parent, NULL);
		if (i == 0)
			SHOW(nanosleep(&t, NULL));
		else if (i == 1)
			SHOW(poll(&none, 0, 400));
		else
			SHOW(select(0, NULL, NULL, NULL, &(struct timeval){ 0, 400000 }));
		ms = ms_since(&begin);
		printf("  slept %s\n", ms < 390 ? "too short" : ms > 750 ? "too long" : "in full");
		finish("  stopper", pid);
	}
	return 0;
}

/* A blocked open survives a stop. */
static int opener(void *arg)
{
	(void)arg;
	return open(fifo, O_RDONLY) == 3 ? 0 : 1;
}

static void stopped_open(void)
{
	pid_t pid = start(opener, NULL);
	int status;

	NEED(wait_state(pid, "S"));
	for (int i = 0; i < 3; i++) {
		kill(pid, SIGSTOP);
		NEED(waitpid(pid, &status, WUNTRACED) == pid);
		show_wait("opener", status);
		kill(pid, SIGCONT);
		NEED(waitpid(pid, &status, WCONTINUED) == pid);
		show_wait("opener", status);
	}
	SHOW_FD(open(fifo, O_WRONLY));
	finish("opener", pid);
}

int main(void)
{
	NEED(mkfifo(fifo, 0600) == 0);
	make_link(fifo, "/tmp/to-fifo");
	open_fifo("plain", on_plain, 0, O_RDONLY);
	open_fifo("restart", on_plain, SA_RESTART, O_RDONLY);
	open_fifo("restart, handler opens", on_opens, SA_RESTART, O_RDONLY);
	open_fifo("for writing", on_opens, SA_RESTART, O_WRONLY);
	open_fifo("handler opens", on_opens, 0, O_WRONLY);
	relative_open();
	jump_out();
	others(on_opens, 0);
	others(on_opens, SA_RESTART);
	finish("sleeper", start(sleeps_across_stop, NULL));
	stopped_open();
	return 0;
}
