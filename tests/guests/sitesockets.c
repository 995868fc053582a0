// SPDX-License-Identifier: MIT
/*
 * Sockets from places that have been used hundreds of times: connect, accept, accept4, getsockname,
 * getpeername, sendto and recvfrom, by turns on sockets of the Internet and on those whose names are
 * paths, relative paths, abstract or none; what is refused; accept asleep in threads and interrupted.
 *
 * arch: 64 dyn
 * timeout: 120
 */
#include "sites.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

SITE(SYS_connect, site_connect, int, const void *, socklen_t);
SITE(SYS_accept, site_accept, int, void *, socklen_t *);
SITE(SYS_accept4, site_accept4, int, void *, socklen_t *, int);
SITE(SYS_getsockname, site_getsockname, int, void *, socklen_t *);
SITE(SYS_getpeername, site_getpeername, int, void *, socklen_t *);
SITE(SYS_sendto, site_sendto, int, const void *, size_t, int, const void *, socklen_t);
SITE(SYS_recvfrom, site_recvfrom, int, void *, size_t, int, void *, socklen_t *);

enum { TIMES = 60 };

struct name {
	const char *what;
	struct sockaddr_storage a;
	socklen_t len;
};

static struct name names[4];

static void path_name(struct name *n, const char *what, const char *path, size_t len)
{
	struct sockaddr_un *u = (struct sockaddr_un *)&n->a;

	n->what = what;
	u->sun_family = AF_UNIX;
	memcpy(u->sun_path, path, len);
	n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static void make_names(void)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&names[0].a;
	char abstract[32];
	int n = snprintf(abstract, sizeof(abstract), "#/tmp/abstract-%d", getpid());

	abstract[0] = '\0';
	names[0] = (struct name){ .what = "internet", .len = sizeof(*in) };
	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	path_name(&names[1], "path", "/tmp/sites/../socket", sizeof("/tmp/sites/../socket"));
	path_name(&names[2], "relative", "./socket", sizeof("./socket"));
	path_name(&names[3], "abstract", abstract, (size_t)n);
}

static bool is_same(const struct name *n, const void *a, socklen_t len)
{
	return len == n->len && memcmp(&n->a, a, len) == 0;
}

/* The family alone: where nobody gave it a name. */
static bool is_nameless(const struct name *n, const struct sockaddr_storage *a, socklen_t len)
{
	return a->ss_family == n->a.ss_family && (a->ss_family == AF_INET ? len == n->len : len == 2);
}

static int bound(struct name *n, int type)
{
	int fd = socket(n->a.ss_family, type | SOCK_CLOEXEC, 0);
	const struct sockaddr_un *u = (const void *)&n->a;
	socklen_t len = sizeof(n->a);

	if (n->a.ss_family == AF_UNIX && u->sun_path[0])
		unlink(u->sun_path);
	else if (n->a.ss_family == AF_INET)
		((struct sockaddr_in *)&n->a)->sin_port = 0;
	NEED(fd >= 0 && bind(fd, (void *)&n->a, n->len) == 0);
	if (n->a.ss_family == AF_INET)
		NEED(getsockname(fd, (void *)&n->a, &len) == 0);
	return fd;
}

/* The C library's by turns with our own. */
static int stream_round(struct name *n, int listener, int i)
{
	int client = socket(n->a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), peer, wrong = 0;
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	wrong += i % 2 ? site_connect(client, &n->a, n->len) != 0 : connect(client, (void *)&n->a, n->len) != 0;
	memset(&a, 0x5a, sizeof(a));
	switch (i % 4) {
	case 0: peer = accept(listener, (void *)&a, &len); break;
	case 1: peer = (int)site_accept(listener, &a, &len); break;
	case 2: peer = accept4(listener, (void *)&a, &len, SOCK_CLOEXEC); break;
	default: peer = (int)site_accept4(listener, &a, &len, SOCK_CLOEXEC); break;
	}
	wrong += peer < 0 || !is_nameless(n, &a, len);
	len = sizeof(a);
	wrong += i % 2 ? site_getsockname(peer, &a, &len) != 0 : getsockname(peer, (void *)&a, &len) != 0;
	wrong += !is_same(n, &a, len);
	len = sizeof(a);
	wrong += i % 2 ? site_getpeername(client, &a, &len) != 0 : getpeername(client, (void *)&a, &len) != 0;
	wrong += !is_same(n, &a, len);
	len = 6; /* cut, and told whole */
	wrong += site_getpeername(client, &a, &len) != 0 || len != n->len;
	wrong += site_sendto(client, "x", 1, 0, NULL, 0) != 1;
	len = sizeof(a);
	wrong += site_recvfrom(peer, &a, 8, 0, NULL, &len) != 1 || len != sizeof(a);
	close(peer);
	close(client);
	return wrong;
}

