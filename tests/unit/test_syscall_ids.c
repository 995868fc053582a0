/* SPDX-License-Identifier: MIT */
/* Ids of 16 bits: which calls have them, how they are read and told. */
#include "syscall/ids.h"

#include "syscall/table.h"
#include "tracee/call.h"
#include "unit.h"

static const struct abi wide = { .name = "64", .word_bytes = 8 };
static const struct abi narrow = { .name = "32", .word_bytes = 4 };

static const struct {
	const struct abi *abi;
	enum sc id;
	bool is_short;
} calls[] = {
	{ &wide, SC_setuid, false },	 { &wide, SC_chown, false },
	{ &narrow, SC_setuid, true },	 { &narrow, SC_setuid32, false },
	{ &narrow, SC_getresgid, true }, { &narrow, SC_getresgid32, false },
	{ &narrow, SC_lchown, true },	 { &narrow, SC_lchown32, false },
	{ &narrow, SC_fchownat, false },
};

static struct call call_of(const struct abi *abi, enum sc id, uint64_t arg)
{
	return (struct call){ .abi = abi, .row = &sys_rows[id], .guest_arg = { arg } };
}

START_TEST(short_calls)
{
	const struct call c = call_of(calls[_i].abi, calls[_i].id, 0);

	ck_assert_int_eq(ids_are_short(&c), calls[_i].is_short);
	ck_assert_uint_eq(ids_bytes(&c), calls[_i].is_short ? 2 : 4);
}
END_TEST

static const struct {
	enum sc id; /* of the 32-bit ABI */
	uint64_t arg;
	uint32_t read, told; /* of the argument, and where the call tells that id */
} ids[] = {
	{ SC_setuid, 5, 5, 5 },
	{ SC_setuid, 0x12345, 0x2345, 0x2345 },
	{ SC_setuid, 0xffff, UINT32_MAX, 65534 },
	{ SC_setuid, 0xffffffff, UINT32_MAX, 65534 },
	{ SC_setuid, 0xfffe, 0xfffe, 0xfffe },
	{ SC_setuid32, 0x12345, 0x12345, 0x12345 },
	{ SC_setuid32, 0xffff, 0xffff, 0xffff },
	{ SC_setuid32, 0xffffffff, UINT32_MAX, UINT32_MAX },
};

START_TEST(ids_in_both_widths)
{
	const struct call c = call_of(&narrow, ids[_i].id, ids[_i].arg);

	ck_assert_uint_eq(ids_arg(&c, 0), ids[_i].read);
	ck_assert_uint_eq(ids_told(&c, ids_arg(&c, 0)), ids[_i].told);
}
END_TEST

static Suite *ids_suite(void)
{
	Suite *s = suite_create("syscall_ids");

	unit_add_rows(s, "calls", short_calls, ROWS(calls));
	unit_add_rows(s, "ids", ids_in_both_widths, ROWS(ids));
	return s;
}

UNIT_MAIN(ids_suite)
