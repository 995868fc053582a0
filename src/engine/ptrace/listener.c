/* SPDX-License-Identifier: MIT */
/*
 * The listener of our filter. A process tree has room for one seccomp listener: while ours is open
 * the kernel answers EBUSY to a guest that wants its own, which could decide over calls past us
 * (SECCOMP_USER_NOTIF_FLAG_CONTINUE outranks RET_TRACE; seccomp_unotify(2)). Nothing is ever sent
 * to it. pr exec brings a further filter, and listener, for each command; these go when nobody is
 * left below them.
 */
#include <poll.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/ptrace/start.h"
#include "tracee/session.h"

/* Since Linux 5.9 one of a filter that nobody is under any more says so. */
static bool is_of_nobody(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP);
}

static void drop_unused(struct session *s)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < s->listener_count; i++) {
		if (is_of_nobody(s->listeners[i]))
			close(s->listeners[i]);
		else
			s->listeners[kept++] = s->listeners[i];
	}
	s->listener_count = kept;
}

void listener_take(struct session *s, pid_t pid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), taken, *list;

	if (pidfd < 0)
		return;
	taken = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	if (taken < 0)
		return;
	drop_unused(s);
	list = talloc_realloc(s, s->listeners, int, s->listener_count + 1);
	if (!list)
		return; /* it stays open for good */
	s->listeners = list;
	list[s->listener_count++] = taken;
}
