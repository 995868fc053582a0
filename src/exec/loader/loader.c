/* SPDX-License-Identifier: MIT */
/*
 * The loader: what the kernel runs in place of a guest's dynamic program. It maps the program and
 * its interpreter as fs/binfmt_elf.c would have, corrects what the kernel has told the guest about
 * its program (auxiliary vector, name, brk), and is gone but for its mappings.
 *
 * It trusts the plan, which is ours, and nothing in the two files. Checks that the kernel makes
 * while an exec can still fail were made by the tracer (exec/plan.c); what is left here ends the
 * process, as there.
 */
#include "exec/loader/agent.h"
#include "exec/loader/image.h"
#include "exec/loader/protocol.h"

static struct loader_plan plan __attribute__((section(".bss.plan")));

/* What the kernel put on the stack. */
struct stack {
	unsigned long sp;
	unsigned long argc;
	char **argv, **envp;
	char *last_env;	     /* or NULL */
	unsigned long *auxv; /* pairs */
	unsigned long auxv_size;
};

unsigned long loader_main(unsigned long *sp, unsigned long self);

static unsigned long *aux_find(const struct stack *st, unsigned long type)
{
	for (unsigned long *a = st->auxv; a[0] != AUX_NULL; a += 2)
		if (a[0] == type)
			return &a[1];
	return NULL;
}

static unsigned long aux_get(const struct stack *st, unsigned long type, unsigned long absent)
{
	unsigned long *value = aux_find(st, type);

	return value ? *value : absent;
}

static void aux_set(const struct stack *st, unsigned long type, unsigned long value)
{
	unsigned long *place = aux_find(st, type);

	if (place)
		*place = value;
}

static void stack_read(struct stack *st, unsigned long *sp)
{
	unsigned long *p;

	st->sp = (unsigned long)sp;
	st->argc = sp[0];
	st->argv = (char **)(sp + 1);
	st->envp = st->argv + st->argc + 1;
	st->last_env = NULL;
	for (p = (unsigned long *)st->envp; *p; p++)
		st->last_env = (char *)*p;
	st->auxv = ++p;
	for (; p[0] != AUX_NULL; p += 2)
		;
	st->auxv_size = (unsigned long)(p + 2) - (unsigned long)st->auxv;
}

static unsigned long string_size(const char *s)
{
	unsigned long n = 0;

	while (s[n])
		n++;
	return n + 1;
}

static unsigned long string_end(const char *s)
{
	return (unsigned long)s + string_size(s);
}

/*
 * AT_EXECFN's string is the highest on the stack and holds the loader's name. Where the guest's
 * fits into it (the tracer sees to that) it takes its place, and the pointer stays as it was.
 */
static void execfn_write(const struct stack *st, const char *name)
{
	unsigned long size = string_size(name);
	unsigned long *place = aux_find(st, AUX_EXECFN);
	char *old = place ? (char *)*place : NULL;
	unsigned long room = old ? string_size(old) : 0;

	if (!place)
		return;
	if (size > room)
		*place = (unsigned long)name;
	for (unsigned long i = 0; i < room; i++)
		old[i] = size <= room && i < size ? name[i] : '\0';
}

static void ids_write(const struct stack *st, const struct plan_ids *ids)
{
	aux_set(st, AUX_UID, ids->uid);
	aux_set(st, AUX_EUID, ids->euid);
	aux_set(st, AUX_GID, ids->gid);
	aux_set(st, AUX_EGID, ids->egid);
	aux_set(st, AUX_SECURE, ids->secure);
}

static void machine_write(const struct stack *st)
{
	if (plan.flags & PLAN_HWCAP)
		aux_set(st, AUX_HWCAP, (unsigned long)plan.hwcap);
	if (plan.flags & PLAN_HWCAP2)
		aux_set(st, AUX_HWCAP2, (unsigned long)plan.hwcap2);
	if (plan.platform != PLAN_NONE)
		aux_set(st, AUX_PLATFORM, (unsigned long)(plan.strings + plan.platform));
}

static void comm_set(const char *name)
{
	machine_call(NR_PRCTL, PRCTL_SET_NAME, (long)name, 0, 0, 0, 0);
}

