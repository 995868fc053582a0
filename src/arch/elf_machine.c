/* SPDX-License-Identifier: MIT */
/*
 * The table of elf_machine.h for the machine this is built for. No logic here.
 */
#include "arch/elf_machine.h"

const struct elf_machine elf_machines[] = {
#if defined(__x86_64__)
	{ 62, 64, false, LOADER_NATIVE }, /* EM_X86_64 */
	{ 3, 32, false, LOADER_COMPAT },  /* EM_386 */
#elif defined(__i386__)
	{ 3, 32, false, LOADER_NATIVE },
#elif defined(__aarch64__)
	{ 183, 64, false, LOADER_NATIVE }, /* EM_AARCH64 */
	{ 40, 32, false, LOADER_COMPAT },  /* EM_ARM */
#elif defined(__arm__)
	{ 40, 32, false, LOADER_NATIVE },
#else
#error "no ELF machines: add a row"
#endif
};

const size_t elf_machine_count = sizeof(elf_machines) / sizeof(elf_machines[0]);
