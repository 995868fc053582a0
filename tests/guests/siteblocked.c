// SPDX-License-Identifier: MIT
/*
 * Threads and processes asleep in a call from a place that has been used hundreds of times: cancelled
 * (in calls that do not sleep, too, at any instruction), interrupted with SA_RESTART and without, left
 * by longjmp, stopped and continued, killed. open of a FIFO, recvmsg and sendmsg with names and without.
 *
 * arch: 64 32 dyn
 * timeout: 120
 */
#include "sites.h"

#include <pthread.h>
#include <setjmp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unwind.h>

/* pthread_cancel loads libgcc at run time; naming it brings it into the guest. */
__attribute__((used)) static void *const needs_libgcc = (void *)_Unwind_ForcedUnwind;

SITE(SYS_recvmsg, site_recvmsg, int, struct msghdr *, int);

static const char *const fifo = "/tmp/fifo";
static int named, pair[2];
static struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/tmp/sites/../socket" };

static struct sockaddr_un from;
static char text[64];
static struct iovec vec = { text, sizeof(text) };

static ssize_t receive(int fd)
{
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &vec, .msg_iovlen = 1 };

	memset(&from, 0, sizeof(from));
	return recvmsg(fd, &m, 0);
}

static ssize_t receive_unnamed(int fd, long (*call)(int, struct msghdr *, int))
{
	struct msghdr m = { .msg_iov = &vec, .msg_iovlen = 1, .msg_flags = 0x5a };
	long r = call(fd, &m, 0);

	return r == 7 && m.msg_flags != 0 ? -1 : r;
}

static long libc_recvmsg(int fd, struct msghdr *m, int flags)
{
	return recvmsg(fd, m, flags);
}

static ssize_t transmit(int fd, bool to_name)
{
	struct iovec one = { "message", 7 };
	struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1 };

	if (to_name)
		m.msg_name = &address, m.msg_namelen = sizeof(address);
	return sendmsg(fd, &m, 0);
}

static int message_round(void)
{
	int wrong = transmit(named, true) != 7;

	wrong += receive(named) != 7 || memcmp(text, "message", 7) != 0;
	wrong += strcmp(from.sun_path, address.sun_path) != 0;
	wrong += transmit(pair[0], false) != 7 || receive(pair[1]) != 7;
	wrong += transmit(pair[0], false) != 7 || receive_unnamed(pair[1], libc_recvmsg) != 7;
	wrong += transmit(pair[0], false) != 7 || receive_unnamed(pair[1], site_recvmsg) != 7;
	return wrong;
}

static void make_sockets(void)
{
	int wrong = 0;

	named = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	NEED(bind(named, (void *)&address, sizeof(address)) == 0);
	NEED(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0);
	for (int i = 0; i < 200; i++)
		wrong += message_round();
	printf("messages: %d wrong\n", wrong);
}

/* sendmsg sleeps when the other side's queue is full. */
static void fill(int fd)
{
	while (send(fd, "x", 1, MSG_DONTWAIT) == 1)
		;
}

static void drain(int fd)
{
	char c[16];

	while (recv(fd, c, sizeof(c), MSG_DONTWAIT) > 0)
		;
}

enum call { OPEN, SITE_OPEN, RECEIVE, RECEIVE_UNNAMED, SITE_RECEIVE, RECEIVE_NAMED, SEND, CALLS };

static const char *const call_names[] = { "open", "own open", "recvmsg", "recvmsg without a name",
					  "own recvmsg", "recvmsg of a name", "sendmsg" };

static long blocking(enum call call)
{
	long r = -1;

	switch (call) {
	case OPEN:
		return open(fifo, O_RDONLY | O_CLOEXEC);
	case SITE_OPEN:
		r = site_openat(AT_FDCWD, "../fifo", O_RDONLY | O_CLOEXEC, 0);
		break;
	case RECEIVE:
		return receive(pair[1]);
	case RECEIVE_UNNAMED:
		return receive_unnamed(pair[1], libc_recvmsg);
	case SITE_RECEIVE:
		r = receive_unnamed(pair[1], site_recvmsg);
		break;
	case RECEIVE_NAMED:
		return receive(named);
	case SEND:
		return transmit(pair[0], false);
	case CALLS:
		break;
	}
	errno = r < 0 ? -r : 0;
	return r < 0 ? -1 : r;
}

static void prepare(enum call call)
{
	drain(pair[1]);
	drain(named);
	if (call == SEND)
		fill(pair[0]);
}

/* Lets whoever sleeps in the call go on, from another process too. */
static void unblock(enum call call)
{
	if (call == OPEN || call == SITE_OPEN)
		close(open(fifo, O_WRONLY | O_CLOEXEC));
	else if (call == RECEIVE || call == RECEIVE_UNNAMED || call == SITE_RECEIVE)
		transmit(pair[0], false);
	else if (call == RECEIVE_NAMED)
		transmit(named, true);
	else
		drain(pair[1]);
}

