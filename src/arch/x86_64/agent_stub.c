// SPDX-License-Identifier: MIT
/*
 * The code that is written for a site: by the tracer, or by the loader in the guest, which is built
 * without any libc.
 */
#include "arch/x86_64/agent_stub.h"

#include <string.h>

#include "arch/agent_site.h"

/* The last four bytes of an instruction that ends at `next`. */
static bool put_distance(uint8_t *code, uint64_t next, uint64_t to)
{
	int64_t distance = (int64_t)(to - next);
	int32_t near = (int32_t)distance;

	memcpy(code, &near, sizeof(near));
	return near == distance;
}

bool site_write_jump(uint8_t code[SITE_JUMP_BYTES], uint64_t from, uint64_t to)
{
	code[0] = 0xe9;
	return put_distance(code + 1, from + 5, to);
}

static const uint8_t lea[] = { 0x4c, 0x8d, 0x1d }, jmp[] = { 0xff, 0x25 };

size_t site_write_stub(uint8_t *code, uint64_t at, uint64_t ret, const uint8_t site[SITE_BYTES],
		       uint64_t entry)
{
	memcpy(code, lea, sizeof(lea));
	put_distance(code + sizeof(lea), at + STUB_MOV, ret);
	memcpy(code + STUB_MOV, site, SITE_JUMP_BYTES);
	memcpy(code + STUB_JMP, jmp, sizeof(jmp));
	put_distance(code + STUB_JMP + sizeof(jmp), at + STUB_END, entry);
	return STUB_END;
}

bool site_read_stub(const uint8_t *stub, uint64_t at, uint64_t *ret, uint8_t was[SITE_JUMP_BYTES])
{
	int32_t distance;

	if (memcmp(stub, lea, sizeof(lea)) != 0 || memcmp(stub + STUB_JMP, jmp, sizeof(jmp)) != 0)
		return false;
	memcpy(&distance, stub + sizeof(lea), sizeof(distance));
	*ret = at + STUB_MOV + (uint64_t)(int64_t)distance;
	if (was)
		memcpy(was, stub + STUB_MOV, SITE_JUMP_BYTES);
	return true;
}
