/* SPDX-License-Identifier: MIT */
/* Call sites and what they become, written and read back; and run: the stub is the machine's code. */
#include "arch/agent_site.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#include "unit.h"

static const struct {
	uint8_t look[SITE_LOOK];
	bool plain;
} codes[] = {
	{ { 0x90, 0xb8, 0x01, 0x01, 0, 0, 0x0f, 0x05 }, true },		 /* mov $257, %eax */
	{ { 0x90, 0xbf, 0x9c, 0xff, 0xff, 0xff, 0x0f, 0x05 }, true },	 /* mov $AT_FDCWD, %edi */
	{ { 0x90, 0xba, 0, 0, 0, 0, 0x0f, 0x05 }, true },			 /* mov $0, %edx */
	{ { 0x90, 0xb9, 0, 0, 0, 0, 0x0f, 0x05 }, false },		 /* %ecx: the call's own */
	{ { 0x90, 0xbc, 0, 0, 0, 0, 0x0f, 0x05 }, false },		 /* %esp */
	{ { 0x90, 0xb8, 0x01, 0x01, 0, 0, 0xcd, 0x80 }, false },		 /* int $0x80 */
	{ { 0x90, 0x0f, 0xb8, 0, 0, 0, 0x0f, 0x05 }, false },
	{ { 0x41, 0xba, 0, 1, 0, 0, 0x0f, 0x05 }, false }, /* %r10d */
	{ { 0x48, 0xbf, 0, 1, 0, 0, 0x0f, 0x05 }, false },
	{ { 0 }, false },
};

START_TEST(plain_sites)
{
	ck_assert_int_eq(site_is_plain(codes[_i].look), codes[_i].plain);
}
END_TEST

START_TEST(agreement)
{
	const uint64_t arg[6] = { 0xffffff9c, 1, 2 }, wide[6] = { (uint64_t)-100, 1, 2 };

	ck_assert(site_agrees(codes[0].look + 1, 257, arg));
	ck_assert(!site_agrees(codes[0].look + 1, 262, arg));
	ck_assert(site_agrees(codes[1].look + 1, 257, arg));
	ck_assert(!site_agrees(codes[1].look + 1, 257, wide));
	ck_assert(!site_agrees(codes[2].look + 1, 257, arg));
}
END_TEST

START_TEST(numbers)
{
	ck_assert_int_eq(site_number(codes[0].look + 1), 257);
	ck_assert_int_eq(site_number(codes[1].look + 1), -1);
	ck_assert_int_eq(site_number(codes[2].look + 1), -1);
	for (unsigned nr = 0; nr < 512; nr++) {
		ck_assert(site_serves(nr) || !site_wants_gate(nr));
		ck_assert(site_wants_gate(nr) || !site_calls_once_alone(nr));
	}
}
END_TEST

START_TEST(jumps)
{
	static const struct {
		uint64_t from, to;
		bool reaches;
	} rows[] = {
		{ 0x400000, 0x300020, true },
		{ 0x7f0000000000, 0x7f0012345678, true },
		{ 0x7f0000000000, 0x7f0080000004, true },
		{ 0x7f0000000000, 0x7f0080000005, false },
		{ 0x7f0080000000, 0x7f0000000005, true },
		{ 0x7f0080000000, 0x7f0000000004, false },
		{ 0x555555554000, 0x7f0000000000, false },
	};
	uint8_t code[SITE_JUMP_BYTES];
	uint64_t back;

	for (size_t i = 0; i < ROWS(rows); i++) {
		ck_assert_int_eq(site_write_jump(code, rows[i].from, rows[i].to), rows[i].reaches);
		if (!rows[i].reaches)
			continue;
		ck_assert(site_read_jump(code, rows[i].from, &back));
		ck_assert_uint_eq(back, rows[i].to);
	}
	code[0] = 0x90;
	ck_assert(!site_read_jump(code, 0, &back));
}
END_TEST