static long right_result(enum call call)
{
	return call == OPEN || call == SITE_OPEN ? 0 : 7;
}

/* A descriptor is as good as another. */
static long judged(enum call call, long r)
{
	if (r >= 0 && (call == OPEN || call == SITE_OPEN)) {
		close(r);
		return 0;
	}
	return r;
}

static volatile int handled, wrong_within, cleaned;

static void on_plain(int sig)
{
	handled += sig > 0;
}

static void on_calls(int sig)
{
	int saved = errno;

	handled += sig > 0;
	wrong_within += short_round();
	errno = saved;
}

static void clean(void *arg)
{
	(void)arg;
	cleaned++;
	wrong_within += short_round();
}

static volatile pid_t sleeper_tid;

/* Cancellation never returns: the call's own result is not seen. */
static void *sleeps(void *arg)
{
	pthread_cleanup_push(clean, NULL);
	if ((long)arg == SITE_RECEIVE)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	sleeper_tid = gettid();
	for (;;)
		judged((long)arg, blocking((long)arg));
	pthread_cleanup_pop(0);
	return NULL;
}

static char thread_state(pid_t tid)
{
	char name[64], stat[512] = "";
	int fd;

	snprintf(name, sizeof(name), "/proc/self/task/%d/stat", tid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, stat, sizeof(stat) - 1) <= 0)
		stat[0] = '\0';
	close(fd);
	return strrchr(stat, ')') ? strrchr(stat, ')')[2] : 0;
}

static void cancelled(enum call call, int n)
{
	int right = 0;

	cleaned = wrong_within = 0;
	for (int i = 0; i < n; i++) {
		pthread_t t;
		void *result;

		prepare(call);
		sleeper_tid = 0;
		NEED(pthread_create(&t, NULL, sleeps, (void *)call) == 0);
		/* some while they sleep, some on the way there */
		while (!sleeper_tid || (i % 4 && thread_state(sleeper_tid) != 'S'))
			sched_yield();
		pthread_cancel(t);
		NEED(pthread_join(t, &result) == 0);
		right += result == PTHREAD_CANCELED;
	}
	printf("cancelled in %s: %d of %d, %d cleaned up, %d wrong\n", call_names[call], right, n, cleaned,
	       wrong_within + rounds(2));
}

/* Opens nothing, which nobody would close. */
static int lookups(void)
{
	char buf[64];
	struct stat st;
	int wrong = stat("missing", &st) == 0 || errno != ENOENT;

	wrong += site_stat(SITES_DIR "/link") != S_IFREG;
	wrong += readlink("link", buf, sizeof(buf)) != 4 || memcmp(buf, "file", 4) != 0;
	wrong += site_readlink("link", buf, sizeof(buf)) != 4 || access("../sites/./file", R_OK) != 0;
	return wrong + (!getcwd(buf, sizeof(buf)) || strcmp(buf, SITES_DIR) != 0);
}

