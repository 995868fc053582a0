/* SPDX-License-Identifier: MIT */
/*
 * The table of elf_machine.h for the machine this is built for.
 */
#include "arch/elf_machine.h"

#include <sys/auxv.h>
#include <sys/personality.h>

const struct elf_machine elf_machines[] = {
#if defined(__x86_64__)
	{ 62, 64, false, LOADER_NATIVE, 0, 0 }, /* EM_X86_64 */
	{ 3, 32, false, LOADER_COMPAT, 0, 0 },	/* EM_386 */
#elif defined(__i386__)
	{ 3, 32, false, LOADER_NATIVE, 0, 0 },
#elif defined(__aarch64__)
	/* EM_AARCH64, GNU_PROPERTY_AARCH64_FEATURE_1_AND and its _BTI */
	{ 183, 64, false, LOADER_NATIVE, 0xc0000000, 1 },
	{ 40, 32, false, LOADER_COMPAT, 0, 0 }, /* EM_ARM */
#elif defined(__arm__)
	{ 40, 32, false, LOADER_NATIVE, 0, 0 },
#else
#error "no ELF machines: add a row"
#endif
};

const size_t elf_machine_count = sizeof(elf_machines) / sizeof(elf_machines[0]);

bool elf_machine_guards(void)
{
#if defined(__aarch64__)
	enum { BTI = 1 << 17 }; /* HWCAP2_BTI */

	return getauxval(AT_HWCAP2) & BTI;
#else
	return false;
#endif
}

#if defined(__aarch64__)
/*
 * Not all processors have 32-bit code any more; uname(2) speaks as one that has it only where this
 * one does (arch/arm64/kernel/sys.c).
 */
static bool has_narrow_code(void)
{
	const int now = personality(0xffffffff);
	const bool has = personality(((unsigned)now & ~0xffu) | PER_LINUX32) != -1;

	personality((unsigned)now);
	return has;
}

bool elf_machine_runs(const struct elf_machine *m)
{
	static int narrow = -1;

	if (m->loader == LOADER_COMPAT && narrow < 0)
		narrow = has_narrow_code();
	return m->loader != LOADER_COMPAT || narrow;
}
#else
bool elf_machine_runs(const struct elf_machine *m)
{
	(void)m;
	return true;
}
#endif
