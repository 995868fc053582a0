// SPDX-License-Identifier: MIT
/*
 * glibc and musl have "mov $nr, %eax", or that of a constant argument, directly before "syscall" in
 * nearly every wrapper: five bytes, as many as a jump to within 2 GiB takes. The syscall itself
 * stays. Calls that may be cancelled all come from one "mov %r11, 8(%rsp); syscall" in musl
 * (__syscall_cp_asm) and in glibc since 2.41 (__syscall_cancel_arch): five bytes, too. Without
 * company that glibc makes them in __internal_syscall_cancel, "mov 16(%rsp), %rax; syscall; pop
 * %rbx; ret".
 */
#include "arch/agent_site.h"

#include <string.h>
#include <sys/user.h>

#include "arch/x86_64/agent.h"
#include "arch/x86_64/agent_stub.h"

const bool arch_has_agent = true;

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
	case AC_FCHMOD:
	case AC_FCHOWN:
	case AC_UTIMENSAT:
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

bool site_is_shared(const uint8_t look[SITE_LOOK_SHARED + SITE_LOOK_BEHIND])
{
	static const uint8_t alone[SITE_BYTES + SITE_LOOK_BEHIND] = {
		0x48, 0x8b, 0x44, 0x24, 0x10, /* mov 16(%rsp), %rax */
		0x0f, 0x05,
		0x5b, 0xc3, /* pop %rbx; ret */
	};
	static const uint8_t code[SITE_LOOK_SHARED] = {
		0x4c, 0x8b, 0x44, 0x24, 0x08, /* mov 8(%rsp), %r8 */
		0x4c, 0x8b, 0x4c, 0x24, 0x10, /* mov 16(%rsp), %r9 */
		0x4c, 0x89, 0x5c, 0x24, 0x08, /* mov %r11, 8(%rsp) */
		0x0f, 0x05,
	};

	if (memcmp(look + SITE_LOOK_SHARED - SITE_BYTES, alone, sizeof(alone)) == 0)
		return true;
	return memcmp(look, code, sizeof(code)) == 0;
}

bool site_shares(unsigned nr)
{
	return nr == AC_OPEN || nr == AC_OPENAT;
}

bool site_agrees(const uint8_t code[SITE_BYTES], unsigned nr, const uint64_t arg[6])
{
	uint32_t constant;

	if (site_has_shared_code(code))
		return site_shares(nr);
	memcpy(&constant, code + 1, sizeof(constant));
	switch (code[0] - MOV) {
	case EAX: return constant == nr;
	case EDI: return constant == arg[0];
	case ESI: return constant == arg[1];
	case EDX: return constant == arg[2];
	default: return false;
	}
}

int64_t site_number(const uint8_t code[SITE_JUMP_BYTES])
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

/* The stored argument is written once: at the first instruction it is not yet, behind it it is. */
static void leave_shared(uint64_t at, uint64_t ret, struct user_regs_struct *r)
{
	r->rip = r->rip == at ? ret - SITE_BYTES : ret - 2;
}

bool site_leave_stub(const uint8_t *stub, uint64_t at, void *regs)
{
	struct user_regs_struct *r = regs;
	uint32_t constant;
	uint64_t ret;

	if (!site_read_stub(stub, at, &ret, NULL))
		return false;
	if (site_has_shared_code(stub)) {
		leave_shared(at, ret, r);
		return true;
	}
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
