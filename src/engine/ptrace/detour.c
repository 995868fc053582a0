/* SPDX-License-Identifier: MIT */
/*
 * A detour: the guest's call is replaced by one of ours, and when that is done the guest's own
 * instruction runs again. Used to make an area (return stubs and slots) in a process that has
 * none: static programs, which the kernel starts without our loader, and processes with more
 * threads than slots; and for what a handler can only have done by the guest (lseek).
 *
 * Each step is a whole detour that leaves nothing half done, so a signal may come between any two,
 * unless the handler that asks for several says otherwise.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <talloc.h>

#include "engine/ptrace/inner.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/regs.h"
#include "arch/area.h"
#include "syscall/table.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* So many, and the guest unmaps them on purpose. */
enum { AREAS_MAX = 4096 };

/* An area that somebody mapped and nobody unlocked yet: its index, or -1. */
static int unready_area(const struct mm *mm, enum area_code code)
{
	for (unsigned i = 0; i < mm->area_count; i++)
		if (!mm->areas[i].ready && mm->areas[i].code == code)
			return (int)i;
	return -1;
}

void detour_forget_area(struct tracee *t)
{
	struct area *a = &t->mm->areas[t->area];

	a->slots = 0;
	a->ready = true;
	t->slot = -1;
}

static void begin(struct tracee *t, enum detour what, enum sc id, const uint64_t arg[6])
{
	int nr = sys_number(t->call.abi, id);
	int r = regs_begin_detour(t, nr, arg);

	if (r < 0 && r != -ESRCH) {
		tracee_fail(t, "its registers cannot be written");
		return;
	}
	t->phase = PHASE_DETOUR;
	t->detour = what;
	loop_resume(t, 0);
}

/* Plain memory for what no slot can hold. */
void detour_lend_memory(struct tracee *t)
{
	const size_t size = (t->call.need_bytes + 0xffff) & ~(size_t)0xffff;
	const uint64_t arg[6] = { 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  (uint64_t)-1, 0 };

	t->call.need_bytes = size;
	begin(t, DETOUR_LEND, t->call.abi->word_bytes == 4 ? SC_mmap2 : SC_mmap, arg);
}

/* The thread takes no signal but those that nothing holds back. */
static void hold_signals(struct tracee *t)
{
	const uint64_t all = ~(uint64_t)0;

	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(t->quiet_mask), &t->quiet_mask) == 0)
		t->quiet = ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) == 0;
}

void detour_release_signals(struct tracee *t)
{
	ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(t->quiet_mask), &t->quiet_mask);
	t->quiet = false;
}

/* A call of the handler's, on what only the guest has. */
void detour_call(struct tracee *t)
{
	if (t->call.before_quiet && !t->quiet)
		hold_signals(t);
	begin(t, DETOUR_CALL, (enum sc)t->call.before, t->call.before_arg);
	memset(t->call.before_arg, 0, sizeof(t->call.before_arg));
}

/*
 * Mapped readable and executable: the code is poked in, then the slots are made writable. Without
 * code they are it from the beginning.
 */
static void begin_map(struct tracee *t)
{
	const int prot = t->call.code == AREA_BARE ? PROT_WRITE : PROT_EXEC;
	const uint64_t arg[6] = { 0, AREA_SIZE, (uint64_t)(PROT_READ | prot),
				  MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0 };

	begin(t, DETOUR_MAP_AREA, t->call.abi->word_bytes == 4 ? SC_mmap2 : SC_mmap, arg);
}

static void begin_unlock(struct tracee *t, unsigned area)
{
	const struct area *a = &t->mm->areas[area];
	const uint64_t arg[6] = { a->base + AREA_DATA_OFFSET, AREA_SIZE - AREA_DATA_OFFSET,
				  PROT_READ | PROT_WRITE, 0, 0, 0 };

	t->detour_area = area;
	begin(t, DETOUR_UNLOCK_AREA, SC_mprotect, arg);
}

void detour_make_area(struct tracee *t)
{
	int unready;

	if (t->slot >= 0)
		detour_forget_area(t);
	unready = unready_area(t->mm, t->call.code);
	if (t->mm->area_count >= AREAS_MAX) {
		tracee_fail(t, "its memory for rewritten calls was unmapped too often");
		loop_resume(t, 0);
		return;
	}
	if (unready >= 0)
		begin_unlock(t, (unsigned)unready);
	else
		begin_map(t);
}

static int area_mapped(struct tracee *t, uint64_t base)
{
	const enum area_code kind = t->call.code;
	const struct area area = { .base = base, .slots = AREA_SLOTS, .code = kind,
				   .ready = kind == AREA_BARE };
	uint8_t code[AREA_SLOTS * AREA_STUB_STRIDE];
	int r;

	if (kind == AREA_BARE)
		return mm_add_area(t->mm, &area);
	for (unsigned i = 0; i < AREA_SLOTS; i++)
		area_stub_write(kind, code + i * AREA_STUB_STRIDE, area_stub(base, i),
				area_slot(base, i));
	r = mem_poke(t, base + AREA_CODE_OFFSET, code, sizeof(code));
	return r < 0 ? r : mm_add_area(t->mm, &area);
}

/* Other threads of the mm may be on the same way: what this one did is all that is counted. */
static int outcome(struct tracee *t)
{
	int64_t result = t->call.result;

	if (t->detour == DETOUR_CALL) {
		t->call.before_result = result;
		return 0;
	}
	if (result < 0 && result > -4096)
		return (int)result;
	switch (t->detour) {
	case DETOUR_MAP_AREA:
		return area_mapped(t, (uint64_t)result);
	case DETOUR_UNLOCK_AREA:
		t->mm->areas[t->detour_area].ready = true;
		break;
	case DETOUR_LEND:
		return mm_add_loan(t, (uint64_t)result, t->call.need_bytes);
	case DETOUR_CALL:
		break;
	}
	return 0;
}

void detour_ended(struct tracee *t)
{
	int r = outcome(t);

	t->phase = PHASE_RUN;
	if (r < 0 && regs_is_there(t))
		tracee_fail(t, "no memory for rewritten calls");
	else if (r >= 0)
		regs_rerun(t);
	inner_call_again(t);
	loop_resume(t, 0);
}
