/* SPDX-License-Identifier: MIT */
/* e_machine, class, byte order and a flag or two -> qemu's names. */
#include "exec/foreign.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

#include "arch/elf_machine.h"
#include "exec/elf_format.h"

enum { LSB = ELFDATA2LSB, MSB = ELFDATA2MSB };

#define MIPS_ABI2 0x20 /* EF_MIPS_ABI2: the N32 ABI */

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

static const struct row {
	uint16_t machine;
	uint8_t class, order;
	const char *arch;
} rows[] = {
	{ EM_AARCH64, ELFCLASS64, LSB, "aarch64" },
	{ EM_AARCH64, ELFCLASS64, MSB, "aarch64_be" },
	{ EM_ALPHA, ELFCLASS64, LSB, "alpha" },
	{ EM_ARM, ELFCLASS32, LSB, "arm" },
	{ EM_ARM, ELFCLASS32, MSB, "armeb" },
	{ EM_386, ELFCLASS32, LSB, "i386" },
	{ EM_PARISC, ELFCLASS32, MSB, "hppa" },
	{ EM_LOONGARCH, ELFCLASS64, LSB, "loongarch64" },
	{ EM_68K, ELFCLASS32, MSB, "m68k" },
	{ EM_MICROBLAZE, ELFCLASS32, MSB, "microblaze" },
	{ EM_MICROBLAZE, ELFCLASS32, LSB, "microblazeel" },
	{ EM_MIPS, ELFCLASS32, MSB, "mips" },
	{ EM_MIPS, ELFCLASS32, LSB, "mipsel" },
	{ EM_MIPS, ELFCLASS64, MSB, "mips64" },
	{ EM_MIPS, ELFCLASS64, LSB, "mips64el" },
	{ EM_OPENRISC, ELFCLASS32, MSB, "or1k" },
	{ EM_PPC, ELFCLASS32, MSB, "ppc" },
	{ EM_PPC64, ELFCLASS64, MSB, "ppc64" },
	{ EM_PPC64, ELFCLASS64, LSB, "ppc64le" },
	{ EM_RISCV, ELFCLASS32, LSB, "riscv32" },
	{ EM_RISCV, ELFCLASS64, LSB, "riscv64" },
	{ EM_S390, ELFCLASS64, MSB, "s390x" },
	{ EM_SH, ELFCLASS32, LSB, "sh4" },
	{ EM_SH, ELFCLASS32, MSB, "sh4eb" },
	{ EM_SPARC, ELFCLASS32, MSB, "sparc" },
	{ EM_SPARC32PLUS, ELFCLASS32, MSB, "sparc32plus" },
	{ EM_SPARCV9, ELFCLASS64, MSB, "sparc64" },
	{ EM_X86_64, ELFCLASS64, LSB, "x86_64" },
	{ EM_XTENSA, ELFCLASS32, LSB, "xtensa" },
	{ EM_XTENSA, ELFCLASS32, MSB, "xtensaeb" },
	/* behind those that it is told from by a flag */
	{ EM_MIPS, ELFCLASS32, MSB, "mipsn32" },
	{ EM_MIPS, ELFCLASS32, LSB, "mipsn32el" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static uint32_t get(const uint8_t *p, unsigned bytes, uint8_t order)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | p[order == MSB ? i : bytes - 1 - i];
	return value;
}

static bool is_own(uint32_t machine, const uint8_t *ident)
{
	const uint8_t own = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? LSB : MSB;

	for (size_t i = 0; i < elf_machine_count; i++)
		if (elf_machines[i].machine == machine && elf_machine_runs(&elf_machines[i]))
			return ident[EI_DATA] == own;
	return false;
}

static const char *arch_of(uint32_t machine, const uint8_t *head)
{
	const char *found = NULL;
	bool n32 = get(head + offsetof(struct elf32_header, e_flags), 4, head[EI_DATA]) & MIPS_ABI2;

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];

		if (r->machine != machine || r->class != head[EI_CLASS] ||
		    r->order != head[EI_DATA])
			continue;
		if (!found || n32)
			found = r->arch;
	}
	return found;
}

bool foreign_look(const void *head, size_t size, struct foreign *ret)
{
	const uint8_t *h = head;
	uint32_t type;

	if (size < FOREIGN_HEAD_BYTES || memcmp(h, ELF_MAGIC, ELF_MAGIC_SIZE) != 0 ||
	    (h[EI_DATA] != LSB && h[EI_DATA] != MSB))
		return false;
	type = get(h + offsetof(struct elf32_header, e_type), 2, h[EI_DATA]);
	ret->machine = get(h + offsetof(struct elf32_header, e_machine), 2, h[EI_DATA]);
	if ((type != ELF_TYPE_EXEC && type != ELF_TYPE_DYN) || is_own(ret->machine, h))
		return false;
	ret->arch = arch_of(ret->machine, h);
	return true;
}

const char *foreign_arch(size_t i)
{
	return i < ROWS ? rows[i].arch : NULL;
}

const struct emulator *emulators_find(const struct emulators *all, const struct foreign *f)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct emulator *e = &all->list[i];

		if (!e->arch || (f->arch && strcmp(e->arch, f->arch) == 0))
			return e;
	}
	return NULL;
}
