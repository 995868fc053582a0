/* SPDX-License-Identifier: MIT */
/*
 * The kernel tells the sender's real uid, and a dead child's, as the host knows them. They are told
 * anew in signals that are delivered, and in what waitid(2) and sigtimedwait(2) return;
 * signalfd(2) is read past us and tells the host's.
 */
#include "syscall/siginfo.h"

#include <stdint.h>

#include "ident/cred.h"
#include "syscall/handlers.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* Does a siginfo with this code have the uid of a process in it, put there by the kernel? */
static bool tells_uid(int sig, int code)
{
	if (code == SI_USER || code == SI_TKILL || code == SI_MESGQ)
		return true;
	return sig == SIGCHLD && code >= CLD_EXITED && code <= CLD_CONTINUED;
}

static uint32_t uid_of(struct session *s, pid_t pid, uint32_t host)
{
	const struct cred *c = who_cred(s, pid);

	return c ? c->uid : who_uid(s, host);
}

bool siginfo_tell(struct tracee *t, siginfo_t *info)
{
	struct session *s = tracee_session(t);

	if (!tells_uid(info->si_signo, info->si_code) || info->si_pid == 0)
		return false;
	if (info->si_pid == s->tracer_pid) { /* at the end, or for a pr exec: from outside */
		info->si_pid = 0;
		info->si_uid = 0;
	} else if (!s->identity) {
		return false;
	} else {
		info->si_uid = uid_of(s, info->si_pid, info->si_uid);
	}
	return true;
}

/* Where an ABI's siginfo has the pid; the uid follows. The number and the code are before it. */
static uint64_t pid_offset(const struct call *c)
{
	return c->abi->word_bytes == 8 ? 16 : 12;
}

/* In the exit stop: the kernel wrote a siginfo at addr. */
static void tell_written(struct call *c, uint64_t addr)
{
	int32_t head[3], ids[2];
	siginfo_t info = { 0 };

	if (mem_read(c->t, addr, head, sizeof(head)) < 0 ||
	    mem_read(c->t, addr + pid_offset(c), ids, sizeof(ids)) < 0)
		return;
	info.si_signo = head[0];
	info.si_code = head[2];
	info.si_pid = ids[0];
	info.si_uid = (uid_t)ids[1];
	if (!siginfo_tell(c->t, &info))
		return;
	ids[0] = info.si_pid;
	ids[1] = (int32_t)info.si_uid;
	mem_write(c->t, addr + pid_offset(c), ids, sizeof(ids));
}

static int waitid_exit(struct call *c)
{
	if (c->result == 0)
		tell_written(c, c->guest_arg[2]);
	return 0;
}

int sys_waitid(struct call *c)
{
	return c->guest_arg[2] ? call_want_exit(c, waitid_exit) : 0;
}

static int sigtimedwait_exit(struct call *c)
{
	if (c->result > 0)
		tell_written(c, c->guest_arg[1]);
	return 0;
}

int sys_rt_sigtimedwait(struct call *c)
{
	return c->guest_arg[1] ? call_want_exit(c, sigtimedwait_exit) : 0;
}