static void *runs(void *arg)
{
	(void)arg;
	pthread_cleanup_push(clean, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (sleeper_tid = 1;;)
		wrong_within += lookups();
	pthread_cleanup_pop(0);
	return NULL;
}

/* The stack unwinds from wherever the signal finds the thread. */
static void cancelled_anywhere(int n)
{
	int right = 0;

	cleaned = wrong_within = 0;
	for (int i = 0; i < n; i++) {
		pthread_t t;
		void *result;

		sleeper_tid = 0;
		NEED(pthread_create(&t, NULL, runs, NULL) == 0);
		while (!sleeper_tid)
			sched_yield();
		for (int k = 0; k < i % 7; k++)
			wrong_within += lookups();
		pthread_cancel(t);
		NEED(pthread_join(t, &result) == 0);
		right += result == PTHREAD_CANCELED;
	}
	printf("cancelled anywhere: %d of %d, %d cleaned up, %d wrong\n", right, n, cleaned,
	       wrong_within + rounds(2));
}

/* Signals its parent as often as said while it sleeps; then lets it go on, if told to. */
static pid_t pester(enum call call, int times, bool lets_go)
{
	pid_t parent = getpid(), pid = fork();

	NEED(pid >= 0);
	if (pid)
		return pid;
	for (int i = 0; i < times; i++) {
		wait_state(parent, "S");
		nap_ms(2);
		kill(parent, SIGUSR1);
	}
	if (lets_go) {
		wait_state(parent, "S");
		nap_ms(2);
		unblock(call);
	}
	_exit(0);
}

static void interrupted(enum call call, const char *what, void (*fn)(int), int flags, int n)
{
	struct sigaction act = { .sa_handler = fn, .sa_flags = flags };
	int interrupts = 0, completed = 0;

	NEED(sigaction(SIGUSR1, &act, NULL) == 0);
	handled = wrong_within = 0;
	for (int i = 0; i < n; i++) {
		pid_t pid;
		long r;

		prepare(call);
		pid = pester(call, flags & SA_RESTART ? 3 : 1, flags & SA_RESTART);
		r = judged(call, blocking(call));
		interrupts += r == -1 && errno == EINTR;
		completed += r == right_result(call);
		NEED(waitpid(pid, NULL, 0) == pid);
	}
	printf("%s, %s: %d handled, %d interrupted, %d completed, %d wrong\n", call_names[call], what, handled,
	       interrupts, completed, wrong_within + rounds(1));
}

static sigjmp_buf place;

static void on_leave(int sig)
{
	handled += sig > 0;
	siglongjmp(place, 1);
}

static void left(enum call call, int n)
{
	struct sigaction act = { .sa_handler = on_leave, .sa_flags = SA_RESTART };
	volatile int leaves = 0, more = n;
	volatile pid_t pid;

	NEED(sigaction(SIGUSR1, &act, NULL) == 0);
	handled = 0;
	while (more-- > 0) {
		prepare(call);
		pid = pester(call, 1, false);
		if (sigsetjmp(place, 1))
			leaves++;
		else
			judged(call, blocking(call));
		NEED(waitpid(pid, NULL, 0) == pid);
	}
	printf("%s, left: %d handled, %d left, %d wrong\n", call_names[call], handled, leaves, rounds(1));
}

/* With a time limit a receive is never restarted. */
static void with_limit(void)
{
	struct timeval limit = { 5, 0 }, none = { 0, 0 };

	setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int i = 0; i < 3; i++) {
		struct sigaction act = { .sa_handler = on_calls, .sa_flags = SA_RESTART };
		pid_t pid;

		NEED(sigaction(SIGUSR1, &act, NULL) == 0);
		prepare(RECEIVE);
		pid = pester(RECEIVE, 1, false);
		SHOW_AS(receive(pair[1]), "recvmsg with a limit");
		NEED(waitpid(pid, NULL, 0) == pid);
	}
	limit = (struct timeval){ 0, 20000 };
	setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	SHOW_AS(receive(pair[1]), "recvmsg until the limit");
	setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
}

static int sleeper(void *arg)
{
	enum call call = (long)arg;

	rounds(20);
	return judged(call, blocking(call)) == right_result(call) && rounds(5) == 0 ? 50 : 1;
}

static void stopped(enum call call)
{
	int status, good = 0;
	pid_t pid;

	prepare(call);
	pid = start(sleeper, (void *)(long)call);
	for (int i = 0; i < 10; i++) {
		wait_state(pid, i < 4 ? "SR" : "S");
		kill(pid, SIGSTOP);
		NEED(waitpid(pid, &status, WUNTRACED) == pid);
		good += WIFSTOPPED(status) && state_of(pid) == 'T';
		kill(pid, SIGCONT);
		NEED(waitpid(pid, &status, WCONTINUED) == pid);
		good += WIFCONTINUED(status);
	}
	wait_state(pid, "S");
	nap_ms(2);
	unblock(call);
	printf("stopped in %s: %d of 20\n", call_names[call], good);
	finish("  it", pid);
}

static void killed(enum call call)
{
	int good = 0, status;

	for (int i = 0; i < 10; i++) {
		pid_t pid;

		prepare(call);
		pid = start(sleeper, (void *)(long)call);
		if (i % 3)
			wait_state(pid, "S");
		kill(pid, SIGKILL);
		good += waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
	}
	printf("killed in %s: %d of 10\n", call_names[call], good);
}

int main(void)
{
	sites_make();
	NEED(mkfifo(fifo, 0600) == 0);
	make_sockets();
	printf("before: %d wrong\n", rounds(150));
	for (enum call call = 0; call < CALLS; call++) {
		/* our own places are no cancellation points: one is, at any time, in between */
		if (call != SITE_OPEN)
			cancelled(call, 16);
		interrupted(call, "plain", on_plain, 0, 8);
		interrupted(call, "handler calls", on_calls, 0, 8);
		interrupted(call, "restarted", on_plain, SA_RESTART, 6);
		interrupted(call, "restarted, handler calls", on_calls, SA_RESTART, 6);
		left(call, 12);
		stopped(call);
		killed(call);
	}
	cancelled_anywhere(200);
	with_limit();
	drain(pair[1]);
	drain(named);
	printf("after: %d wrong, %d wrong messages\n", rounds(10), message_round());
	return 0;
}
