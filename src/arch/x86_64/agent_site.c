// SPDX-License-Identifier: MIT
/*
 * glibc and musl have "mov $nr, %eax", or that of a constant argument, directly before "syscall" in
 * nearly every wrapper: five bytes, as many as a jump to within 2 GiB takes. The syscall itself
 * stays.
 */
#include "arch/agent_site.h"

#include <string.h>
#include <sys/user.h>

#include "arch/x86_64/agent.h"
#include "arch/x86_64/agent_stub.h"

bool site_serves(unsigned nr)
{
	switch (nr) {
	case AC_OPEN:
	case AC_STAT:
	case AC_FSTAT:
	case AC_LSTAT:
	case AC_ACCESS:
	case AC_GETCWD:
	case AC_READLINK:
	case AC_GETUID:
	case AC_GETGID:
	case AC_GETEUID:
	case AC_GETEGID:
	case AC_GETXATTR:
	case AC_LGETXATTR:
	case AC_LISTXATTR:
	case AC_LLISTXATTR:
	case AC_GETDENTS64:
	case AC_OPENAT:
	case AC_NEWFSTATAT:
	case AC_READLINKAT:
	case AC_FACCESSAT:
	case AC_STATX:
	case AC_FACCESSAT2: return true;
	default: return site_wants_gate(nr);
	}
}

bool site_wants_gate(unsigned nr)
{
	switch (nr) {
	case AC_CONNECT:
	case AC_ACCEPT:
	case AC_SENDTO:
	case AC_RECVFROM:
	case AC_SENDMSG:
	case AC_RECVMSG:
	case AC_GETSOCKNAME:
	case AC_GETPEERNAME:
	case AC_ACCEPT4:
	case AC_RECVMMSG:
	case AC_SENDMMSG:
	case AC_CLONE3: return true;
	default: return false;
	}
}

bool site_calls_once_alone(unsigned nr)
{
	return nr == AC_CLONE3;
}

/* "mov $constant, %reg" is 0xb8 + reg and the constant. */
enum { MOV = 0xb8, EAX = 0, EDX = 2, ESI = 6, EDI = 7 };

/* In front of it a prefix would make another instruction of it: mov to r8 and up, or of 64 bits. */
static bool is_rex(uint8_t byte)
{
	return (byte & 0xf0) == 0x40;
}

bool site_is_plain(const uint8_t look[SITE_LOOK])
{
	const uint8_t *code = look + SITE_LOOK - SITE_BYTES;
	unsigned reg = code[0] - MOV;

	return !is_rex(look[0]) && (reg == EAX || reg == EDX || reg == ESI || reg == EDI) &&
	       code[5] == 0x0f && code[6] == 0x05;
}

bool site_agrees(const uint8_t code[SITE_BYTES], unsigned nr, const uint64_t arg[6])
{
	uint32_t constant;

	memcpy(&constant, code + 1, sizeof(constant));
	switch (code[0] - MOV) {
	case EAX: return constant == nr;
	case EDI: return constant == arg[0];
	case ESI: return constant == arg[1];
	case EDX: return constant == arg[2];
	default: return false;
	}
}

int64_t site_number(const uint8_t code[SITE_BYTES])
{
	uint32_t constant;

	memcpy(&constant, code + 1, sizeof(constant));
	return code[0] == MOV + EAX ? (int64_t)constant : -1;
}

bool site_read_jump(const uint8_t code[SITE_JUMP_BYTES], uint64_t from, uint64_t *ret)
{
	int32_t distance;

	memcpy(&distance, code + 1, sizeof(distance));
	*ret = from + SITE_JUMP_BYTES + (uint64_t)(int64_t)distance;
	return code[0] == 0xe9;
}

bool site_leave_stub(const uint8_t *stub, uint64_t at, void *regs)
{
	struct user_regs_struct *r = regs;
	uint32_t constant;
	uint64_t ret;

	if (!site_read_stub(stub, at, &ret, NULL))
		return false;
	memcpy(&constant, stub + STUB_MOV + 1, sizeof(constant));
	switch (stub[STUB_MOV] - MOV) {
	case EAX: r->rax = constant; break;
	case EDX: r->rdx = constant; break;
	case ESI: r->rsi = constant; break;
	case EDI: r->rdi = constant; break;
	}
	r->rip = ret - 2;
	return true;
}

uint64_t site_ticks(void)
{
	return machine_ticks();
}