static int datagram_round(struct name *n, int fd, int i)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	char text[8];
	long r = i % 2 ? site_sendto(fd, "text", 4, 0, &n->a, n->len) :
			 sendto(fd, "text", 4, 0, (void *)&n->a, n->len);
	int wrong = r != 4;

	memset(&a, 0, sizeof(a));
	r = i % 2 ? site_recvfrom(fd, text, 8, 0, &a, &len) : recvfrom(fd, text, 8, 0, (void *)&a, &len);
	return wrong + (r != 4 || memcmp(text, "text", 4) != 0 || !is_same(n, &a, len));
}

static void by_turns(void)
{
	int wrong = 0, stream[4], datagram[4];

	for (int k = 0; k < 4; k++) {
		stream[k] = bound(&names[k], SOCK_STREAM);
		NEED(listen(stream[k], 5) == 0);
	}
	for (int i = 0; i < TIMES; i++)
		for (int k = 0; k < 4; k++)
			wrong += stream_round(&names[k], stream[k], i);
	printf("streams: %d wrong\n", wrong);
	for (int k = 0; k < 4; k++) {
		close(stream[k]);
		datagram[k] = bound(&names[k], SOCK_DGRAM);
	}
	wrong = 0;
	for (int i = 0; i < TIMES; i++)
		for (int k = 0; k < 4; k++)
			wrong += datagram_round(&names[k], datagram[k], i);
	printf("datagrams: %d wrong\n", wrong);
	for (int k = 0; k < 4; k++)
		close(datagram[k]);
}

/* ---- what is refused ------------------------------------------------------------------------- */

