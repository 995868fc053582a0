/* SPDX-License-Identifier: MIT */
/*
 * The guest's own seccomp under ours. The kernel runs its filters beside ours and all is as the
 * guest asked, but for two things that our filter spoils: no_new_privs, which a filter needs and
 * which is ours, not the guest's; and strict mode, which the kernel gives to nobody who has a
 * filter. That mode becomes a filter for four calls; any other ends the guest.
 */
#include "syscall/seccomp.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <unistd.h>

#include "ident/cred.h"
#include "syscall/handlers.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#define KNOWN_FLAGS 0x3fu /* SECCOMP_FILTER_FLAG_*, up to WAIT_KILLABLE_RECV */

/* read, write, exit and sigreturn: mode1_syscalls in the kernel's seccomp.c */
enum { STRICT_CALLS = 4, STRICT_LEN = 2 + 1 + STRICT_CALLS + 2 };

#define STMT(code, k) (struct sock_filter)BPF_STMT(code, k)
#define JUMP_IF(k, t, f) (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, t, f)
#define LOAD(field) STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))

static void make_strict_program(const struct abi *abi, struct sock_filter *f)
{
	const int old = sys_number(abi, SC_sigreturn);
	const int allowed[STRICT_CALLS] = {
		sys_number(abi, SC_read),
		sys_number(abi, SC_write),
		sys_number(abi, SC_exit),
		old < 0 ? sys_number(abi, SC_rt_sigreturn) : old,
	};

	*f++ = LOAD(arch);
	*f++ = JUMP_IF(abi->audit_arch, 0, STRICT_CALLS + 1);
	*f++ = LOAD(nr);
	for (unsigned char i = 0; i < STRICT_CALLS; i++)
		*f++ = JUMP_IF((uint32_t)allowed[i], STRICT_CALLS - i, 0);
	*f++ = STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	*f = STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

/* seccomp_sync_threads: the others get the caller's no_new_privs with its filter. */
static void sync_no_new_privs(const struct tracee *from)
{
	struct session *s = tracee_session(from);
	struct tracee *t, *next;

	HASH_ITER(hh, s->tracees, t, next)
		if (t->process == from->process)
			t->cred->no_new_privs |= from->cred->no_new_privs;
}

static bool has_synced(const struct call *c)
{
	return c->id == SC_seccomp && c->result == 0 &&
	       (c->guest_arg[1] & SECCOMP_FILTER_FLAG_TSYNC);
}

static int installed(struct call *c)
{
	if (c->result >= 0)
		c->t->process->own_seccomp = true;
	if (c->t->cred && has_synced(c))
		sync_no_new_privs(c->t);
	return 0;
}

static int strict_installed(struct call *c)
{
	c->t->strict = c->result >= 0;
	return installed(c);
}

static int enter_strict(struct call *c)
{
	struct sock_filter program[STRICT_LEN];
	struct sock_fprog prog = { .len = STRICT_LEN };
	size_t at, to;
	int r;

	make_strict_program(c->abi, program);
	r = call_stage(c, program, sizeof(program), &to);
	if (r == 0)
		r = call_stage(c, &prog, sizeof(prog), &at);
	if (r == 0)
		r = call_point_staged(c, at + c->abi->word_bytes, to);
	if (r == 0)
		r = call_point_arg(c, 2, at);
	if (r < 0)
		return r;
	c->nr = sys_number(c->abi, SC_seccomp);
	call_set_arg(c, 0, SECCOMP_SET_MODE_FILTER);
	call_set_arg(c, 1, 0);
	return call_want_exit(c, strict_installed);
}

static bool may_install(const struct tracee *t)
{
	if (t->cred)
		return t->cred->no_new_privs || cred_capable(t->cred, CAP_SYS_ADMIN);
	return t->process->no_new_privs || geteuid() == 0;
}

/* In the kernel's order: what is wrong with the arguments comes first. */
static int check_filter(const struct call *c, uint64_t flags, uint64_t prog)
{
	uint16_t len;

	if (may_install(c->t) || (flags & ~(uint64_t)KNOWN_FLAGS))
		return 0;
	if (mem_read(c->t, prog, &len, sizeof(len)) < 0)
		return 0; /* EFAULT */
	return len == 0 || len > BPF_MAXINSNS ? 0 : -EACCES;
}

/*
 * Does the program load the instruction pointer? A rewritten call is judged once more, by the
 * registers it has then (__seccomp_filter after RET_TRACE): it must not come from a stub.
 */
static bool asks_for_place(const struct call *c, uint64_t prog)
{
	struct sock_filter f[64];
	uint16_t len;
	uint64_t at;

	if (mem_read(c->t, prog, &len, sizeof(len)) < 0 ||
	    mem_read_word(c->t, prog + c->abi->word_bytes, c->abi->word_bytes, &at) < 0)
		return false;
	for (size_t i = 0, n = 0; i < len; i += n, at += n * sizeof(*f)) {
		n = mem_read_some(c->t, at, f, sizeof(f)) / sizeof(*f);
		for (size_t j = 0; j < n && i + j < len; j++)
			if (f[j].code == (BPF_LD | BPF_W | BPF_ABS) &&
			    (f[j].k & ~4u) == offsetof(struct seccomp_data, instruction_pointer))
				return true;
		if (n == 0)
			return false; /* EFAULT */
	}
	return false;
}

int seccomp_set_filter(struct call *c, uint64_t flags, uint64_t prog)
{
	int r = check_filter(c, flags, prog);

	if (r == 0 && asks_for_place(c, prog))
		c->t->process->place_seccomp = true;
	return r < 0 ? r : call_want_exit(c, installed);
}

int seccomp_set_strict(struct call *c)
{
	if (!(tracee_session(c->t)->has & HAS_SECCOMP))
		return call_want_exit(c, installed);
	return c->t->process->own_seccomp ? 0 : enter_strict(c); /* EINVAL from the kernel */
}

int sys_seccomp(struct call *c)
{
	switch ((uint32_t)c->guest_arg[0]) {
	case SECCOMP_SET_MODE_FILTER:
		return seccomp_set_filter(c, (uint32_t)c->guest_arg[1], c->guest_arg[2]);
	case SECCOMP_SET_MODE_STRICT:
		return (uint32_t)c->guest_arg[1] || c->guest_arg[2] ? 0 : seccomp_set_strict(c);
	default:
		return 0;
	}
}
