/* SPDX-License-Identifier: MIT */
/*
 * Only registers that changed are written: on x86_64 one by one, as PTRACE_POKEUSER costs a third
 * of PTRACE_SETREGS, or, two and more arguments, by PTRACE_SET_SYSCALL_INFO, which costs as one. A
 * rewritten call there returns through a stub in the guest's slot that puts the argument registers
 * back, which saves the exit stop; see arch/area.h. Machines without stubs take that stop.
 *
 * Invariant: whenever guest code, or a signal handler of it, can look, every register but the
 * result is the guest's own.
 */
#include "engine/ptrace/regs.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>

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

static int change(const struct tracee *t, const struct reg_changes *changes)
{
	return changes->count ? regset_change(t->tid, changes) : 0;
}

static void put_args(struct reg_changes *changes, const struct abi_regs *regs,
		     const uint64_t arg[6])
{
	for (int i = 0; i < 6; i++)
		reg_change(changes, regs->arg[i], arg[i]);
}

/*
 * A 32-bit call is told with its registers cut to 32 bits, but 64-bit code that makes one keeps the
 * whole of them (and a far jump leads from one kind of code to the other).
 */
static int read_held_args(struct tracee *t)
{
	const struct abi_regs *regs = t->call.abi->regs;
	struct regset all;
	struct call *c = &t->call;
	int r;

	if (c->abi->word_bytes == 8) {
		memcpy(c->held_arg, c->guest_arg, sizeof(c->held_arg));
		c->code = area_code_of(c->abi->word_bytes, true);
		c->call_bytes = ARCH_CALL_BYTES;
		return 0;
	}
	r = regset_read(t->tid, &all);
	if (r < 0)
		return r;
	for (int i = 0; i < 6; i++)
		c->held_arg[i] = arch_reg(&all, regs->arg[i]);
	c->code = area_code_of(c->abi->word_bytes, regset_is_wide(&all));
	c->call_bytes = (unsigned char)regset_call_bytes(&all);
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
	struct reg_changes changes = { 0 };

	c->guest_nr = f->nr;
	c->ip = f->ip;
	for (int i = 0; i < 6; i++)
		c->guest_arg[i] = c->abi->word_bytes == 8 ? f->arg[i] : (uint32_t)f->arg[i];
	memcpy(c->held_arg, f->arg, sizeof(f->arg));
	put_args(&changes, c->abi->regs, f->arg);
	reg_change(&changes, c->abi->regs->ip, f->ip);
	reg_change(&changes, c->abi->regs->nr, (unsigned long)f->nr);
	return change(t, &changes);
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

/* Some kernels extend every result of a 32-bit call by its sign (arm64), addresses as well. */
static int64_t result_of(const struct call *c, int64_t rval)
{
	const int32_t low = (int32_t)rval;

	if (!c->abi || c->abi->word_bytes == 8)
		return rval;
	return low < 0 && low >= -4095 ? low : (int64_t)(uint32_t)low;
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
		t->call.result = result_of(&t->call, info.exit.rval);
		*ret = CALL_STOP_EXIT;
		return 0;
	default:
		*ret = CALL_STOP_NONE;
		return 0;
	}
}

static int answer(struct tracee *t)
{
	const struct call *c = &t->call;
	struct reg_changes changes = { 0 };

	reg_change(&changes, c->abi->regs->nr, -1ul);
	reg_change(&changes, c->abi->regs->result, (unsigned long)c->result);
	return change(t, &changes);
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

static void put_changed_args(struct reg_changes *changes, const struct abi_regs *regs,
			     const uint64_t from[6], const uint64_t to[6])
{
	for (int i = 0; i < 6; i++)
		if (from[i] != to[i])
			reg_change(changes, regs->arg[i], to[i]);
}

static void enter_stub(struct tracee *t, struct reg_changes *changes)
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
	reg_change(changes, c->abi->regs->ip, stub + AREA_STUB_ENTRY);
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

static void put_call(struct tracee *t, struct reg_changes *changes)
{
	const struct call *c = &t->call;

	put_changed_args(changes, c->abi->regs, c->guest_arg, c->arg);
	if (c->nr != c->guest_nr)
		reg_change(changes, c->abi->regs->nr, (unsigned long)c->nr);
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
	struct reg_changes changes = { 0 };
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
		put_call(t, &changes);
	else if (r < 0)
		return r;
	if (how == RETURN_BY_STUB)
		enter_stub(t, &changes);
	return change(t, &changes);
}

/*
 * Where the result is in an argument's register that one is gone. For a call that is to be made
 * again the kernel has kept what it was.
 */
static void put_held_args(struct reg_changes *changes, const struct call *c)
{
	const struct abi_regs *regs = c->abi->regs;

	for (int i = 0; i < 6; i++)
		if (c->arg[i] != c->held_arg[i] && regs->arg[i] != regs->result)
			reg_change(changes, regs->arg[i], c->held_arg[i]);
}

int regs_restore(struct tracee *t, int changed)
{
	const struct call *c = &t->call;
	struct reg_changes changes = { 0 };

	if (c->flags & CALL_CHANGED)
		put_held_args(&changes, c);
	if (c->nr != c->guest_nr)
		reg_change(&changes, c->abi->regs->nr, (unsigned long)c->guest_nr);
	if (changed)
		reg_change(&changes, c->abi->regs->result, (unsigned long)c->result);
	return change(t, &changes);
}

int regs_leave_stub(struct tracee *t)
{
	struct inflight *f = &t->inflight;
	const struct abi_regs *regs = t->call.abi ? t->call.abi->regs : NULL;
	struct reg_changes changes = { 0 };
	uint64_t ip;
	int r;

	if (!f->active)
		return 0;
	r = regset_peek(t->tid, regs->ip, &ip);
	if (r < 0)
		return r;
	f->active = false;
	if (ip < f->stub_begin || ip >= f->stub_end)
		return 0;
	put_args(&changes, regs, f->arg);
	reg_change(&changes, regs->ip, f->ip - (ip == f->stub_begin ? ARCH_CALL_BYTES : 0));
	if (t->call.nr != f->nr)
		reg_change(&changes, regs->nr, (unsigned long)f->nr);
	r = change(t, &changes);
	return r < 0 ? r : 1;
}

int regs_begin_detour(struct tracee *t, int nr, const uint64_t arg[6])
{
	const struct abi_regs *regs = t->call.abi->regs;
	struct reg_changes changes = { 0 };

	put_args(&changes, regs, arg);
	reg_change(&changes, regs->nr, (unsigned long)nr);
	return change(t, &changes);
}

int regs_rerun(struct tracee *t)
{
	const struct call *c = &t->call;
	const struct abi_regs *regs = c->abi->regs;
	struct reg_changes changes = { 0 };

	put_args(&changes, regs, c->held_arg);
	reg_change(&changes, regs->nr_in, (unsigned long)c->guest_nr);
	reg_change(&changes, regs->ip, c->ip - c->call_bytes);
	/* An argument must not be taken for the result of a call that is to be restarted. */
	if (regs->arg[0] == regs->result)
		reg_change(&changes, regs->nr, -1ul);
	return change(t, &changes);
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
