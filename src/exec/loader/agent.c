// SPDX-License-Identifier: MIT
/* What the loader does for the agent of a new program. */
#include "exec/loader/agent.h"

#include "arch/agent_site.h"
#include "exec/loader/machine.h"
#include "exec/loader/protocol.h"

/* The address behind a site, and its segment; 0: the file has no code there. */
static unsigned long code_at(const struct image *im, uint64_t offset, const MACHINE_SEGMENT **ret)
{
	for (unsigned i = 0; i < im->header.e_phnum; i++) {
		const MACHINE_SEGMENT *s = &im->segments[i];

		if (s->p_type != ELF_PT_LOAD || (s->p_flags & (ELF_PF_X | ELF_PF_W)) != ELF_PF_X)
			continue;
		if (offset < s->p_offset + SITE_LOOK || offset > s->p_offset + s->p_filesz)
			continue;
		*ret = s;
		return im->bias + s->p_vaddr + (offset - s->p_offset);
	}
	return 0;
}

static int is_code(const uint8_t *at, const uint8_t *code)
{
	for (int i = 0; i < SITE_BYTES; i++)
		if (at[i] != code[i])
			return 0;
	return 1;
}

/* A jump that is yet to be written. */
struct jump {
	unsigned long from;
	uint8_t code[SITE_JUMP_BYTES];
};

/* The island's stubs, and the jumps that lead to them: the number of both. */
static unsigned write_stubs(const struct loader_plan *plan, const struct image *interp,
			    unsigned long island, struct jump jumps[PLAN_SITES],
			    struct agent_mm *mm)
{
	unsigned n = 0;

	*(uint64_t *)island = plan->agent_entry;
	for (unsigned i = 0; i < plan->site_count && i < PLAN_SITES; i++) {
		const struct plan_site *site = &plan->sites[i];
		unsigned long at = island + AGENT_ISLAND_STUBS + n * AGENT_STUB_BYTES;
		const MACHINE_SEGMENT *s;
		unsigned long ip = code_at(interp, site->offset, &s);

		if (!ip || !is_code((const uint8_t *)ip - SITE_BYTES, site->code))
			continue;
		jumps[n].from = ip - SITE_BYTES;
		if (!site_write_jump(jumps[n].code, jumps[n].from, at))
			continue;
		site_write_stub((uint8_t *)at, at, ip, site->code, site->nr, island);
		mm->code_begin = (interp->bias + s->p_vaddr) & ~(interp->page - 1);
		mm->code_end = interp->bias + s->p_vaddr + s->p_filesz;
		n++;
	}
	return n;
}

/*
 * Through the file: code that was made writable for a moment would not look as before, and some
 * security modules forbid it. A kernel that does not allow this either (proc_mem.force_override)
 * leaves the code as it is.
 */
static unsigned write_jumps(const struct jump *jumps, unsigned count)
{
	long fd = machine_call(NR_OPENAT, AT_CWD, (long)"/proc/self/mem", O_WRITE_CLOEXEC, 0, 0, 0);
	unsigned n = 0;

	if (fd < 0)
		return 0;
	while (n < count && machine_call(NR_PWRITE, fd, (long)jumps[n].code, SITE_JUMP_BYTES,
					 (long)jumps[n].from, 0, 0) == SITE_JUMP_BYTES)
		n++;
	machine_call(NR_CLOSE, fd, 0, 0, 0, 0, 0);
	return n;
}

/* `island` is writable yet. */
static void change_sites(const struct loader_plan *plan, const struct image *interp,
			 unsigned long island, struct agent_mm *mm)
{
	struct jump jumps[PLAN_SITES];
	unsigned n = write_stubs(plan, interp, island, jumps, mm);
	long r = machine_call(NR_MPROTECT, (long)island, AGENT_ISLAND_BYTES, PROT_R | PROT_X, 0, 0,
			      0);

	mm->off = r != 0;
	if (r == 0 && n)
		mm->stubs = write_jumps(jumps, n);
}

static long map_file(unsigned long at, unsigned long size, const char *name, int flags, int prot)
{
	long fd = machine_call(NR_OPENAT, AT_CWD, (long)name, flags, 0, 0, 0);
	long page = machine_mmap(at, size, prot, MAP_SHARED | MAP_FIXED, (int)fd, 0);

	if (fd >= 0)
		machine_call(NR_CLOSE, fd, 0, 0, 0, 0, 0);
	return page;
}

void agent_begin(unsigned long self, const struct loader_plan *plan, const struct image *interp,
		 unsigned long near)
{
	struct agent_mm *mm = (struct agent_mm *)(self + LOADER_AGENT);
	int changes = interp && plan->site_count;
	long page = map_file(self + LOADER_SHARED, LOADER_SHARED_SIZE,
			     plan->strings + plan->session, O_READ_CLOEXEC, PROT_R);
	long island = machine_mmap(near, AGENT_ISLAND_BYTES, PROT_R | (changes ? PROT_W : PROT_X),
				   MAP_PRIVATE | MAP_ANON, -1, 0);

	if (plan->counts != PLAN_NONE)
		map_file(self + LOADER_COUNTS, LOADER_COUNTS_SIZE, plan->strings + plan->counts,
			 O_BOTH_CLOEXEC, PROT_R | PROT_W);
	mm->off = machine_is_error(page) || machine_is_error(island);
	if (!mm->off && changes)
		change_sites(plan, interp, (unsigned long)island, mm);
	/* the tracer takes this for the sign that the rest is there */
	__atomic_store_n(&mm->island, (uint64_t)island, __ATOMIC_RELEASE);
}
