/* SPDX-License-Identifier: MIT */
/*
 * The parts of an ELF file that exec looks at, written down here because the loader is built
 * without any system header (a 32-bit one often has none). Values as in the System V ABI.
 */
#ifndef PR_EXEC_ELF_FORMAT_H
#define PR_EXEC_ELF_FORMAT_H

#include <stdint.h>

#define ELF_MAGIC	"\177ELF"
#define ELF_MAGIC_SIZE	4
#define ELF_IDENT_CLASS 4

enum elf_class { ELF_CLASS_32 = 1, ELF_CLASS_64 = 2 };
enum elf_type { ELF_TYPE_EXEC = 2, ELF_TYPE_DYN = 3 };
enum elf_segment_type {
	ELF_PT_LOAD = 1,
	ELF_PT_INTERP = 3,
	ELF_PT_GNU_STACK = 0x6474e551,
	ELF_PT_GNU_PROPERTY = 0x6474e553,
};
enum elf_segment_flags { ELF_PF_X = 1, ELF_PF_W = 2, ELF_PF_R = 4 };

struct elf32_header {
	uint8_t e_ident[16];
	uint16_t e_type, e_machine;
	uint32_t e_version, e_entry, e_phoff, e_shoff, e_flags;
	uint16_t e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
};

struct elf64_header {
	uint8_t e_ident[16];
	uint16_t e_type, e_machine;
	uint32_t e_version;
	uint64_t e_entry, e_phoff, e_shoff;
	uint32_t e_flags;
	uint16_t e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
};

struct elf32_segment {
	uint32_t p_type, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_flags, p_align;
};

struct elf64_segment {
	uint32_t p_type, p_flags;
	uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

_Static_assert(sizeof(struct elf32_header) == 52 && sizeof(struct elf64_header) == 64, "header");
_Static_assert(sizeof(struct elf32_segment) == 32 && sizeof(struct elf64_segment) == 56, "phdr");

#endif
