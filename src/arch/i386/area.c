/* SPDX-License-Identifier: MIT */
/*
 * Return stubs of 32-bit code, which has no addressing relative to the instruction pointer: the
 * slot's address stands in the instructions, so they are written once it is known.
 *
 * Data is read through cs: in 32-bit code that a 64-bit process jumped to, ds is null.
 */
#include "arch/area.h"

/* ModRM of "mov abs32, %reg" */
static const uint8_t loads[6] = { 0x1d /* ebx */, 0x0d /* ecx */, 0x15 /* edx */,
				  0x35 /* esi */, 0x3d /* edi */, 0x2d /* ebp */ };

enum { CS = 0x2e }; /* the prefix */

static uint8_t *put_address(uint8_t *p, uint64_t address)
{
	for (unsigned i = 0; i < 4; i++)
		*p++ = (uint8_t)(address >> (8 * i));
	return p;
}

size_t area_stub_write_i386(uint8_t *code, uint64_t code_addr, uint64_t slot_addr)
{
	uint8_t *p = code;

	if (code_addr > UINT32_MAX - AREA_STUB_STRIDE || slot_addr > UINT32_MAX - AREA_SLOT_STRIDE)
		return 0;
	*p++ = 0xcd; /* int $0x80 */
	*p++ = 0x80;
	for (unsigned i = 0; i < 6; i++) {
		*p++ = CS;
		*p++ = 0x8b;
		*p++ = loads[i];
		p = put_address(p, slot_addr + AREA_SLOT_ARGS + 8 * i);
	}
	*p++ = CS;
	*p++ = 0xff; /* jmp *abs32 */
	*p++ = 0x25;
	p = put_address(p, slot_addr + AREA_SLOT_RET_IP);
	return (size_t)(p - code);
}
