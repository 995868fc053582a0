/* SPDX-License-Identifier: MIT */
/*
 * The loader's image: one segment of code and one of zeros, at the offsets of arch/loader.h. The
 * area's code is part of the first where it is built in, of the second where the loader writes it
 * (LOADER_WRITES_AREA).
 */
#include "arch/loader.h"

#ifdef LOADER_WRITES_AREA
#define AREA_SEGMENT data
#else
#define AREA_SEGMENT text
#endif

ENTRY(_start)

PHDRS
{
	text PT_LOAD FILEHDR PHDRS FLAGS(5);
	data PT_LOAD FLAGS(6);
	stack PT_GNU_STACK FLAGS(6);
}

SECTIONS
{
	.text LOADER_ENTRY : {
		KEEP(*(.text.start))
		*(.text .text.* .rodata .rodata.*)
	} :text
	.dynamic : { *(.dynamic) } :text
	.link : {
		*(.dynsym .dynstr .hash .gnu.hash .rel.* .rela.*)
		*(.got .got.* .plt .plt.* .dynbss)
		*(.glue_7 .glue_7t .v4_bx .vfp11_veneer)
	} :text
	ASSERT(. <= LOADER_AGENT_TABLE, "the loader's code has outgrown its place")
#ifdef LOADER_AGENT_IN
	.agent LOADER_AGENT_TABLE : { KEEP(*(.agent.table)) } :text
#endif
	.area LOADER_AREA : { KEEP(*(.area.code)) . = AREA_CODE_SIZE; } :AREA_SEGMENT
	.bss (LOADER_AREA + AREA_DATA_OFFSET) (NOLOAD) : {
		KEEP(*(.area.data))
		. = LOADER_PLAN - LOADER_AREA - AREA_DATA_OFFSET;
		KEEP(*(.bss.plan))
		*(.bss COMMON)
		. = LOADER_SPAN - LOADER_AREA - AREA_DATA_OFFSET;
#ifdef LOADER_AGENT_IN
		KEEP(*(.bss.agent))
		. = LOADER_COUNTS - LOADER_AREA - AREA_DATA_OFFSET;
		KEEP(*(.bss.counts))
		. = LOADER_SHARED - LOADER_AREA - AREA_DATA_OFFSET;
		KEEP(*(.bss.shared))
#endif
	} :data
	.unwanted : { *(.data .data.*) }
	ASSERT(SIZEOF(.unwanted) == 0, "the loader has initialized data")
	/DISCARD/ : { *(.comment .note* .eh_frame* .sframe .gnu.* .interp .iplt .igot* .ARM.*) }
}
