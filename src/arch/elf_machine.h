/* SPDX-License-Identifier: MIT */
/*
 * Which ELF files this machine's kernel can run.
 */
#ifndef PR_ARCH_ELF_MACHINE_H
#define PR_ARCH_ELF_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum loader_kind {
	LOADER_NATIVE, /* programs of the tracer's own width */
	LOADER_COMPAT, /* 32-bit programs on a 64-bit kernel */
	LOADER_KINDS,
};

/* One accepted e_machine. The kernel reads the rest of the header in the layout that goes with. */
struct elf_machine {
	uint16_t machine;
	uint8_t bits;	    /* 32 or 64 */
	bool class_checked; /* e_ident must agree; most machines do not look */
	enum loader_kind loader;
	/*
	 * The property of a file that its kernel goes by (exec/property.h), 0: none; and which bit
	 * of it makes a jump into code, other than where that says so, a fault.
	 */
	uint32_t feature_property, feature_guarded;
};

extern const struct elf_machine elf_machines[];
extern const size_t elf_machine_count;

/* Does this processor see to that? */
bool elf_machine_guards(void);

/* Does this very processor? What it does not run is another machine's, for an emulator. */
bool elf_machine_runs(const struct elf_machine *m);

#endif
