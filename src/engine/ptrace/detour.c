/* SPDX-License-Identifier: MIT */
/*
 * A detour: the guest's call is replaced by one of ours, and when that is done the guest's own
 * instruction runs again. Used to make an area (return stubs and slots) in a process that has
 * none: static programs, which the kernel starts without our loader, and processes with more
 * threads than slots.
 *
 * Each step is a whole detour that leaves nothing half done, so a signal may come between any two.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <talloc.h>

#include "engine/ptrace/loop.h"
#include "engine/ptrace/regs.h"
#include "arch/area.h"
#include "syscall/table.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

static struct area *unready_area(struct mm *mm, bool low)
{
	for (unsigned i = 0; i < mm->area_count; i++)
		if (!mm->areas[i].ready && mm->areas[i].low == low)
			return &mm->areas[i];
	return NULL;
}

/* Areas that the guest unmapped are of no use any more. */
static void forget_lost_areas(struct tracee *t)
{
	struct mm *mm = t->mm;

	for (unsigned i = 0; i < mm->area_count; i++) {
		char probe;
		if (mem_read(t, mm->areas[i].base, &probe, 1) < 0) {
			mm->areas[i].slots = 0;
			mm->areas[i].ready = true;
			if (t->slot >= 0 && t->area == (int)i)
				t->slot = -1;
		}
	}
}

static void begin(struct tracee *t, enum sc id, const uint64_t arg[6])
{
	int nr = sys_number(t->call.abi, id);
	int r = regs_begin_detour(t, nr, arg);

	if (r < 0 && r != -ESRCH) {
		tracee_fail(t, "its registers cannot be written");
		return;
	}
	t->phase = PHASE_DETOUR;
	loop_resume(t, 0);
}

/* Plain memory for what no slot can hold. */
void detour_lend_memory(struct tracee *t)
{
	const size_t size = (t->call.need_bytes + 0xffff) & ~(size_t)0xffff;
	const uint64_t arg[6] = { 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  (uint64_t)-1, 0 };

	t->call.need_bytes = size;
	begin(t, t->call.abi->word_bytes == 4 ? SC_mmap2 : SC_mmap, arg);
}

/* Mapped readable and executable: the code is poked in, then the slots are made writable. */
static void begin_map(struct tracee *t, bool low)
{
	const uint64_t arg[6] = { 0, AREA_SIZE, PROT_READ | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0 };

	begin(t, low ? SC_mmap2 : SC_mmap, arg);
}

static void begin_unlock(struct tracee *t, const struct area *a)
{
	const uint64_t arg[6] = { a->base + AREA_DATA_OFFSET, AREA_SIZE - AREA_DATA_OFFSET,
				  PROT_READ | PROT_WRITE, 0, 0, 0 };

	begin(t, SC_mprotect, arg);
}

void detour_make_area(struct tracee *t)
{
	bool low = t->call.abi->word_bytes == 4;
	struct area *a;

	forget_lost_areas(t);
	if (t->mm->area_count == MM_MAX_AREAS) {
		tracee_fail(t, "its memory for rewritten calls was unmapped too often");
		loop_resume(t, 0);
		return;
	}
	a = unready_area(t->mm, low);
	if (a)
		begin_unlock(t, a);
	else
		begin_map(t, low);
}

/* Which call instruction the guest uses, and in what mode its code runs. */
static enum area_code code_kind(const struct tracee *t)
{
	if (t->call.abi->word_bytes == 8)
		return AREA_X86_64;
	return regs_runs_wide_code(t) ? AREA_X86_64_INT80 : AREA_I386;
}

static int area_mapped(struct tracee *t, uint64_t base, bool low)
{
	struct mm *mm = t->mm;
	uint8_t code[AREA_SLOTS * AREA_STUB_STRIDE];
	int r;

	for (unsigned i = 0; i < AREA_SLOTS; i++)
		area_stub_write(code_kind(t), code + i * AREA_STUB_STRIDE, area_stub(base, i),
				area_slot(base, i));
	r = mem_poke(t, base + AREA_CODE_OFFSET, code, sizeof(code));
	if (r < 0)
		return r;
	mm->areas[mm->area_count++] =
		(struct area){ .base = base, .slots = AREA_SLOTS, .low = low };
	return 0;
}

void detour_ended(struct tracee *t)
{
	int64_t result = t->call.result;
	bool low = t->call.abi->word_bytes == 4;
	struct area *a = unready_area(t->mm, low);
	int r = 0;

	if (result < 0 && result > -4096)
		r = (int)result;
	else if (t->call.need_bytes)
		r = mm_add_loan(t, (uint64_t)result, t->call.need_bytes);
	else if (a)
		a->ready = true;
	else
		r = area_mapped(t, (uint64_t)result, low);
	t->phase = PHASE_RUN;
	if (r < 0)
		tracee_fail(t, "no memory for rewritten calls");
	else
		regs_rerun(t);
	loop_resume(t, 0);
}
