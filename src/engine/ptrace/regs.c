/* SPDX-License-Identifier: MIT */
/*
 * Registers are written one by one, only those that changed: PTRACE_POKEUSER costs a third of
 * PTRACE_SETREGS. Two and more arguments go by PTRACE_SET_SYSCALL_INFO, which costs as one. A
 * rewritten call returns through a stub in the guest's slot that puts the argument registers back,
 * which saves the exit stop; see arch/area.h.
 *
 * Invariant: whenever guest code, or a signal handler of it, can look, every register but the
 * result is the guest's own.
 */
#include "engine/ptrace/regs.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "arch/regs.h"
#include "engine/ptrace/filter.h"
#include "arch/area.h"
#include "syscall/table.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#define SET_SYSCALL_INFO 0x4212 /* PTRACE_SET_SYSCALL_INFO */

/* What is staged lies in the slot behind what its stub loads. */
enum { DATA_OFFSET = offsetof(struct area_slot, path) };

_Static_assert(STAGE_BYTES <= sizeof(((struct area_slot *)0)->path), "a slot holds what is staged");

static int poke(const struct tracee *t, size_t offset, uint64_t value)
{
	return ptrace(PTRACE_POKEUSER, t->tid, offset, value) < 0 ? -errno : 0;
}

static int peek(const struct tracee *t, size_t offset, uint64_t *ret)
{
	errno = 0;
	*ret = (uint64_t)ptrace(PTRACE_PEEKUSER, t->tid, offset, 0);
	return -errno;
}

static int write_all_args(const struct tracee *t, const uint64_t arg[6])
{
	const struct abi_regs *regs = t->call.abi->regs;
	int r = 0;

	for (int i = 0; i < 6 && r == 0; i++)
		r = poke(t, regs->arg[i], arg[i]);
	return r;
}

/*
 * A 32-bit call is told with its registers cut to 32 bits, but 64-bit code that makes one keeps the
 * whole of them (and a far jump leads from one kind of code to the other).
 */
static int read_held_args(struct tracee *t)
{
	const struct abi_regs *regs = t->call.abi->regs;
	struct user_regs_struct all;
	struct call *c = &t->call;

	if (c->abi->word_bytes == 8) {
		memcpy(c->held_arg, c->guest_arg, sizeof(c->held_arg));
		c->code = area_code_of(c->abi->word_bytes, true);
		return 0;
	}
	if (ptrace(PTRACE_GETREGS, t->tid, 0, &all) < 0)
		return -errno;
	for (int i = 0; i < 6; i++)
		c->held_arg[i] = arch_reg(&all, regs->arg[i]);
	c->code = area_code_of(c->abi->word_bytes, arch_reg(&all, regs_mode) == regs_mode_wide);
	return 0;
}

/*
 * The kernel restarts a call from inside our stub (no handler ran, so the guest saw nothing). It
 * becomes the guest's own call again, from the copy that the guest cannot touch.
 */
static int resume_inflight(struct tracee *t)
{
	struct inflight *f = &t->inflight;
	struct call *c = &t->call;
	int r;

	c->guest_nr = f->nr;
	c->ip = f->ip;
	for (int i = 0; i < 6; i++)
		c->guest_arg[i] = c->abi->word_bytes == 8 ? f->arg[i] : (uint32_t)f->arg[i];
	memcpy(c->held_arg, f->arg, sizeof(f->arg));
	r = write_all_args(t, f->arg);
	if (r == 0)
		r = poke(t, c->abi->regs->ip, f->ip);
	return r < 0 ? r : poke(t, c->abi->regs->nr, (uint64_t)f->nr);
}

static int decode_entry(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	struct call *c = &t->call;
	int r;

	c->t = t;
	t->entry_op = info->op;
	c->abi = abi_by_audit_arch(info->arch);
	c->guest_nr = (int)info->entry.nr;
	c->ip = info->instruction_pointer;
	c->sp = info->stack_pointer;
	c->flags = 0;
	c->result = 0;
	c->at_exit = NULL;
	c->refused = 0;
	c->need_bytes = 0;
	c->before = SC_none;
	c->before_quiet = false;
	for (int i = 0; i < 6; i++)
		c->guest_arg[i] = info->entry.args[i];
	if (!c->abi)
		return 0;
	r = read_held_args(t);
	if (r == 0 && t->inflight.active && c->ip == t->inflight.stub_begin + AREA_STUB_ENTRY)
		r = resume_inflight(t);
	t->inflight.active = false;
	memcpy(c->arg, c->guest_arg, sizeof(c->arg));
	c->nr = c->guest_nr;
	return r;
}

