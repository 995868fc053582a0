/* SPDX-License-Identifier: MIT */
/*
 * The loader's own code writing on i386: the area's stubs, and the jump to the guest. Part of the
 * freestanding loader alone.
 */
#include "arch/i386/loader.h"

enum { PROT_RX = 5 };

void launch_write(uint8_t *code, uint32_t sp, uint32_t ip);

int machine_area_init(unsigned long area)
{
	for (unsigned i = 0; i < AREA_SLOTS; i++)
		area_stub_write_i386((uint8_t *)(unsigned long)area_stub(area, i),
				     area_stub(area, i), area_slot(area, i));
	return 0;
}

static uint8_t *put_word(uint8_t *p, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++)
		*p++ = (uint8_t)(word >> (8 * i));
	return p;
}

/* mov $sp, %esp; jmp ip. Then the whole page is code for good. */
void launch_write(uint8_t *code, uint32_t sp, uint32_t ip)
{
	uint32_t page = (uint32_t)(unsigned long)code & ~(uint32_t)(AREA_CODE_SIZE - 1);
	uint8_t *p = code;

	*p++ = 0xbc;
	p = put_word(p, sp);
	*p++ = 0xe9;
	put_word(p, ip - (uint32_t)(unsigned long)(p + 4));
	if (machine_call(NR_MPROTECT, (long)page, AREA_CODE_SIZE, PROT_RX, 0, 0, 0) < 0)
		machine_die();
}