#define RESULT(call)                                      \
	({                                                \
		long r_ = (call);                         \
		errno = r_ < 0 ? (int)-r_ : 0;            \
		show("  " #call, r_ < 0 ? -1 : r_);       \
	})

static void refused(struct name *n)
{
	char *gap = page_before_gap() + sysconf(_SC_PAGESIZE);
	struct sockaddr_storage a;
	socklen_t len = sizeof(a), negative = (socklen_t)-1, none = 0;
	int fd = bound(n, SOCK_DGRAM), idle = socket(n->a.ss_family, SOCK_STREAM, 0);

	printf("%s\n", n->what);
	RESULT(site_connect(-1, &n->a, n->len));
	RESULT(site_connect(0, &n->a, n->len));
	RESULT(site_connect(idle, NULL, n->len));
	RESULT(site_connect(idle, &n->a, 0));
	RESULT(site_connect(idle, &n->a, 1));
	RESULT(site_connect(idle, &n->a, 2));
	RESULT(site_connect(idle, &n->a, 1000));
	RESULT(site_connect(idle, &n->a, negative));
	RESULT(site_connect(idle, (void *)16, 16));
	RESULT(site_connect(idle, &n->a, n->len));
	RESULT(site_accept(fd, &a, &len));
	RESULT(site_accept4(idle, &a, &len, 0));
	RESULT(site_accept4(idle, &a, &len, 1));
	RESULT(site_accept(99, &a, &len));
	RESULT(site_getsockname(fd, NULL, &len));
	RESULT(site_getsockname(fd, &a, NULL));
	RESULT(site_getsockname(fd, &a, &negative));
	RESULT(site_getsockname(fd, &a, &none));
	printf("  %s\n", none == n->len ? "told" : "not told");
	RESULT(site_getsockname(99, &a, &len));
	RESULT(site_getpeername(fd, &a, &len));
	RESULT(site_sendto(fd, "x", 1, 0, NULL, 9));
	RESULT(site_sendto(fd, "x", 1, 0, &n->a, 1));
	RESULT(site_sendto(fd, "x", 1, 0, &n->a, negative));
	RESULT(site_sendto(fd, "x", 1, 0, (void *)16, 16));
	RESULT(site_sendto(fd, "x", 1, 0, &n->a, n->len));
	RESULT(site_recvfrom(fd, &a, 8, MSG_PEEK, &a, &negative));
	RESULT(site_recvfrom(fd, &a, 8, MSG_PEEK, &a, NULL));
	RESULT(site_recvfrom(fd, &a, 8, 0, NULL, NULL));
	RESULT(site_recvfrom(fd, &a, 8, MSG_DONTWAIT, &a, &len));
	RESULT(site_sendto(fd, "x", 1, 0, gap, 16));
	RESULT(site_getsockname(fd, gap, &len));
	RESULT(site_getsockname(fd, &a, (socklen_t *)gap));
	close(fd);
	close(idle);
}

/* ---- asleep ---------------------------------------------------------------------------------- */

static volatile int handled;

static void on_signal(int sig)
{
	handled += sig > 0;
}

static void *connects(void *arg)
{
	struct name *n = arg;

	for (int i = 0; i < 40; i++) {
		int fd = socket(n->a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct timespec t = { 0, i % 3 * 300000 };

		nanosleep(&t, NULL);
		NEED(site_connect(fd, &n->a, n->len) == 0);
		close(fd);
	}
	return NULL;
}

static void asleep(struct name *n)
{
	struct sigaction act = { .sa_handler = on_signal };
	int fd = bound(n, SOCK_STREAM), good = 0, interrupted = 0;
	pid_t parent = getpid(), pid;
	struct sockaddr_storage a;
	pthread_t t;

	NEED(listen(fd, 5) == 0 && sigaction(SIGUSR1, &act, NULL) == 0);
	NEED(pthread_create(&t, NULL, connects, n) == 0);
	for (int i = 0; i < 40; i++) {
		socklen_t len = sizeof(a);
		long peer = i % 2 ? site_accept(fd, &a, &len) : accept(fd, (void *)&a, &len);

		good += peer >= 0 && is_nameless(n, &a, len);
		close((int)peer);
	}
	NEED(pthread_join(t, NULL) == 0);
	for (int i = 0; i < 10; i++) {
		act.sa_flags = i % 2 ? SA_RESTART : 0;
		sigaction(SIGUSR1, &act, NULL);
		pid = fork();
		if (pid == 0) {
			wait_state(parent, "S");
			nap_ms(2);
			kill(parent, SIGUSR1);
			if (i % 2) {
				wait_state(parent, "S");
				nap_ms(2);
				site_connect(socket(n->a.ss_family, SOCK_STREAM, 0), &n->a, n->len);
			}
			_exit(0);
		}
		if (i % 2) {
			long peer = site_accept4(fd, NULL, NULL, 0);

			good += peer >= 0 && close((int)peer) == 0;
		} else {
			interrupted += site_accept4(fd, &a, &(socklen_t){ sizeof(a) }, 0) == -EINTR;
		}
		waitpid(pid, NULL, 0);
	}
	printf("asleep, %s: %d accepted, %d interrupted\n", n->what, good, interrupted);
	close(fd);
}

int main(void)
{
	sites_make();
	make_names();
	by_turns();
	for (int k = 0; k < 4; k++)
		asleep(&names[k]);
	for (int k = 0; k < 4; k++)
		refused(&names[k]);
	printf("after: %d wrong, %d handled, %d descriptors\n", rounds(2), handled, open_descriptors());
	return 0;
}
