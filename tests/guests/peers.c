// SPDX-License-Identifier: MIT
/*
 * Who is at the other end of a socket: SO_PEERCRED and SO_PEERGROUPS of pairs, listeners and their
 * clients, at the time it counts; SCM_CREDENTIALS sent and received, and those that are refused.
 *
 * kind: identity
 */
#include "guest.h"

#include <grp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

static pid_t first; /* the test itself */

static const char *name_of(pid_t pid, pid_t other)
{
	return pid == 0 ? "none" : pid == getpid() ? "self" : pid == first ? "first" :
	       pid == other ? "other" : "somebody";
}

static void show_peer(const char *what, int fd, pid_t other)
{
	struct ucred u = { 1, 2, 3 };
	socklen_t len = sizeof(u);

	if (SHOW_AS(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len), "%s", what) == 0)
		printf("  %s uid %d gid %d (%d)\n", name_of(u.pid, other), (int)u.uid, (int)u.gid, len);
}

static void show_groups(int fd, int room)
{
	gid_t g[32];
	socklen_t len = room * sizeof(*g);

	if (SHOW_AS(getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, g, &len), "groups, room for %d", room) < 0)
		printf("  %d bytes\n", len);
	else
		for (size_t i = 0; i < len / sizeof(*g); i++)
			printf("  %d\n", g[i]);
}

static int become(uid_t real, uid_t effective, uid_t saved)
{
	const gid_t groups[] = { real + 7, real + 8 };

	return setgroups(2, groups) || setresgid(real, effective, saved) ||
	       setresuid(real, effective, saved) ? -1 : 0;
}

/* ---- SO_PEERCRED ---------------------------------------------------------------------------- */

static int pair_child(void *arg)
{
	int *fd = arg;

	NEED(become(1000, 1000, 1000) == 0);
	show_peer("the child's end", fd[0], 0);
	show_groups(fd[0], 32);
	return 0;
}

static void pairs(int type)
{
	int fd[2];

	SHOW(socketpair(AF_UNIX, type, 0, fd));
	show_peer("one end", fd[0], 0);
	show_peer("other end", fd[1], 0);
	finish("child", start(pair_child, fd));
	close(fd[0]);
	close(fd[1]);
}

static int pair_of_user(void *arg)
{
	(void)arg;
	NEED(become(1000, 1001, 1000) == 0);
	pairs(SOCK_STREAM);
	return 0;
}

static socklen_t address(struct sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, "/tmp/socket", sizeof("/tmp/socket"));
	return sizeof(*a);
}

static int client_pipe[2], server_pipe[2];

static void tell(const int pipe[2])
{
	NEED(write(pipe[1], "", 1) == 1);
}

static void await(const int pipe[2])
{
	char byte;

	NEED(read(pipe[0], &byte, 1) == 1);
}

/* Connects as 1001, is 1002 afterwards, and may be gone when it is asked about. */
static int client(void *arg)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un a;
	socklen_t len = address(&a);

	NEED(become(1001, 1001, 0) == 0);
	SHOW(connect(fd, (void *)&a, len));
	NEED(setresuid(1001, 0, 0) == 0 && become(1002, 1002, 1002) == 0);
	show_peer("the server", fd, getppid());
	show_groups(fd, 32);
	tell(server_pipe);
	if (arg)
		await(client_pipe);
	return 0;
}

static int server_after_listen(int fd, bool client_lives)
{
	pid_t pid = start(client, client_lives ? (void *)1 : NULL);
	struct sockaddr_un a;
	socklen_t len = sizeof(a);
	int peer;

	NEED(become(1000, 1000, 1000) == 0); /* after it has listened as root */
	await(server_pipe);
	if (!client_lives)
		finish("client", pid);
	peer = SHOW(accept(fd, (void *)&a, &len));
	show_peer("the client", peer, pid);
	show_groups(peer, 32);
	show_groups(peer, 1);
	show_groups(peer, 0);
	show_peer("who listens", fd, pid);
	if (client_lives) {
		tell(client_pipe);
		finish("client", pid);
		show_peer("the client, gone", peer, pid);
	}
	return 0;
}

static int server(void *arg)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un a;
	socklen_t len = address(&a);

	unlink("/tmp/socket");
	NEED(chmod("/tmp", 01777) == 0);
	SHOW(bind(fd, (void *)&a, len));
	NEED(chmod("/tmp/socket", 0777) == 0);
	SHOW(setgroups(1, (gid_t[]){ 5 }));
	show_peer("not listening", fd, 0);
	SHOW(listen(fd, 1));
	show_peer("listening", fd, 0);
	return server_after_listen(fd, arg != NULL);
}

static void others(void)
{
	int fd[2], u = socket(AF_UNIX, SOCK_DGRAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);
	struct ucred c = { 7, 7, 7 };
	socklen_t len = 8;

	show_peer("unix", u, 0);
	show_peer("tcp", t, 0);
	show_peer("no socket", 0, 0);
	show_peer("nothing", 99, 0);
	show_groups(u, 32);
	show_groups(99, 32);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	SHOW(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, &c, &len));
	printf("  uid %d gid %d len %d\n", c.uid, c.gid, len);
	len = 100;
	SHOW(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, &c, &len));
	printf("  len %d\n", len);
	len = -1;
	SHOW(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, &c, &len));
	SHOW(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, NULL, NULL));
	SHOW(getsockopt(fd[0], SOL_SOCKET, SO_PEERGROUPS, NULL, NULL));
	SHOW(getsockopt(fd[0], SOL_SOCKET, SO_PEERGROUPS, &c, &len));
	close(fd[0]);
	close(fd[1]);
	close(u);
	close(t);
}

