// SPDX-License-Identifier: MIT
/*
 * Unix sockets by name: the guest's own name comes back from getsockname, getpeername, accept,
 * recvfrom and recvmsg; names that fill 108 bytes, have no NUL, or grow beyond it on the host;
 * abstract ones; datagrams by sendto, sendmsg and sendmmsg; descriptors passed along.
 *
 * binds: @/data:/mnt/data @/ro:/mnt/ro:ro @/other:/mnt/other @/data:/a-bind-whose-name-is-rather-long-so-that-the-name-of-a-socket-in-it-just-fits
 */
#include "guest.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t fill(struct sockaddr_un *a, const char *name)
{
	size_t n = strlen(name);

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, name, n < sizeof(a->sun_path) ? n : sizeof(a->sun_path));
	return offsetof(struct sockaddr_un, sun_path) + n + (n < sizeof(a->sun_path));
}

static void show_address(const char *what, const struct sockaddr_un *a, socklen_t len)
{
	int n = (int)len - (int)offsetof(struct sockaddr_un, sun_path);

	printf("  %s: length %d", what, (int)len);
	n = n > (int)sizeof(a->sun_path) ? (int)sizeof(a->sun_path) : n;
	if (n > 0 && a->sun_path[0] == '\0')
		printf(" abstract %.*s", n - 1, a->sun_path + 1);
	else if (n > 0)
		printf(" %.*s", (int)strnlen(a->sun_path, n), a->sun_path);
	printf("\n");
}

static void names_of(int fd)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	memset(&a, '#', sizeof(a));
	SHOW(getsockname(fd, (void *)&a, &len));
	show_address("name", &a, len);
	len = sizeof(a);
	if (SHOW(getpeername(fd, (void *)&a, &len)) == 0)
		show_address("peer", &a, len);
	len = 8; /* too small: cut, the true length told */
	memset(&a, '#', sizeof(a));
	SHOW(getsockname(fd, (void *)&a, &len));
	printf("  cut: length %d %.7s\n", (int)len, a.sun_path);
}

static void talk(int server, const char *name, int type)
{
	int client = socket(AF_UNIX, type, 0), peer;
	struct sockaddr_un a, b;
	socklen_t len = fill(&a, name);
	struct stat st;

	if (SHOW_AS(connect(client, (void *)&a, len), "connect %.20s", name) == 0) {
		len = sizeof(b);
		memset(&b, '#', sizeof(b));
		peer = SHOW(accept(server, (void *)&b, &len));
		show_address("accepted", &b, len);
		names_of(client);
		names_of(peer);
		close(peer);
	}
	close(client);
	if (name[0] && lstat(name, &st) == 0)
		printf("  mode %o\n", st.st_mode & S_IFMT);
}

static void stream(const char *name, int type)
{
	int s = socket(AF_UNIX, type, 0);
	struct sockaddr_un a;
	socklen_t len = fill(&a, name);

	printf("stream %s (%zu)\n", name, strlen(name));
	if (SHOW(bind(s, (void *)&a, len)) == 0) {
		SHOW(listen(s, 5));
		names_of(s);
		talk(s, name, type);
		SHOW(bind(s, (void *)&a, len));
	}
	close(s);
	s = socket(AF_UNIX, type, 0);
	SHOW(bind(s, (void *)&a, len)); /* the name is taken */
	talk(s, name, type);		/* and nobody listens */
	SHOW(unlink(name));
	close(s);
}

static void named(const char *dir, size_t total)
{
	char name[200];
	size_t n = strlen(dir);

	memcpy(name, dir, n);
	memset(name + n, 's', total - n);
	name[total] = '\0';
	stream(name, SOCK_STREAM);
}

static void errors(void)
{
	static const char *const names[] = { "/tmp/missing", "/tmp/f", "/tmp/f/x", "/tmp", "", "/tmp/loop",
					     "/mnt/ro/s", "/missing/s", "/tmp/dangling", "/tmp/s/",
					     "s-relative", "./s2", "../tmp/s3", "/mnt/data/../s4" };
	struct sockaddr_un a;
	int s;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		socklen_t len = fill(&a, names[i]);

		s = socket(AF_UNIX, SOCK_STREAM, 0);
		SHOW_AS(connect(s, (void *)&a, len), "connect %s", names[i]);
		SHOW_AS(bind(s, (void *)&a, len), "bind %s", names[i]);
		if (names[i][0])
			names_of(s);
		close(s);
	}
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	fill(&a, "/tmp/x");
	SHOW(bind(s, (void *)&a, 1));
	SHOW(bind(s, (void *)&a, sizeof(a) + 1));
	SHOW(bind(s, (void *)8, sizeof(a)));
	SHOW(bind(99, (void *)&a, sizeof(a)));
	SHOW(bind(open("/tmp/f", O_RDONLY), (void *)&a, sizeof(a)));
	SHOW(connect(s, (void *)&a, 2));
	a.sun_family = AF_INET;
	SHOW(bind(s, (void *)&a, sizeof(a)));
	SHOW(connect(s, NULL, 0));
	SHOW(getsockname(s, (void *)&a, NULL));
	SHOW(getsockname(99, (void *)&a, &(socklen_t){ sizeof(a) }));
	SHOW(getsockname(s, (void *)&a, &(socklen_t){ -1 }));
	close(s);
}

