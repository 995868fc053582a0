// SPDX-License-Identifier: MIT
/*
 * sendmsg, recvmsg, sendmmsg and recvmmsg from places that have been used hundreds of times: what the
 * kernel writes into headers, descriptors that are passed along, paths that are somebody's name, names
 * of other families, headers that are not there; 64 threads asleep in one place while others make
 * calls, fork and end; messages without end in a storm of signals; two threads in one exchange.
 *
 * arch: 64 32 dyn
 * timeout: 120
 */
#include "sites.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

SITE(SYS_sendmsg, site_sendmsg, int, const struct msghdr *, int);
SITE(SYS_recvmsg, site_recvmsg, int, struct msghdr *, int);
SITE(SYS_sendmmsg, site_sendmmsg, int, struct mmsghdr *, unsigned, int);
SITE(SYS_recvmmsg, site_recvmmsg, int, struct mmsghdr *, unsigned, int, struct timespec *);

enum { THREADS = 64, TIMES = 100 };

/* Each first, as the system call gives it: the C library's, then our own. */
struct calls {
	const char *name;
	long (*send)(int, const struct msghdr *, int);
	long (*receive)(int, struct msghdr *, int);
};

static long libc_sendmsg(int fd, const struct msghdr *m, int flags)
{
	long r = sendmsg(fd, m, flags);

	return r < 0 ? -errno : r;
}

static long libc_recvmsg(int fd, struct msghdr *m, int flags)
{
	long r = recvmsg(fd, m, flags);

	return r < 0 ? -errno : r;
}

static const struct calls all[] = { { "libc", libc_sendmsg, libc_recvmsg },
				    { "own", site_sendmsg, site_recvmsg } };

static int pair[2];

/* ---- what is said of a message --------------------------------------------------------------- */

static long send_text(const struct calls *c, int fd, const char *text)
{
	struct iovec v = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	return c->send(fd, &m, 0);
}

static int plain_round(const struct calls *c)
{
	char text[8], control[64];
	struct iovec v[2] = { { text, 3 }, { text + 3, 2 } };
	struct msghdr m = { .msg_namelen = 77, .msg_iov = v, .msg_iovlen = 2, .msg_control = control,
			    .msg_controllen = sizeof(control), .msg_flags = 0x1234 };
	int wrong = send_text(c, pair[0], "hello, all") != 10;

	wrong += c->receive(pair[1], &m, 0) != 5 || memcmp(text, "hello", 5) != 0;
	wrong += m.msg_flags != MSG_TRUNC || m.msg_controllen != 0 || m.msg_iovlen != 2;
	wrong += m.msg_name != NULL || m.msg_control != control;
	wrong += send_text(c, pair[0], "x") != 1;
	m.msg_control = NULL;
	m.msg_controllen = 0;
	wrong += c->receive(pair[1], &m, MSG_PEEK) != 1 || m.msg_flags != 0;
	wrong += c->receive(pair[1], &m, MSG_DONTWAIT) != 1 || text[0] != 'x';
	wrong += c->receive(pair[1], &m, MSG_DONTWAIT) != -EAGAIN;
	return wrong;
}

static void plain(const struct calls *c)
{
	int wrong = 0;

	for (int i = 0; i < TIMES; i++)
		wrong += plain_round(c);
	printf("%s, plain: %d wrong\n", c->name, wrong);
}

static int pass_round(const struct calls *c)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} u;
	char byte = 'p';
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &u,
			    .msg_controllen = CMSG_SPACE(sizeof(int)) };
	int fd = open(SITES_DIR "/file", O_RDONLY | O_CLOEXEC), wrong = 0, got = -1;
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	memset(&u, 0, sizeof(u));
	*h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	wrong += c->send(pair[0], &m, 0) != 1;
	m.msg_controllen = sizeof(u);
	wrong += c->receive(pair[1], &m, MSG_CMSG_CLOEXEC) != 1 || m.msg_flags != MSG_CMSG_CLOEXEC;
	h = CMSG_FIRSTHDR(&m);
	wrong += !h || h->cmsg_type != SCM_RIGHTS || m.msg_controllen != CMSG_SPACE(sizeof(int));
	if (h)
		memcpy(&got, CMSG_DATA(h), sizeof(got));
	wrong += got == fd || read(got, &byte, 1) != 1 || byte != 'f' || close(got) != 0;
	/* no room for it */
	wrong += c->send(pair[0], &m, 0) != -EBADF || close(fd) != 0;
	return wrong;
}

