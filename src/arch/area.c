/* SPDX-License-Identifier: MIT */
/*
 * The return stubs of every kind of code that a guest of this machine may run. No logic here: one
 * row per kind.
 */
#include "arch/area.h"

#if defined(__x86_64__)
size_t area_stub_write(enum area_code kind, uint8_t *code, uint64_t code_addr, uint64_t slot_addr)
{
	switch (kind) {
	case AREA_X86_64:
		return area_stub_write_x86_64(code, code_addr, slot_addr);
	case AREA_X86_64_INT80:
		return area_stub_write_x86_64_int80(code, code_addr, slot_addr);
	case AREA_I386:
		return area_stub_write_i386(code, code_addr, slot_addr);
	case AREA_BARE:
		break;
	}
	return 0;
}

enum area_code area_code_of(unsigned word_bytes, bool wide_code)
{
	if (word_bytes == 8)
		return AREA_X86_64;
	return wide_code ? AREA_X86_64_INT80 : AREA_I386;
}
#else
size_t area_stub_write(enum area_code kind, uint8_t *code, uint64_t code_addr, uint64_t slot_addr)
{
	(void)kind, (void)code, (void)code_addr, (void)slot_addr;
	return 0;
}

enum area_code area_code_of(unsigned word_bytes, bool wide_code)
{
	(void)word_bytes, (void)wide_code;
	return AREA_BARE;
}
#endif