/*
 * The highest string ends a word below the end of the stack. Where the kernel refuses (a security
 * module), programs that never run code there are better off than dead.
 */
static void stack_make_executable(const struct stack *st, unsigned long page)
{
	unsigned long start = st->sp & ~(page - 1);
	unsigned long end = string_end((char *)aux_get(st, AUX_EXECFN, st->sp)) + sizeof(long);

	end = (end + page - 1) & ~(page - 1);
	machine_call(NR_MPROTECT, (long)start, (long)(end - start),
		     PROT_R | PROT_W | PROT_X | PROT_DOWN, 0, 0, 0);
}

static void stack_protect(const struct stack *st, const struct image *im, unsigned long page,
			  unsigned long persona)
{
	enum stack_kind kind = image_stack(im);

	if (kind == STACK_DEFAULT && MACHINE_OLD_STACK_EXEC) {
		machine_call(NR_PERSONALITY, (long)(persona | PERSONA_READ_EXEC), 0, 0, 0, 0, 0);
		kind = STACK_EXEC;
	}
	if (kind == STACK_EXEC)
		stack_make_executable(st, page);
}

/*
 * Behind the program's last byte, a page and a random gap. A program that is its own interpreter
 * lies among the mappings, where brk could not grow: it begins where other programs lie.
 */
static unsigned long brk_place(const struct image *im, unsigned long page, int randomize)
{
	unsigned long end = im->end, brk;

	if (plan.interp == PLAN_NONE && im->header.e_type == ELF_TYPE_DYN && randomize &&
	    (plan.flags & PLAN_RANDOMIZE_BRK))
		end = MACHINE_DYN_BASE;
	brk = (end + page - 1) & ~(page - 1);
	if (!randomize || !(plan.flags & PLAN_RANDOMIZE_BRK))
		return brk;
	return brk + page + (plan.random[1] & (MACHINE_BRK_RANGE - 1) & ~(page - 1));
}

/*
 * A 32-bit kernel's structure has a pointer of 32 bits and no padding. A refusal leaves brk and
 * /proc/self/stat as they are for the loader itself, which a guest can live with.
 */
static void mm_map_set(struct mm_map *map)
{
	long r = machine_call(NR_PRCTL, PRCTL_SET_MM, PRCTL_SET_MM_MAP, (long)map, sizeof(*map), 0,
			      0);

	if (r != -E_INVAL || sizeof(long) == sizeof(uint64_t))
		return;
	((uint32_t *)&map->auxv)[1] = map->auxv_size;
	map->auxv_size = map->exe_fd;
	machine_call(NR_PRCTL, PRCTL_SET_MM, PRCTL_SET_MM_MAP, (long)map, sizeof(*map) - 4, 0, 0);
}

/* Tells the kernel what its own load of the program would have left in the mm. */
static void mm_describe(const struct stack *st, const struct image *im, unsigned long brk)
{
	const char *last_arg = st->argc ? st->argv[st->argc - 1] : NULL;
	struct mm_map map = { 0 };

	map.start_code = im->start_code;
	map.end_code = im->end_code;
	map.start_data = im->start_data;
	map.end_data = im->end_data;
	map.start_brk = map.brk = brk;
	map.start_stack = st->sp;
	map.arg_start = last_arg ? (unsigned long)st->argv[0] : st->sp;
	map.arg_end = last_arg ? string_end(last_arg) : map.arg_start;
	map.env_start = map.arg_end;
	map.env_end = st->last_env ? string_end(st->last_env) : map.env_start;
	map.auxv = (unsigned long)st->auxv;
	map.auxv_size = (uint32_t)st->auxv_size;
	map.exe_fd = (uint32_t)-1;
	mm_map_set(&map);
}

/* Where the plan's string at `offset` ends, if that is what the entry points at; else its begin. */
static char *kept_end(const struct stack *st, unsigned long type, uint32_t offset)
{
	char *s = plan.strings + offset;

	if (offset == PLAN_NONE || aux_get(st, type, 0) != (unsigned long)s)
		return s;
	return (char *)string_end(s);
}

