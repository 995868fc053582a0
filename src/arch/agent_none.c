// SPDX-License-Identifier: MIT
/* Of a machine without an agent (no agent_entry.S): no call site is one, so nothing is changed. */
#include "arch/agent_site.h"

const bool arch_has_agent = false;

bool site_serves(unsigned nr)
{
	(void)nr;
	return false;
}

bool site_wants_gate(unsigned nr)
{
	(void)nr;
	return false;
}

bool site_calls_once_alone(unsigned nr)
{
	(void)nr;
	return false;
}

bool site_is_plain(const uint8_t look[SITE_LOOK])
{
	(void)look;
	return false;
}

bool site_is_shared(const uint8_t look[SITE_LOOK_SHARED + SITE_LOOK_BEHIND])
{
	(void)look;
	return false;
}

bool site_has_shared_code(const uint8_t code[SITE_JUMP_BYTES])
{
	(void)code;
	return false;
}

bool site_shares(unsigned nr)
{
	(void)nr;
	return false;
}

bool site_agrees(const uint8_t code[SITE_BYTES], unsigned nr, const uint64_t arg[6])
{
	(void)code, (void)nr, (void)arg;
	return false;
}

int64_t site_number(const uint8_t code[SITE_JUMP_BYTES])
{
	(void)code;
	return -1;
}

bool site_write_jump(uint8_t code[SITE_JUMP_BYTES], uint64_t from, uint64_t to)
{
	(void)code, (void)from, (void)to;
	return false;
}

size_t site_write_stub(uint8_t *code, uint64_t at, uint64_t ret, const uint8_t site[SITE_BYTES],
		       unsigned nr, uint64_t entry)
{
	(void)code, (void)at, (void)ret, (void)site, (void)nr, (void)entry;
	return 0;
}

bool site_read_stub(const uint8_t *stub, uint64_t at, uint64_t *ret, uint8_t was[SITE_JUMP_BYTES])
{
	(void)stub, (void)at, (void)ret, (void)was;
	return false;
}

bool site_read_jump(const uint8_t code[SITE_JUMP_BYTES], uint64_t from, uint64_t *ret)
{
	(void)code, (void)from, (void)ret;
	return false;
}

bool site_leave_stub(const uint8_t *stub, uint64_t at, void *regs)
{
	(void)stub, (void)at, (void)regs;
	return false;
}

uint64_t site_ticks(void)
{
	return 0;
}