int regs_read_call(struct tracee *t, enum call_stop *ret)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) < 0)
		return -errno;
	switch (info.op) {
	case PTRACE_SYSCALL_INFO_SECCOMP:
		*ret = info.seccomp.ret_data == FILTER_COOKIE ? CALL_STOP_ENTRY : CALL_STOP_FOREIGN;
		return t->phase == PHASE_DETOUR ? 0 : decode_entry(t, &info);
	case PTRACE_SYSCALL_INFO_ENTRY:
		*ret = CALL_STOP_ENTRY;
		return t->phase == PHASE_DETOUR ? 0 : decode_entry(t, &info);
	case PTRACE_SYSCALL_INFO_EXIT:
		t->call.result = info.exit.rval;
		*ret = CALL_STOP_EXIT;
		return 0;
	default:
		*ret = CALL_STOP_NONE;
		return 0;
	}
}

static int answer(struct tracee *t)
{
	struct call *c = &t->call;
	int r = poke(t, c->abi->regs->nr, (uint64_t)-1);

	if (r == 0)
		r = poke(t, c->abi->regs->result, (uint64_t)c->result);
	return r;
}

/*
 * Points the staged arguments at the slot and fills it, its header included where a stub needs it.
 */
static int fill_slot(struct tracee *t, enum regs_return how)
{
	struct session *s = tracee_session(t);
	struct stage *stage = &s->stage;
	struct call *c = &t->call;
	struct area_slot image;
	char *data = image.path[0];
	size_t skip = how == RETURN_BY_STUB ? 0 : DATA_OFFSET;
	uint64_t addr;
	int r = tracee_take_slot(t, c->code);

	if (r < 0)
		return r;
	addr = area_slot(t->mm->areas[t->area].base, (unsigned)t->slot);
	image.ret_ip = c->ip;
	memcpy(image.arg, c->held_arg, sizeof(c->held_arg));
	memcpy(data, stage->data, stage->len);
	for (unsigned i = 0; i < stage->count; i++)
		c->arg[stage->ref[i].arg] = addr + DATA_OFFSET + stage->ref[i].offset;
	for (unsigned i = 0; i < stage->pointer_count; i++) {
		uint64_t to = addr + DATA_OFFSET + stage->pointer[i].to;
		memcpy(data + stage->pointer[i].at, &to, c->abi->word_bytes);
	}
	return mem_write(t, addr + skip, (char *)&image + skip, DATA_OFFSET + stage->len - skip);
}

static int write_args(struct tracee *t, const uint64_t from[6], const uint64_t to[6])
{
	const struct abi_regs *regs = t->call.abi->regs;
	int r = 0;

	for (int i = 0; i < 6 && r == 0; i++)
		if (from[i] != to[i])
			r = poke(t, regs->arg[i], to[i]);
	return r;
}

static int enter_stub(struct tracee *t)
{
	struct call *c = &t->call;
	struct inflight *f = &t->inflight;
	uint64_t stub = area_stub(t->mm->areas[t->area].base, (unsigned)t->slot);

	f->active = true;
	f->stub_begin = stub;
	f->stub_end = stub + AREA_STUB_STRIDE;
	f->nr = c->guest_nr;
	f->ip = c->ip;
	memcpy(f->arg, c->held_arg, sizeof(f->arg));
	return poke(t, c->abi->regs->ip, stub + AREA_STUB_ENTRY);
}

