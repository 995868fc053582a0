/* SPDX-License-Identifier: MIT */
/*
 * Return stubs of 64-bit code. All loads and the jump are relative to the instruction pointer, so
 * a stub touches no register but the six it loads, no flag and no stack.
 */
#include "arch/area.h"

/* "mov disp32(%rip), %reg": REX.W (and R), opcode, ModRM. */
struct load {
	uint8_t rex, modrm;
};

static const struct load syscall_loads[6] = {
	{ 0x48, 0x3d }, /* rdi */
	{ 0x48, 0x35 }, /* rsi */
	{ 0x48, 0x15 }, /* rdx */
	{ 0x4c, 0x15 }, /* r10 */
	{ 0x4c, 0x05 }, /* r8 */
	{ 0x4c, 0x0d }, /* r9 */
};

static const struct load int80_loads[6] = {
	{ 0x48, 0x1d }, /* rbx */
	{ 0x48, 0x0d }, /* rcx */
	{ 0x48, 0x15 }, /* rdx */
	{ 0x48, 0x35 }, /* rsi */
	{ 0x48, 0x3d }, /* rdi */
	{ 0x48, 0x2d }, /* rbp */
};

struct stub {
	uint8_t *code;
	uint64_t addr;
	size_t len;
};

static void put(struct stub *s, uint8_t byte)
{
	s->code[s->len++] = byte;
}

/* The last four bytes of an instruction: `target` as seen from behind it. */
static void put_relative(struct stub *s, uint64_t target)
{
	uint64_t from = s->addr + s->len + 4;
	uint32_t disp = (uint32_t)(target - from);

	for (unsigned i = 0; i < 4; i++)
		put(s, (uint8_t)(disp >> (8 * i)));
}

static size_t stub_write(struct stub s, uint8_t op0, uint8_t op1, const struct load *loads,
			 uint64_t slot_addr)
{
	int64_t distance = (int64_t)(slot_addr - s.addr);

	if (distance > INT32_MAX - AREA_SIZE || distance < INT32_MIN + AREA_SIZE)
		return 0;
	put(&s, op0);
	put(&s, op1);
	for (unsigned i = 0; i < 6; i++) {
		put(&s, loads[i].rex);
		put(&s, 0x8b);
		put(&s, loads[i].modrm);
		put_relative(&s, slot_addr + AREA_SLOT_ARGS + 8 * i);
	}
	put(&s, 0xff); /* jmp *disp32(%rip) */
	put(&s, 0x25);
	put_relative(&s, slot_addr + AREA_SLOT_RET_IP);
	return s.len;
}

size_t area_stub_write_x86_64(uint8_t *code, uint64_t code_addr, uint64_t slot_addr)
{
	return stub_write((struct stub){ code, code_addr, 0 }, 0x0f, 0x05, syscall_loads,
			  slot_addr);
}

size_t area_stub_write_x86_64_int80(uint8_t *code, uint64_t code_addr, uint64_t slot_addr)
{
	return stub_write((struct stub){ code, code_addr, 0 }, 0xcd, 0x80, int80_loads, slot_addr);
}
