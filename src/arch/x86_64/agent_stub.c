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

/* mov %r11, 8(%rsp): the last thing that is done before the call of a shared site. */
static const uint8_t shared_mov[SITE_JUMP_BYTES] = { 0x4c, 0x89, 0x5c, 0x24, 0x08 };

/* mov 16(%rsp), %rax: the same without company, in glibc; it is the number that is loaded. */
static const uint8_t shared_load[SITE_JUMP_BYTES] = { 0x48, 0x8b, 0x44, 0x24, 0x10 };

bool site_has_shared_code(const uint8_t code[SITE_JUMP_BYTES])
{
	return memcmp(code, shared_mov, sizeof(shared_mov)) == 0 ||
	       memcmp(code, shared_load, sizeof(shared_load)) == 0;
}

static const uint8_t lea[] = { 0x4c, 0x8d, 0x1d }, jmp[] = { 0xff, 0x25 };

static const uint8_t lea_nr[] = { 0x8d, 0x88 }, jrcxz[] = { 0xe3, 0x05 };

static size_t write_shared(uint8_t *code, uint64_t at, uint64_t ret, unsigned nr, uint64_t entry)
{
	/* the site's own comes first */
	const uint32_t minus = -(uint32_t)nr;

	memcpy(code + SHARED_LEA_NR, lea_nr, sizeof(lea_nr));
	memcpy(code + SHARED_LEA_NR + sizeof(lea_nr), &minus, sizeof(minus));
	memcpy(code + SHARED_JRCXZ, jrcxz, sizeof(jrcxz));
	site_write_jump(code + SHARED_JMP_CALL, at + SHARED_JMP_CALL, ret - 2);
	memcpy(code + SHARED_LEA_RET, lea, sizeof(lea));
	put_distance(code + SHARED_LEA_RET + sizeof(lea), at + SHARED_JMP, ret);
	memcpy(code + SHARED_JMP, jmp, sizeof(jmp));
	put_distance(code + SHARED_JMP + sizeof(jmp), at + SHARED_END, entry);
	return SHARED_END;
}

size_t site_write_stub(uint8_t *code, uint64_t at, uint64_t ret, const uint8_t site[SITE_BYTES],
		       unsigned nr, uint64_t entry)
{
	if (site_has_shared_code(site)) {
		memcpy(code, site, SITE_JUMP_BYTES);
		return write_shared(code, at, ret, nr, entry);
	}
	memcpy(code, lea, sizeof(lea));
	put_distance(code + sizeof(lea), at + STUB_MOV, ret);
	memcpy(code + STUB_MOV, site, SITE_JUMP_BYTES);
	memcpy(code + STUB_JMP, jmp, sizeof(jmp));
	put_distance(code + STUB_JMP + sizeof(jmp), at + STUB_END, entry);
	return STUB_END;
}

static bool read_shared(const uint8_t *stub, uint64_t at, uint64_t *ret)
{
	int32_t distance;

	if (memcmp(stub + SHARED_LEA_NR, lea_nr, sizeof(lea_nr)) != 0 ||
	    memcmp(stub + SHARED_JRCXZ, jrcxz, sizeof(jrcxz)) != 0 ||
	    memcmp(stub + SHARED_LEA_RET, lea, sizeof(lea)) != 0 ||
	    memcmp(stub + SHARED_JMP, jmp, sizeof(jmp)) != 0)
		return false;
	memcpy(&distance, stub + SHARED_LEA_RET + sizeof(lea), sizeof(distance));
	*ret = at + SHARED_JMP + (uint64_t)(int64_t)distance;
	return true;
}

bool site_read_stub(const uint8_t *stub, uint64_t at, uint64_t *ret, uint8_t was[SITE_JUMP_BYTES])
{
	int32_t distance;

	if (site_has_shared_code(stub)) {
		if (was)
			memcpy(was, stub, SITE_JUMP_BYTES);
		return read_shared(stub, at, ret);
	}
	if (memcmp(stub, lea, sizeof(lea)) != 0 || memcmp(stub + STUB_JMP, jmp, sizeof(jmp)) != 0)
		return false;
	memcpy(&distance, stub + sizeof(lea), sizeof(distance));
	*ret = at + STUB_MOV + (uint64_t)(int64_t)distance;
	if (was)
		memcpy(was, stub + STUB_MOV, SITE_JUMP_BYTES);
	return true;
}