/* An agent that returns what it was given: the number in rax, the return address in r11. */
static const uint8_t echo[] = {
	0x48, 0xc1, 0xe0, 0x20, /* shl $32, %rax */
	0x45, 0x89, 0xdb,	/* mov %r11d, %r11d */
	0x4c, 0x09, 0xd8,	/* or %r11, %rax */
	0x41, 0xff, 0xe3,	/* jmp *%r11, cut to 32 bits: the page lies low */
};

START_TEST(a_site_leads_there_and_back)
{
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	uint8_t *site = page + 16, *stub = page + 64, *agent = page + 256;
	struct user_regs_struct regs = { 0 };
	uint64_t (*call)(void) = (uint64_t(*)(void))(uintptr_t)site, got;
	const uint64_t at = (uint64_t)(uintptr_t)agent;
	uint8_t was[SITE_JUMP_BYTES];
	size_t n;

	if (page == MAP_FAILED || !site_serves(SYS_openat))
		return;
	memcpy(agent, echo, sizeof(echo));
	memcpy(page, &at, sizeof(at));
	memcpy(site, codes[0].look + 1, SITE_BYTES);
	site[SITE_BYTES] = 0xc3; /* ret */
	n = site_write_stub(stub, (uintptr_t)stub, (uintptr_t)site + SITE_BYTES, site,
			    SYS_openat, (uintptr_t)page);
	ck_assert_uint_eq(n, 18);
	ck_assert(!site_read_stub(page + 512, (uintptr_t)page + 512, &got, NULL));
	ck_assert(site_read_stub(stub, (uintptr_t)stub, &got, was));
	ck_assert_uint_eq(got, (uintptr_t)site + SITE_BYTES);
	ck_assert_mem_eq(was, codes[0].look + 1, sizeof(was));
	ck_assert(!site_leave_stub(page + 512, (uintptr_t)page + 512, &regs));
	ck_assert(site_leave_stub(stub, (uintptr_t)stub, &regs));
	ck_assert_uint_eq(regs.rax, SYS_openat);
	ck_assert_uint_eq(regs.rip, (uintptr_t)site + SITE_BYTES - 2);
	ck_assert(site_write_jump(site, (uintptr_t)site, (uintptr_t)stub));
	got = call();
	ck_assert_uint_eq(got >> 32, SYS_openat);
	ck_assert_uint_eq((uint32_t)got, (uint32_t)(uintptr_t)(site + SITE_BYTES));
	munmap(page, 4096);
}
END_TEST

/* What all calls that may be cancelled are made with. */
static const uint8_t shared[] = {
	0x48, 0x89, 0xf8,		 /* mov %rdi, %rax: here the number comes first */
	0x4c, 0x8b, 0x44, 0x24, 0x08, /* mov 8(%rsp), %r8 */
	0x4c, 0x8b, 0x4c, 0x24, 0x10, /* mov 16(%rsp), %r9 */
	0x4c, 0x89, 0x5c, 0x24, 0x08, /* mov %r11, 8(%rsp) */
	0x0f, 0x05, 0xc3,
};

/* Called with room on the stack where the site stores. */
static uint64_t call_shared(const uint8_t *code, uint64_t nr)
{
	uint64_t (*call)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
			 uint64_t) = (void *)(uintptr_t)code;

	return call(nr, 0, 0, 0, 0, 0, 7, 8);
}