/* The plan names host paths. What stays are strings that the vector points at. */
static void plan_wipe(const struct stack *st)
{
	const char *name_end = kept_end(st, AUX_EXECFN, plan.execfn);
	const char *platform_end = kept_end(st, AUX_PLATFORM, plan.platform);

	for (char *p = plan.strings; p < plan.strings + plan.size; p++) {
		if (p >= plan.strings + plan.execfn && p < name_end)
			continue;
		if (p < platform_end && p >= plan.strings + plan.platform)
			continue;
		*(volatile char *)p = '\0';
	}
	plan.magic = 0;
}

static void map_program(struct image *im, const struct stack *st, int randomize)
{
	struct image_place place = { PLACE_RANDOM, randomize ? plan.random[0] : 0 };

	if (plan.interp == PLAN_NONE)
		place.policy = PLACE_ANYWHERE;
	else if (!(plan.flags & PLAN_SET_MM))
		place.policy = PLACE_BELOW_BRK;
	image_map_program(im, &place);
	aux_set(st, AUX_PHDR, im->phdr);
	aux_set(st, AUX_PHENT, sizeof(MACHINE_SEGMENT));
	aux_set(st, AUX_PHNUM, im->header.e_phnum);
	aux_set(st, AUX_ENTRY, im->entry);
}

/*
 * Filters that sandboxes install for their programs allow the question in this form alone, or
 * refuse it.
 */
static unsigned long persona_get(void)
{
	long r = machine_call(NR_PERSONALITY, (long)0xffffffffUL, 0, 0, 0, 0, 0);

	return machine_is_error(r) ? 0 : (unsigned long)r;
}

/*
 * Libraries come near the interpreter, as what is mapped next does. A program with a fixed place
 * that needs none is alone, and brk is behind it.
 */
static unsigned long island_place(const struct image *program)
{
	enum { BELOW = 0x100000 };

	if (plan.interp != PLAN_NONE || program->header.e_type != ELF_TYPE_EXEC)
		return 0;
	return program->start_code > 2 * BELOW ? (program->start_code - BELOW) & ~0xfffUL : 0;
}

/* Returns where the guest begins. `self` is the image's own address. */
unsigned long loader_main(unsigned long *sp, unsigned long self)
{
	unsigned long page, persona, brk, entry;
	struct image program, interp;
	struct stack st;
	int randomize, guarded = plan.flags & PLAN_GUARDED ? MACHINE_GUARDED : 0;

	if (plan.magic != PLAN_MAGIC || machine_area_init(self + LOADER_AREA) < 0)
		machine_die();
	stack_read(&st, sp);
	page = aux_get(&st, AUX_PAGESZ, 4096);
	persona = persona_get();
	randomize = (plan.flags & PLAN_RANDOMIZE) && !(persona & PERSONA_NO_RANDOMIZE);

	image_open(&program, plan.strings + plan.program, page);
	if (plan.interp == PLAN_NONE)
		program.code_prot = guarded;
	stack_protect(&st, &program, page, persona);
	map_program(&program, &st, randomize);
	brk = brk_place(&program, page, randomize);
	entry = program.entry;
	if (plan.interp != PLAN_NONE) {
		image_open(&interp, plan.strings + plan.interp, page);
		interp.code_prot = guarded;
		image_map_interp(&interp);
		aux_set(&st, AUX_BASE, interp.bias);
		entry = interp.entry;
	}
	if (MACHINE_HAS_AGENT && (plan.flags & PLAN_AGENT))
		agent_begin(self, &plan, plan.interp != PLAN_NONE ? &interp : NULL,
			    island_place(&program));
	comm_set(plan.strings + plan.comm);
	execfn_write(&st, plan.strings + plan.execfn);
	if (plan.flags & PLAN_IDS)
		ids_write(&st, &plan.ids);
	machine_write(&st);
	if (plan.flags & PLAN_SET_MM)
		mm_describe(&st, &program, brk);
	plan_wipe(&st);
	if (plan.flags & PLAN_TRACED)
		machine_call(NR_CLOSE, PLAN_TRACED_FD, 0, 0, 0, 0, 0);
	return entry;
}
