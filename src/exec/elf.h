/* SPDX-License-Identifier: MIT */
/*
 * What exec must know of an ELF file before the point of no return, with the errors and the order
 * of checks of fs/binfmt_elf.c. What the kernel finds out only later is found out by the loader.
 *
 * Nothing in a file is trusted; no size in it is used before it was checked.
 */
#ifndef PR_EXEC_ELF_H
#define PR_EXEC_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "arch/elf_machine.h"
#include "exec/elf_format.h"
#include "exec/file.h"

enum elf_stack { ELF_STACK_UNSAID, ELF_STACK_EXEC, ELF_STACK_NOEXEC };

struct elf_segment {
	uint64_t offset, vaddr, filesz, memsz, align;
	uint32_t type, flags;
};

struct elf_info {
	const struct elf_machine *machine;
	uint16_t type; /* enum elf_type, unchecked in an interpreter */
	uint64_t entry, phoff;
	char *interp; /* child; NULL: the kernel needs none */
	enum elf_stack stack;
	struct elf_segment *loads; /* child; the PT_LOADs as they stand */
	size_t load_count;
	struct elf_segment properties; /* the last PT_GNU_PROPERTY, if it is of that type */
};

/*
 * Reads a program. `*ret` becomes a child of ctx. 0; -ENOEXEC: not an ELF file for this machine,
 * or a broken one; -EIO: PT_INTERP lies outside of the file; -ENOMEM; or a read error.
 */
int elf_read_program(void *ctx, const struct exec_file *f, struct elf_info **ret);

/*
 * The same for the file that PT_INTERP names, which must be for `machine`. 0; -ELIBBAD; -EIO: too
 * short for a header; -ENOMEM; or a read error.
 */
int elf_read_interp(void *ctx, const struct exec_file *f, const struct elf_machine *machine,
		    struct elf_info **ret);

#endif
