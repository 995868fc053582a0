// SPDX-License-Identifier: MIT
/*
 * glibc and musl have "mov $nr, %eax" directly before "syscall" in nearly every wrapper: five
 * bytes, as many as a jump to within 2 GiB takes. The syscall itself stays.
 */
#include "arch/agent_site.h"

#include <string.h>

#include "arch/x86_64/agent.h"

bool site_serves(unsigned nr)
{
	switch (nr) {
	case AC_OPEN:
	case AC_STAT:
	case AC_LSTAT:
	case AC_ACCESS:
	case AC_GETCWD:
	case AC_READLINK:
	case AC_GETXATTR:
	case AC_LGETXATTR:
	case AC_LISTXATTR:
	case AC_LLISTXATTR:
	case AC_OPENAT:
	case AC_NEWFSTATAT:
	case AC_READLINKAT:
	case AC_FACCESSAT:
	case AC_STATX:
	case AC_FACCESSAT2: return true;
	default: return false;
	}
}

void site_write_plain(uint8_t code[SITE_BYTES], unsigned nr)
{
	const uint8_t plain[SITE_BYTES] = { 0xb8, (uint8_t)nr, (uint8_t)(nr >> 8),
					    (uint8_t)(nr >> 16), (uint8_t)(nr >> 24), 0x0f, 0x05 };

	memcpy(code, plain, sizeof(plain));
}

bool site_is_plain(const uint8_t code[SITE_BYTES], unsigned nr)
{
	uint8_t plain[SITE_BYTES];

	site_write_plain(plain, nr);
	return memcmp(code, plain, sizeof(plain)) == 0;
}

bool site_read_jump(const uint8_t code[SITE_JUMP_BYTES], uint64_t from, uint64_t *ret)
{
	int32_t distance;

	memcpy(&distance, code + 1, sizeof(distance));
	*ret = from + SITE_JUMP_BYTES + (uint64_t)(int64_t)distance;
	return code[0] == 0xe9;
}

unsigned site_stub_number(const uint8_t *stub)
{
	uint32_t nr;

	memcpy(&nr, stub + 8, sizeof(nr));
	return nr;
}

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

size_t site_write_stub(uint8_t *code, uint64_t at, uint64_t ret, unsigned nr, uint64_t entry)
{
	const uint8_t stub[18] = { 0x4c, 0x8d, 0x1d, 0, 0, 0, 0, /* lea ret(%rip), %r11 */
				   0xb8, 0, 0, 0, 0,		 /* mov $nr, %eax */
				   0xff, 0x25, 0, 0, 0, 0 };	 /* jmp *entry(%rip) */
	const uint32_t number = nr;

	memcpy(code, stub, sizeof(stub));
	put_distance(code + 3, at + 7, ret);
	memcpy(code + 8, &number, sizeof(number));
	put_distance(code + 14, at + 18, entry);
	return sizeof(stub);
}

uint64_t site_ticks(void)
{
	return machine_ticks();
}