/* Linux 6.16: the number and all arguments for the price of one register. */
static int write_call(struct tracee *t)
{
	struct session *s = tracee_session(t);
	const struct call *c = &t->call;
	struct __ptrace_syscall_info info = { .op = t->entry_op };

	info.entry.nr = (uint64_t)c->nr;
	for (int i = 0; i < 6; i++)
		info.entry.args[i] = c->arg[i];
	if (ptrace(SET_SYSCALL_INFO, t->tid, sizeof(info), &info) == 0)
		return 0;
	if (errno == EIO) /* an older kernel: it does not know the request */
		s->has &= ~(unsigned)HAS_SET_SYSCALL_INFO;
	return -errno;
}

static int write_call_by_register(struct tracee *t)
{
	struct call *c = &t->call;
	int r = write_args(t, c->guest_arg, c->arg);

	if (r == 0 && c->nr != c->guest_nr)
		r = poke(t, c->abi->regs->nr, (uint64_t)c->nr);
	return r;
}

static unsigned count_changes(const struct call *c)
{
	unsigned n = c->nr != c->guest_nr;

	for (int i = 0; i < 6; i++)
		n += c->arg[i] != c->guest_arg[i];
	return n;
}

int regs_commit(struct tracee *t, enum regs_return how)
{
	const struct session *s = tracee_session(t);
	struct call *c = &t->call;
	int r;

	if (c->flags & CALL_ANSWERED)
		return answer(t);
	if (!(c->flags & CALL_CHANGED))
		return 0;
	r = fill_slot(t, how);
	if (r < 0)
		return r;
	r = -EIO;
	if ((s->has & HAS_SET_SYSCALL_INFO) && count_changes(c) > 1)
		r = write_call(t);
	if (r == -EIO)
		r = write_call_by_register(t);
	if (r == 0 && how == RETURN_BY_STUB)
		r = enter_stub(t);
	return r;
}

int regs_restore(struct tracee *t, int changed)
{
	struct call *c = &t->call;
	int r = 0;

	if (c->flags & CALL_CHANGED)
		r = write_args(t, c->arg, c->held_arg);
	if (r == 0 && c->nr != c->guest_nr)
		r = poke(t, c->abi->regs->nr, (uint64_t)c->guest_nr);
	if (r == 0 && changed)
		r = poke(t, c->abi->regs->result, (uint64_t)c->result);
	return r;
}

int regs_leave_stub(struct tracee *t)
{
	struct inflight *f = &t->inflight;
	const struct abi_regs *regs = t->call.abi ? t->call.abi->regs : NULL;
	uint64_t ip;
	int r;

	if (!f->active)
		return 0;
	r = peek(t, regs->ip, &ip);
	if (r < 0)
		return r;
	f->active = false;
	if (ip < f->stub_begin || ip >= f->stub_end)
		return 0;
	r = write_all_args(t, f->arg);
	if (r == 0)
		r = poke(t, regs->ip, f->ip - (ip == f->stub_begin ? AREA_STUB_ENTRY : 0));
	if (r == 0 && t->call.nr != f->nr)
		r = poke(t, regs->nr, (uint64_t)f->nr);
	return r < 0 ? r : 1;
}

int regs_begin_detour(struct tracee *t, int nr, const uint64_t arg[6])
{
	int r = write_all_args(t, arg);

	return r < 0 ? r : poke(t, t->call.abi->regs->nr, (uint64_t)nr);
}

int regs_rerun(struct tracee *t)
{
	struct call *c = &t->call;
	int r = write_all_args(t, c->held_arg);

	if (r == 0)
		r = poke(t, c->abi->regs->result, (uint64_t)c->guest_nr);
	if (r == 0)
		r = poke(t, c->abi->regs->ip, c->ip - AREA_STUB_ENTRY);
	return r;
}

int regs_read_place(const struct tracee *t, uint64_t *ret_ip, uint64_t *ret_sp)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) < 0)
		return -errno;
	*ret_ip = info.instruction_pointer;
	*ret_sp = info.stack_pointer;
	return 0;
}

bool regs_fit_stub(const struct tracee *t)
{
	const struct call *c = &t->call;

	if (c->code != AREA_I386)
		return true;
	for (int i = 0; i < 6; i++)
		if (c->held_arg[i] > UINT32_MAX)
			return false;
	return true;
}

bool regs_is_there(const struct tracee *t)
{
	uint64_t ip, sp;

	return regs_read_place(t, &ip, &sp) == 0;
}