/* ---- SCM_CREDENTIALS ------------------------------------------------------------------------ */

static int wire[2]; /* [0] receives with credentials */

/* The kernel's own layout, also where libc's headers hide it. */
union control {
	char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void receive(const char *what)
{
	char data[32];
	struct iovec v = { data, sizeof(data) };
	union control room;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c;
	struct ucred u;

	SHOW_AS(recvmsg(wire[0], &m, MSG_DONTWAIT), "receive %s", what);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&u, CMSG_DATA(c), sizeof(u));
			printf("  %s uid %d gid %d\n", name_of(u.pid, 0), u.uid, u.gid);
		} else {
			printf("  message of type %d\n", c->cmsg_type);
		}
	}
}

static ssize_t send_as(pid_t pid, uid_t uid, gid_t gid, int fd)
{
	struct ucred u = { pid, uid, gid };
	char byte = 'x';
	struct iovec v = { &byte, 1 };
	union control room = { { 0 } };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &room,
			    .msg_controllen = fd < 0 ? CMSG_SPACE(sizeof(u)) : sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(u)), .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_CREDENTIALS };
	memcpy(CMSG_DATA(c), &u, sizeof(u));
	if (fd >= 0) {
		c = CMSG_NXTHDR(&m, c);
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET,
				       .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(wire[1], &m, 0);
}

static void try(pid_t pid, uid_t uid, gid_t gid)
{
	if (SHOW_AS(send_as(pid, uid, gid, -1), "send as %s %d %d", name_of(pid, 0), uid, gid) > 0)
		receive("it");
}

/* Said of itself by who has these ids. */
static int sender(void *arg)
{
	const uid_t *id = arg;

	NEED(become(id[0], id[1], id[2]) == 0);
	SHOW(send(wire[1], "implied", 7, 0));
	receive("implied");
	for (int i = 0; i < 3; i++)
		try(getpid(), id[i], id[i]);
	try(getpid(), 77, id[0]);
	try(getpid(), id[0], 77);
	if (id[1] != 0) { /* for root that is a matter of the pid namespace */
		try(getppid(), id[0], id[0]);
		try(1 << 22, id[0], id[0]);
	}
	SHOW(send(wire[1], "implied again", 13, 0));
	SHOW(send_as(getpid(), id[0], id[0], 1));
	receive("without claims");
	receive("with a descriptor");
	return 0;
}

static int leaver(void *arg)
{
	(void)arg;
	NEED(become(1000, 1000, 1000) == 0);
	return SHOW(send(wire[1], "bye", 3, 0)) == 3 ? 0 : 1;
}

static int claimer(void *arg)
{
	(void)arg;
	return SHOW(send_as(getpid(), 55, 66, -1)) == 1 ? 0 : 1;
}

static void many(void)
{
	char data[3][8];
	struct iovec v[3];
	union control room[3];
	struct mmsghdr m[3] = { 0 };
	struct sockaddr_un from[3];

	for (int i = 0; i < 3; i++) {
		v[i] = (struct iovec){ data[i], sizeof(data[i]) };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1, .msg_control = &room[i],
						.msg_controllen = sizeof(room[i]) };
		if (i == 1) {
			m[i].msg_hdr.msg_name = &from[i];
			m[i].msg_hdr.msg_namelen = sizeof(from[i]);
		}
		NEED(send(wire[1], "many", 4, 0) == 4);
	}
	SHOW(recvmmsg(wire[0], m, 3, MSG_DONTWAIT, NULL));
	for (int i = 0; i < 3; i++) {
		struct cmsghdr *c = CMSG_FIRSTHDR(&m[i].msg_hdr);
		struct ucred u = { 0 };

		if (c)
			memcpy(&u, CMSG_DATA(c), sizeof(u));
		printf("  %s uid %d gid %d\n", name_of(u.pid, 0), u.uid, u.gid);
	}
}

static void credentials(int type)
{
	static const uid_t ids[][3] = { { 0, 0, 0 }, { 1000, 1000, 1000 }, { 1000, 1001, 1002 },
					{ 1000, 0, 0 }, { 0, 1000, 1000 } };

	NEED(socketpair(AF_UNIX, type, 0, wire) == 0);
	send(wire[1], "early", 5, 0);
	receive("without asking");
	SHOW(setsockopt(wire[0], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)));
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		printf("ids %d %d %d\n", ids[i][0], ids[i][1], ids[i][2]);
		finish("sender", start(sender, (void *)ids[i]));
	}
	finish("leaver", start(leaver, NULL));
	receive("of who is gone");
	finish("claimer", start(claimer, NULL));
	receive("of who is gone and was another");
	many();
	close(wire[0]);
	close(wire[1]);
}

int main(void)
{
	first = getpid();
	NEED(pipe(client_pipe) == 0 && pipe(server_pipe) == 0);
	pairs(SOCK_STREAM);
	pairs(SOCK_DGRAM);
	finish("pair of a user", start(pair_of_user, NULL));
	finish("server", start(server, NULL));
	finish("server, client alive", start(server, (void *)1));
	others();
	credentials(SOCK_DGRAM);
	credentials(SOCK_SEQPACKET);
	return 0;
}