static void passed(const struct calls *c)
{
	int wrong = 0;

	for (int i = 0; i < TIMES; i++)
		wrong += pass_round(c);
	printf("%s, passed along: %d wrong, %d descriptors\n", c->name, wrong, open_descriptors());
}

static socklen_t address(struct sockaddr_un *a, const char *name, size_t n)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path, name, n);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

static int name_round(const struct calls *c, int fd, const char *name, size_t n)
{
	struct sockaddr_un to, from = { 0 };
	char text[8];
	struct iovec v = { "named", 5 };
	struct msghdr m = { .msg_name = &to, .msg_namelen = address(&to, name, n), .msg_iov = &v,
			    .msg_iovlen = 1 };
	socklen_t len = m.msg_namelen;
	int wrong = c->send(fd, &m, 0) != 5;

	v = (struct iovec){ text, sizeof(text) };
	m.msg_name = &from;
	m.msg_namelen = sizeof(from);
	wrong += c->receive(fd, &m, 0) != 5 || memcmp(text, "named", 5) != 0;
	return wrong + (m.msg_namelen != len || memcmp(&from, &to, len) != 0);
}

static void named(const struct calls *c, const char *what, const char *name, size_t n)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), wrong = 0;
	struct sockaddr_un a;

	unlink(name);
	NEED(bind(fd, (void *)&a, address(&a, name, n)) == 0);
	for (int i = 0; i < TIMES; i++)
		wrong += name_round(c, fd, name, n) + plain_round(c);
	printf("%s, %s: %d wrong\n", c->name, what, wrong);
	close(fd);
}

static void names(const struct calls *c)
{
	char abstract[24];
	int n = snprintf(abstract, sizeof(abstract), "#/tmp/abstract-%d", getpid());

	abstract[0] = '\0';
	named(c, "a path", "/tmp/sites/../socket", sizeof("/tmp/sites/../socket"));
	named(c, "a relative path", "s", 2);
	named(c, "an abstract name", abstract, (size_t)n);
}

static void datagrams(const struct calls *c)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), wrong = 0;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from;
	socklen_t len = sizeof(to);
	char text[8];

	NEED(bind(fd, (void *)&to, len) == 0 && getsockname(fd, (void *)&to, &len) == 0);
	for (int i = 0; i < TIMES; i++) {
		struct iovec v = { "data", 4 };
		struct msghdr m = { .msg_name = &to, .msg_namelen = len, .msg_iov = &v, .msg_iovlen = 1 };

		wrong += c->send(fd, &m, 0) != 4;
		v = (struct iovec){ text, sizeof(text) };
		m.msg_name = &from;
		m.msg_namelen = sizeof(from) + 7;
		wrong += c->receive(fd, &m, 0) != 4 || m.msg_namelen != len;
		wrong += memcmp(&from, &to, len) != 0;
	}
	printf("%s, datagrams: %d wrong\n", c->name, wrong);
	close(fd);
}

/* ---- many at once ---------------------------------------------------------------------------- */

static void many(const char *name)
{
	char text[4][8];
	struct mmsghdr m[4];
	struct iovec v[4];
	struct sockaddr_un to, from[4];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), wrong = 0;
	socklen_t len = address(&to, "/tmp/many", sizeof("/tmp/many"));

	unlink("/tmp/many");
	NEED(bind(fd, (void *)&to, len) == 0);
	for (int i = 0; i < TIMES; i++) {
		for (int j = 0; j < 4; j++) {
			v[j] = (struct iovec){ "one of many" + j, 5 };
			m[j] = (struct mmsghdr){ { .msg_iov = &v[j], .msg_iovlen = 1 }, 99 };
			if (*name && j == 2)
				m[j].msg_hdr.msg_name = &to, m[j].msg_hdr.msg_namelen = len;
		}
		if (*name) {
			wrong += site_sendmmsg(fd, m, 4, 0) != -ENOTCONN;
			wrong += site_sendmmsg(fd, m + 2, 1, 0) != 1 || m[2].msg_len != 5;
			wrong += sendmmsg(fd, m + 2, 1, 0) != 1;
		} else {
			wrong += site_sendmmsg(pair[0], m, 2, 0) != 2 || m[1].msg_len != 5 ||
				 m[2].msg_len != 99;
		}
		for (int j = 0; j < 4; j++) {
			v[j] = (struct iovec){ text[j], sizeof(text[j]) };
			m[j] = (struct mmsghdr){ { .msg_iov = &v[j], .msg_iovlen = 1 }, 99 };
			if (*name)
				m[j].msg_hdr.msg_name = &from[j], m[j].msg_hdr.msg_namelen = sizeof(from[j]);
		}
		wrong += site_recvmmsg(*name ? fd : pair[1], m, 4, MSG_DONTWAIT, NULL) != 2;
		wrong += m[1].msg_len != 5 || m[2].msg_len != 99 || memcmp(text[1], *name ? "e of " : "ne of", 5) != 0;
		if (*name)
			wrong += strcmp(from[1].sun_path, "/tmp/many") != 0;
		wrong += site_recvmmsg(pair[1], m, 4, MSG_DONTWAIT, NULL) != -EAGAIN;
	}
	printf("many%s: %d wrong\n", name, wrong);
	close(fd);
}