static void abstract(void)
{
	int s = socket(AF_UNIX, SOCK_SEQPACKET, 0), c = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + 24;

	/* Unique per run, told by its length alone. */
	snprintf(a.sun_path + 1, 30, "/tmp/abstract-%09d", getpid());
	SHOW(bind(s, (void *)&a, len));
	SHOW(listen(s, 1));
	SHOW(connect(c, (void *)&a, len));
	len = sizeof(a);
	SHOW(getpeername(c, (void *)&a, &len));
	printf("  length %d %.14s\n", (int)len, a.sun_path + 1);
	close(s);
	close(c);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW(bind(s, (void *)&a, 2)); /* autobind */
	len = sizeof(a);
	SHOW(getsockname(s, (void *)&a, &len));
	printf("  length %d\n", (int)len);
	close(s);
}

static void receive(int fd)
{
	char data[64] = "";
	struct sockaddr_un from;
	struct iovec v = { data, sizeof(data) };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &v, .msg_iovlen = 1 };
	socklen_t len = sizeof(from);

	memset(&from, '#', sizeof(from));
	if (SHOW(recvfrom(fd, data, sizeof(data), MSG_DONTWAIT | MSG_PEEK, (void *)&from, &len)) < 0)
		return;
	show_address("recvfrom", &from, len);
	memset(&from, '#', sizeof(from));
	SHOW(recvmsg(fd, &m, MSG_DONTWAIT));
	show_address("recvmsg", &from, m.msg_namelen);
	printf("  data %s\n", data);
}

static void send_all(int fd, int to, const char *name)
{
	struct sockaddr_un a;
	socklen_t len = fill(&a, name);
	struct iovec v = { "msg", 3 };
	struct mmsghdr mm[2] = {
		{ .msg_hdr = { .msg_name = &a, .msg_namelen = len, .msg_iov = &v, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_name = &a, .msg_namelen = len, .msg_iov = &v, .msg_iovlen = 1 } },
	};

	SHOW_AS(sendto(fd, "to", 2, 0, (void *)&a, len), "sendto %s", name);
	receive(to);
	SHOW_AS(sendmsg(fd, &mm[0].msg_hdr, 0), "sendmsg %s", name);
	receive(to);
	SHOW_AS(sendmmsg(fd, mm, 2, 0), "sendmmsg %s", name);
	printf("  lengths %u %u\n", mm[0].msg_len, mm[1].msg_len);
	receive(to);
	receive(to);
	printf("  the caller's name is %s\n", strcmp(a.sun_path, name) == 0 ? "untouched" : "changed");
}

static void datagrams(void)
{
	int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct mmsghdr got[3] = { 0 };
	struct sockaddr_un na, nb, from[3];
	char data[3][16];
	struct iovec v[3];
	socklen_t la = fill(&na, "/tmp/dgram-a"), lb = fill(&nb, "/mnt/data/dgram-b");

	SHOW(bind(a, (void *)&na, la));
	SHOW(bind(b, (void *)&nb, lb));
	send_all(a, b, "/mnt/data/dgram-b");
	send_all(b, a, "/tmp/dgram-a");
	send_all(b, a, "/mnt/data/../../tmp/dgram-a");
	send_all(b, a, "/tmp/missing");
	send_all(b, a, "/tmp/f");
	SHOW(connect(a, (void *)&nb, lb));
	names_of(a);
	SHOW(send(a, "hi", 2, 0));
	SHOW(sendto(a, "ho", 2, 0, NULL, 0));
	for (int i = 0; i < 3; i++) {
		v[i] = (struct iovec){ data[i], sizeof(data[i]) };
		got[i].msg_hdr = (struct msghdr){ .msg_name = &from[i], .msg_namelen = sizeof(from[i]),
						  .msg_iov = &v[i], .msg_iovlen = 1 };
	}
	SHOW(recvmmsg(b, got, 3, MSG_DONTWAIT, NULL));
	for (int i = 0; i < 2; i++)
		show_address("recvmmsg", &from[i], got[i].msg_hdr.msg_namelen);
	close(a);
	close(b);
}

static void pass_fd(void)
{
	int pair[2], fd = open("/mnt/data", O_RDONLY), got = -1;
	char room[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	names_of(pair[0]);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	SHOW(sendmsg(pair[0], &m, 0));
	close(fd);
	SHOW(recvmsg(pair[1], &m, 0));
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(got));
	SHOW(fchdir(got));
	show_link("/proc/self/cwd");
	show_file("file");
	close(got);
	NEED(chdir("/tmp") == 0);
}
/* The name that it was bound by stays, wherever the mount is moved to. */
static void moved_mount(void)
{
	struct sockaddr_un a;
	socklen_t len = fill(&a, "/mnt/other/moved");
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	SHOW(bind(s, (void *)&a, len));
	NEED(rename("/mnt", "/elsewhere") == 0);
	names_of(s);
	NEED(rename("/elsewhere", "/mnt") == 0);
	close(s);
	NEED(unlink("/mnt/other/moved") == 0);
}

int main(void)
{
	NEED(chdir("/tmp") == 0);
	make_file("f", "f\n");
	make_link("loop", "loop");
	make_link("gone", "dangling");
	make_link("/mnt/data/linked", "to-linked");
	stream("/tmp/s", SOCK_STREAM);
	stream("relative", SOCK_SEQPACKET);
	stream("/mnt/data/s", SOCK_STREAM);
	stream("/mnt/data/../data/inner/../s", SOCK_STREAM);
	stream("/mnt/ro/s", SOCK_STREAM);
	named("/tmp/", 100);
	named("/tmp/", 107);
	named("/tmp/", 108);
	named("/tmp/", 109);
	named("/mnt/data/", 108);
	named("/a-bind-whose-name-is-rather-long-so-that-the-name-of-a-socket-in-it-just-fits/", 90);
	errors();
	abstract();
	datagrams();
	pass_fd();
	moved_mount();
	return 0;
}