START_TEST(shared_sites)
{
	static const uint8_t alone[] = { 0x48, 0x8b, 0x44, 0x24, 0x10, 0x0f, 0x05, 0x5b, 0xc3 };
	uint8_t look[SITE_LOOK_SHARED + SITE_LOOK_BEHIND] = { 0 };

	memcpy(look, shared + 3, SITE_LOOK_SHARED);
	ck_assert_int_eq(site_is_shared(look), site_serves(SYS_openat));
	ck_assert(!site_is_plain(look + SITE_LOOK_SHARED - SITE_LOOK));
	for (size_t i = 0; i < SITE_LOOK_SHARED; i++) {
		look[i] ^= 1;
		ck_assert(!site_is_shared(look));
		look[i] ^= 1;
	}
	for (unsigned nr = 0; nr < 512; nr++) {
		ck_assert(!site_shares(nr) || (site_serves(nr) && !site_wants_gate(nr)));
		ck_assert_int_eq(site_agrees(look + 10, nr, (uint64_t[6]){ 0 }), site_shares(nr));
	}
	ck_assert_int_eq(site_number(look + 10), -1);
	ck_assert(site_has_shared_code(look + 10));
	ck_assert(!site_has_shared_code(codes[0].look + 1));
	memcpy(look + 10, alone, sizeof(alone));
	ck_assert_int_eq(site_is_shared(look), site_serves(SYS_openat));
	for (size_t i = 10; i < sizeof(look); i++) {
		look[i] ^= 1;
		ck_assert(!site_is_shared(look));
		look[i] ^= 1;
	}
	ck_assert(site_has_shared_code(look + 10));
}
END_TEST

/* From each place in its stub a thread goes back to where no, or all, of the site's code was run. */
static void leave_everywhere(const uint8_t *stub, uint64_t ret)
{
	const uint64_t at = (uintptr_t)stub;

	for (uint64_t i = 0; i < 31; i++) {
		struct user_regs_struct regs = { .rip = at + i, .rax = 5, .rdx = 6 };

		ck_assert(site_leave_stub(stub, at, &regs));
		ck_assert_uint_eq(regs.rip, i ? ret - 2 : ret - SITE_BYTES);
		ck_assert_uint_eq(regs.rax, 5);
		ck_assert_uint_eq(regs.rdx, 6);
	}
}

START_TEST(a_shared_site_leads_there_for_one_number)
{
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	uint8_t *code = page + 16, *site = code + 13, *stub = page + 64, *agent = page + 256;
	const uint64_t at = (uint64_t)(uintptr_t)agent, ret = (uintptr_t)site + SITE_BYTES;
	uint8_t was[SITE_JUMP_BYTES];
	uint64_t got;

	if (page == MAP_FAILED || !site_serves(SYS_openat))
		return;
	memcpy(agent, echo, sizeof(echo));
	memcpy(page, &at, sizeof(at));
	memcpy(code, shared, sizeof(shared));
	ck_assert_uint_eq(site_write_stub(stub, (uintptr_t)stub, ret, site, SYS_openat,
					  (uintptr_t)page), 31);
	ck_assert(site_read_stub(stub, (uintptr_t)stub, &got, was));
	ck_assert_uint_eq(got, ret);
	ck_assert_mem_eq(was, site, sizeof(was));
	leave_everywhere(stub, ret);
	ck_assert(site_write_jump(site, (uintptr_t)site, (uintptr_t)stub));
	got = call_shared(code, SYS_openat);
	ck_assert_uint_eq(got >> 32, SYS_openat);
	ck_assert_uint_eq((uint32_t)got, (uint32_t)ret);
	ck_assert_int_eq((pid_t)call_shared(code, SYS_getpid), getpid());
	ck_assert_int_eq((int)call_shared(code, SYS_open), -EFAULT);
	ck_assert_int_eq((int)call_shared(code, 0xffffffff), -ENOSYS);
	stub[11] = 0x90;
	ck_assert(!site_read_stub(stub, (uintptr_t)stub, &got, NULL));
	munmap(page, 4096);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("arch_agent_site");
	TCase *tc = tcase_create("sites");

	tcase_add_loop_test(tc, plain_sites, 0, ROWS(codes));
	tcase_add_test(tc, agreement);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, jumps);
	tcase_add_test(tc, a_site_leads_there_and_back);
	tcase_add_test(tc, shared_sites);
	tcase_add_test(tc, a_shared_site_leads_there_for_one_number);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(suite)