/* ---- what is not there ----------------------------------------------------------------------- */

static void show_result(const char *what, long r)
{
	errno = (int)-r;
	show(what, r < 0 ? -1 : r);
}

static void bad(const struct calls *c)
{
	char *gap = page_before_gap() + sysconf(_SC_PAGESIZE), text[8];
	struct iovec v = { text, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	printf("%s, bad\n", c->name);
	show_result("  send null", c->send(pair[0], NULL, 0));
	show_result("  receive null", c->receive(pair[1], NULL, 0));
	show_result("  no socket", c->send(-1, &m, 0));
	show_result("  no socket", c->receive(0, &m, 0));
	m.msg_iov = (struct iovec *)8;
	show_result("  vectors nowhere", c->send(pair[0], &m, 0));
	m.msg_iov = &v;
	m.msg_name = text;
	m.msg_namelen = (socklen_t)-1;
	show_result("  negative length", c->send(pair[0], &m, 0));
	show_result("  negative length", c->receive(pair[1], &m, MSG_DONTWAIT));
	m.msg_name = (void *)16;
	m.msg_namelen = 16;
	show_result("  name nowhere", c->send(pair[0], &m, 0));
	m.msg_namelen = 0;
	show_result("  empty name", c->send(pair[0], &m, 0));
	show_result("  it", c->receive(pair[1], &m, MSG_DONTWAIT));
	show_result("  send in the gap", c->send(pair[0], (void *)gap, 0));
	show_result("  receive in the gap", c->receive(pair[1], (void *)gap, 0));
	show_result("  receive half in the gap", c->receive(pair[1], (void *)(gap - 24), MSG_DONTWAIT));
	show_result("  far away", c->send(pair[0], (void *)-4096L, 0));
	printf("  after it: %d wrong\n", plain_round(c) + rounds(2));
}

static void each(void (*fn)(const struct calls *))
{
	fn(&all[0]);
	fn(&all[1]);
}

/* ---- many threads asleep --------------------------------------------------------------------- */

static int wires[THREADS][2];
static volatile int wrong_threads, done;

static void add(volatile int *sum, int n)
{
	__atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

/* Answers what comes until it is told to end. */
static void *answers(void *arg)
{
	int fd = wires[(long)arg][1];
	char text[8] = "";
	struct iovec v = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	long r;

	while ((r = site_recvmsg(fd, &m, 0)) == 5 && memcmp(text, "count", 5) == 0)
		add(&wrong_threads, send_text(&all[1], fd, "right") != 5);
	add(&wrong_threads, r != 3 || memcmp(text, "end", 3) != 0);
	return NULL;
}

static void *makes_calls(void *arg)
{
	while (!done)
		add(&wrong_threads, site_round() + libc_round());
	return arg;
}

static int asks_all(void)
{
	char text[8];
	struct iovec v = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	int wrong = 0;

	for (int i = 0; i < THREADS; i++)
		wrong += send_text(&all[1], wires[i][0], "count") != 5;
	for (int i = 0; i < THREADS; i++)
		wrong += site_recvmsg(wires[i][0], &m, 0) != 5 || memcmp(text, "right", 5) != 0;
	return wrong;
}

static int child(void *arg)
{
	(void)arg;
	return plain_round(&all[0]) + plain_round(&all[1]) + rounds(3) ? 1 : 60;
}

static pthread_t create(void *(*fn)(void *), long arg)
{
	pthread_attr_t small;
	pthread_t t;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	need((errno = pthread_create(&t, &small, fn, (void *)arg)) == 0, "pthread_create");
	pthread_attr_destroy(&small);
	return t;
}

static void threads(void)
{
	int wrong = 0, good = 0, status;
	pthread_t t[THREADS], busy[2];

	for (long i = 0; i < THREADS; i++) {
		NEED(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wires[i]) == 0);
		t[i] = create(answers, i);
	}
	for (long i = 0; i < 2; i++)
		busy[i] = create(makes_calls, i);
	for (int i = 0; i < 20; i++) {
		pid_t pid = start(child, NULL);

		wrong += asks_all() + rounds(2);
		good += waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 60;
	}
	for (int i = 0; i < THREADS; i++)
		wrong += send_text(&all[1], wires[i][0], "end") != 3;
	for (int i = 0; i < THREADS; i++)
		NEED(pthread_join(t[i], NULL) == 0);
	done = 1;
	for (int i = 0; i < 2; i++)
		NEED(pthread_join(busy[i], NULL) == 0);
	printf("threads: %d wrong, %d of their own, %d of 20 children\n", wrong, wrong_threads, good);
	for (int i = 0; i < THREADS; i++)
		close(wires[i][0]), close(wires[i][1]);
}

/* ---- signals --------------------------------------------------------------------------------- */

static volatile int wrong_within;
static sigjmp_buf place;
static volatile int in_call, jumps;

static void on_storm(int sig)
{
	int saved = errno;

	(void)sig;
	wrong_within += short_round();
	storm_next();
	errno = saved;
}

static void on_jump(int sig)
{
	(void)sig;
	storm_next();
	if (!in_call)
		return;
	in_call = 0;
	jumps++;
	siglongjmp(place, 1);
}

/* A process of its own sends back what it gets, byte by byte. */
static int echoes(void *arg)
{
	char text[8];
	struct iovec v = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	long r;

	(void)arg;
	close(pair[0]);
	while ((r = site_recvmsg(pair[1], &m, 0)) > 0) {
		v.iov_len = (size_t)r;
		if (libc_sendmsg(pair[1], &m, MSG_NOSIGNAL) != r)
			return 1;
		v.iov_len = sizeof(text);
	}
	return r == 0 ? 61 : 2;
}

static void exchange_in_a_storm(int n)
{
	char sent[8], text[8];
	struct iovec out = { sent, 0 }, in = { text, sizeof(text) };
	struct msghdr to = { .msg_iov = &out, .msg_iovlen = 1 }, from = { .msg_iov = &in, .msg_iovlen = 1 };
	int wrong = 0;
	pid_t pid;

	close(pair[0]), close(pair[1]);
	NEED(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	pid = start(echoes, NULL);
	close(pair[1]);
	storm_begin(on_storm, SA_RESTART, 1000000);
	for (int i = 0; i < n; i++) {
		out.iov_len = (size_t)snprintf(sent, sizeof(sent), "%d", i);
		wrong += all[i % 2].send(pair[0], &to, 0) != (long)out.iov_len;
		wrong += all[i / 2 % 2].receive(pair[0], &from, 0) != (long)out.iov_len ||
			 memcmp(sent, text, out.iov_len) != 0;
	}
	storm_end();
	printf("exchange in a storm: %d wrong, %d within\n", wrong, wrong_within);
	close(pair[0]);
	finish("  echo", pid);
}

/* Out of a receive that nothing ever comes to. */
static void left_in_a_storm(int n)
{
	char text[8];
	struct iovec v = { text, sizeof(text) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	volatile int returns = 0;

	NEED(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	storm_begin(on_jump, 0, 1000000);
	while (jumps < n) {
		if (sigsetjmp(place, 1) == 0) {
			in_call = 1;
			returns += site_recvmsg(pair[1], &m, 0) != -EINTR;
			in_call = 0;
		}
	}
	storm_end();
	printf("left: %d of %d, %d returned, then %d wrong\n", jumps, n, returns, rounds(5));
}

int main(void)
{
	sites_make();
	NEED(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0);
	printf("before: %d wrong\n", rounds(20));
	each(plain);
	each(passed);
	each(names);
	each(datagrams);
	many("");
	many(", named");
	threads();
	exchange_in_a_storm(3000);
	left_in_a_storm(300);
	close(pair[0]), close(pair[1]);
	NEED(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0);
	each(bad);
	printf("after: %d wrong, %d descriptors\n", rounds(5), open_descriptors());
	return 0;
}
