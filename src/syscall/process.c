/* SPDX-License-Identifier: MIT */
/*
 * Calls about processes: births whose flags must change, prctl's view of what we did to the guest,
 * and owners of signals that must not be the tracer's or the front process's.
 */
#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <talloc.h>
#include <unistd.h>

#include "syscall/creds.h"
#include "syscall/fdchange.h"
#include "syscall/handlers.h"
#include "syscall/pidfdinfo.h"
#include "syscall/namespaces.h"
#include "syscall/seccomp.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif

/* What copy_process() refuses before all else, whoever asks: EINVAL. */
static bool is_contradiction(uint64_t flags)
{
	static const uint64_t never_together[] = {
		CLONE_NEWNS | CLONE_FS,
		CLONE_NEWUSER | CLONE_FS,
	};

	for (size_t i = 0; i < sizeof(never_together) / sizeof(never_together[0]); i++)
		if ((flags & never_together[i]) == never_together[i])
			return true;
	return ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND)) ||
	       ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM));
}

/* An untraced child would run on the host: the flag goes, the child comes back as it should. */
int sys_clone(struct call *c)
{
	uint64_t flags = c->guest_arg[0], rest;
	int r;

	if (is_contradiction(flags))
		return 0;
	/* CLONE_NEWTIME's bit is part of the exit signal here. */
	r = namespaces_ask(c->t, flags & ~(uint64_t)CSIGNAL, &rest);
	if (r < 0)
		return r;
	c->t->clone_flags = flags;
	call_set_arg(c, 0, (rest & ~(uint64_t)CLONE_UNTRACED) | (flags & CSIGNAL));
	return call_want_exit(c, NULL);
}

int sys_clone3(struct call *c)
{
	struct clone_args args = { 0 };
	uint64_t size = c->guest_arg[1], rest;
	int r;

	c->t->clone_flags = 0;
	if (size < CLONE_ARGS_SIZE_VER0 || mem_read(c->t, c->guest_arg[0], &args, 8) < 0)
		return 0; /* EINVAL, EFAULT: the kernel's */
	c->t->clone_flags = args.flags;
	if (is_contradiction(args.flags) || (args.flags & CSIGNAL & ~(uint64_t)CLONE_NEWTIME))
		return 0;
	r = namespaces_ask(c->t, args.flags, &rest);
	if (r < 0)
		return r;
	rest &= ~(uint64_t)CLONE_UNTRACED;
	if (rest == args.flags)
		return 0;
	if (size > sizeof(args))
		return -E2BIG;
	if (mem_read(c->t, c->guest_arg[0], &args, size) < 0)
		return -EFAULT;
	args.flags = rest;
	call_want_exit(c, NULL);
	return call_put(c, 0, &args, size);
}

static int prctl_set_seccomp(struct call *c)
{
	switch (c->guest_arg[1]) {
	case SECCOMP_MODE_STRICT:
		return seccomp_set_strict(c);
	case SECCOMP_MODE_FILTER:
		return seccomp_set_filter(c, 0, c->guest_arg[2]);
	default:
		return 0;
	}
}

/* The kernel wrote what it told the program, or as much as there was room for. */
static int auxv_exit(struct call *c)
{
	const struct exec_ids *told = &c->t->mm->told;
	char vector[4096];
	uint64_t n = c->result < 0 ? 0 : (uint64_t)c->result;

	n = n < c->guest_arg[2] ? n : c->guest_arg[2];
	n = n < sizeof(vector) ? n : sizeof(vector);
	if (mem_read(c->t, c->guest_arg[1], vector, n) < 0)
		return 0;
	exec_ids_correct(told, vector, n);
	mem_write(c->t, c->guest_arg[1], vector, n);
	return 0;
}

/* 1: as without an identity. */
static int prctl_of_identity(struct call *c)
{
	switch ((int)c->guest_arg[0]) {
	case PR_SET_PDEATHSIG:
		c->t->pdeathsig = c->guest_arg[1] != 0;
		return 0;
	default:
		return creds_prctl(c);
	}
}

int sys_prctl(struct call *c)
{
	struct tracee *t = c->t;
	const uint64_t *a = c->guest_arg;

	if ((int)a[0] == PR_GET_AUXV)
		return t->mm->told.word_bytes ? call_want_exit(c, auxv_exit) : 0;
	if (t->cred) {
		int r = prctl_of_identity(c);

		if (r != 1)
			return r;
	}
	switch ((int)a[0]) {
	case PR_SET_DUMPABLE:
		/* Kept by us: a guest that really could not be read could not be served either. */
		if (a[1] > 1)
			return -EINVAL;
		t->mm->dumpable = a[1] != 0;
		return call_answer(c, 0);
	case PR_GET_DUMPABLE:
		return call_answer(c, t->mm->dumpable);
	case PR_SET_NO_NEW_PRIVS:
		if (a[1] == 1 && !a[2] && !a[3] && !a[4])
			t->process->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		if (a[1] || a[2] || a[3] || a[4])
			return -EINVAL;
		return call_answer(c, t->process->no_new_privs);
	case PR_SET_SECCOMP:
		return prctl_set_seccomp(c);
	case PR_GET_SECCOMP:
		return t->process->own_seccomp ? 0 : call_answer(c, 0);
	default:
		return 0;
	}
}

/* A process of ours, or (a negative id) the process group that the front shares with its caller. */
static int check_owner(const struct session *s, int id)
{
	pid_t pid = id < 0 ? -id : id;

	if (session_is_ours(s, pid))
		return -ESRCH;
	return id < 0 && pid == getpgid(s->front_pid) ? -EPERM : 0;
}

/* SIGIO and its like, any signal at choice, may be sent to any process of the user: not to ours. */
int sys_fcntl(struct call *c)
{
	int owner = (int)c->guest_arg[2];
	struct f_owner_ex ex;

	if ((int)c->guest_arg[1] == F_SETOWN_EX) {
		if (mem_read(c->t, c->guest_arg[2], &ex, sizeof(ex)) < 0)
			return 0;
		owner = ex.type == F_OWNER_PGRP ? -ex.pid : ex.pid;
	}
	return check_owner(tracee_session(c->t), owner);
}

int sys_ptrace(struct call *c)
{
	return tracee_session(c->t)->guest_ptrace(c);
}

int sys_ioctl(struct call *c)
{
	struct session *s = tracee_session(c->t);
	int owner;

	switch ((uint32_t)c->guest_arg[1]) {
	case FIOSETOWN:
	case SIOCSPGRP:
		if (!s->sandbox || mem_read(c->t, c->guest_arg[2], &owner, sizeof(owner)) < 0)
			return 0;
		return check_owner(s, owner);
	case TIOCSTI: /* what sysctl dev.tty.legacy_tiocsti=0 says */
	case TIOCLINUX:
		return s->sandbox ? -EIO : 0;
	case PIDFD_INFO_0:
	case PIDFD_INFO_1:
	case PIDFD_INFO_2:
		return pidfdinfo_get(c);
	default:
		return s->view_read_only ? fdchange_check(c, (int)c->guest_arg[0]) : 0;
	}
}
