/* SPDX-License-Identifier: MIT */
/*
 * Who is at the other end of a unix socket: SO_PEERCRED and SO_PEERGROUPS, in sessions with an
 * identity. The kernel keeps the peer's ids of when it listened, connected or made a pair; to it
 * they are all the same, but with them it keeps the pid. What the guest of that pid was then has
 * been noted (tracee/who.h): the last time of each kind, so that a process which connects twice
 * under different ids is told as of the second.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/cred.h"
#include "syscall/handlers.h"
#include "tracee/call.h"
#include "tracee/agent.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int sys_listen(struct call *c)
{
	return who_note(c->t, WHO_LISTENED);
}

int sys_socketpair(struct call *c)
{
	return who_note(c->t, WHO_CONNECTED);
}

/* The guest's descriptor, opened for us as well: Linux 5.6. -1 where that cannot be had. */
static int borrow(const struct tracee *t, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, t->process->pid, 0);
	int ours = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	if (pidfd >= 0)
		close(pidfd);
	return ours;
}

/* A peer with a name is one that listens; who connects has none, or a rare one. */
static bool peer_has_name(int ours)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	return getpeername(ours, (void *)&a, &len) == 0 && len > sizeof(a.sun_family);
}

/* The guest that the peer was; NULL: an outsider, or one long gone. `ours` is -1 or the socket. */
static const struct cred *peer_of(struct session *s, pid_t pid, int ours)
{
	const struct cred *listened = who_then(s, pid, WHO_LISTENED);
	const struct cred *connected = who_then(s, pid, WHO_CONNECTED);

	if (listened && connected)
		return ours >= 0 && peer_has_name(ours) ? listened : connected;
	if (!listened && !connected)
		return who_cred(s, pid);
	return listened ? listened : connected;
}

/* As much of the kernel's answer as there was room for. */
static int peercred_exit(struct call *c)
{
	struct session *s = tracee_session(c->t);
	struct ucred peer = { 0, (uid_t)-1, (gid_t)-1 };
	const struct cred *cred;
	int ours, len;

	if (c->result < 0 || mem_read(c->t, c->arg[4], &len, sizeof(len)) < 0 ||
	    len < (int)sizeof(peer.pid) || len > (int)sizeof(peer) ||
	    mem_read(c->t, c->arg[3], &peer, (size_t)len) < 0 || peer.pid == 0)
		return 0;
	ours = borrow(c->t, (int)c->arg[0]);
	cred = peer_of(s, peer.pid, ours);
	if (ours >= 0)
		close(ours);
	peer.uid = cred ? cred->euid : who_uid(s, peer.uid);
	peer.gid = cred ? cred->egid : who_gid(s, peer.gid);
	mem_write(c->t, c->arg[3], &peer, (size_t)len);
	return 0;
}

/* sk_getsockopt: ERANGE tells how much room there should be. */
static int answer_groups(struct call *c, const uint32_t *groups, unsigned count)
{
	int len, need = (int)(count * sizeof(*groups));

	if (mem_read(c->t, c->arg[4], &len, sizeof(len)) < 0)
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (len >= need && mem_write(c->t, c->arg[3], groups, (size_t)need) < 0)
		return -EFAULT;
	if (mem_write(c->t, c->arg[4], &need, sizeof(need)) < 0)
		return -EFAULT;
	return len < need ? -ERANGE : call_answer(c, 0);
}

/* Our own question finds the errors of the descriptor; an outsider's groups are nobody's. */
static int peergroups(struct call *c)
{
	static const uint32_t nobody = WHO_NOBODY;
	struct session *s = tracee_session(c->t);
	int ours = borrow(c->t, (int)c->arg[0]), r;
	const struct cred *cred;
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (ours < 0)
		return errno == EBADF ? 0 : -ENOPROTOOPT; /* as before Linux 4.13 */
	r = getsockopt(ours, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	if (r < 0 || peer.pid == 0) {
		close(ours);
		return 0;
	}
	cred = peer_of(s, peer.pid, ours);
	close(ours);
	return cred ? answer_groups(c, cred->groups, cred->group_count) :
		      answer_groups(c, &nobody, 1);
}

int sys_getsockopt(struct call *c)
{
	if ((int)c->arg[1] != SOL_SOCKET)
		return 0;
	switch ((int)c->arg[2]) {
	case SO_PEERCRED:
		return call_want_exit(c, peercred_exit);
	case SO_PEERGROUPS:
		return peergroups(c);
	default:
		return 0;
	}
}

/* From now on credentials may come in: syscall/scm.h. */
int sys_setsockopt(struct call *c)
{
	int on = 0;

	if ((int)c->arg[1] == SOL_SOCKET && (int)c->arg[2] == SO_PASSCRED &&
	    mem_read(c->t, c->arg[3], &on, sizeof(on)) == 0 && on) {
		tracee_session(c->t)->passcred = true;
		agent_expect_credentials(tracee_session(c->t));
	}
	return 0;
}
