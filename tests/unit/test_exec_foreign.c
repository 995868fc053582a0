// SPDX-License-Identifier: MIT
/* Which headers are another machine's, and what qemu calls it. */
#include "exec/foreign.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

#include "arch/elf_machine.h"
#include "unit.h"

static const struct row {
	unsigned class, order, type, machine, flags;
	bool is_foreign;
	const char *arch;
} rows[] = {
	{ 2, 1, 2, EM_AARCH64, 0, true, "aarch64" },
	{ 2, 1, 3, EM_AARCH64, 0, true, "aarch64" },
	{ 2, 1, 1, EM_AARCH64, 0, false, NULL },
	{ 2, 1, 4, EM_AARCH64, 0, false, NULL },
	{ 2, 2, 2, EM_AARCH64, 0, true, "aarch64_be" },
	{ 1, 1, 3, EM_ARM, 0x5000400, true, "arm" },
	{ 2, 1, 3, EM_RISCV, 5, true, "riscv64" },
	{ 1, 1, 3, EM_RISCV, 5, true, "riscv32" },
	{ 2, 2, 2, EM_S390, 0, true, "s390x" },
	{ 1, 2, 2, EM_S390, 0, true, NULL },
	{ 2, 2, 3, EM_PPC64, 1, true, "ppc64" },
	{ 2, 1, 3, EM_PPC64, 2, true, "ppc64le" },
	{ 1, 2, 2, EM_MIPS, 0x1000, true, "mips" },
	{ 1, 1, 2, EM_MIPS, 0x1000, true, "mipsel" },
	{ 1, 1, 2, EM_MIPS, 0x20, true, "mipsn32el" },
	{ 1, 2, 2, EM_MIPS, 0x20, true, "mipsn32" },
	{ 2, 1, 2, EM_MIPS, 0x20, true, "mips64el" },
	{ 1, 1, 2, 0xfeed, 0, true, NULL },
	{ 2, 3, 2, EM_AARCH64, 0, false, NULL },
	{ 2, 1, 3, EM_X86_64, 0, true, "x86_64" },
	{ 1, 1, 3, EM_386, 0, true, "i386" },
	{ 2, 2, 3, EM_X86_64, 0, true, NULL },
};

static void put(uint8_t *p, unsigned bytes, unsigned order, unsigned value)
{
	for (unsigned i = 0; i < bytes; i++)
		p[order == 2 ? bytes - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

/* Machines of the other byte order are others. */
static bool is_own(const struct row *r)
{
	for (size_t i = 0; i < elf_machine_count; i++)
		if (elf_machines[i].machine == r->machine && elf_machine_runs(&elf_machines[i]))
			return r->order == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1 : 2);
	return false;
}

START_TEST(looks)
{
	const struct row *r = &rows[_i];
	bool want = r->is_foreign && !is_own(r);
	uint8_t head[FOREIGN_HEAD_BYTES] = "\177ELF";
	struct foreign f = { 0, NULL };

	head[4] = (uint8_t)r->class;
	head[5] = (uint8_t)r->order;
	put(head + 16, 2, r->order, r->type);
	put(head + 18, 2, r->order, r->machine);
	put(head + 36, 4, r->order, r->flags);
	ck_assert_int_eq(foreign_look(head, sizeof(head), &f), want);
	if (want)
		ck_assert_uint_eq(f.machine, r->machine);
	if (want && r->arch)
		ck_assert_str_eq(f.arch, r->arch);
	else
		ck_assert_ptr_null(f.arch);
	ck_assert(!foreign_look(head, sizeof(head) - 1, &f));
	head[0] = 'x';
	ck_assert(!foreign_look(head, sizeof(head), &f));
}
END_TEST

START_TEST(emulators)
{
	struct emulator list[] = { { .arch = "arm" }, { .arch = "riscv64" }, { .arch = NULL } };
	const struct emulators two = { list, 2 }, three = { list, 3 };
	const struct foreign arm = { 40, "arm" }, riscv = { 243, "riscv64" }, odd = { 1, NULL };

	ck_assert_ptr_eq(emulators_find(&two, &arm), &list[0]);
	ck_assert_ptr_eq(emulators_find(&two, &riscv), &list[1]);
	ck_assert_ptr_null(emulators_find(&two, &odd));
	ck_assert_ptr_eq(emulators_find(&three, &odd), &list[2]);
	for (size_t i = 0; foreign_arch(i); i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(foreign_arch(i), foreign_arch(k));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("exec_foreign");

	unit_add_rows(s, "looks", looks, ROWS(rows));
	unit_add(s, "emulators", emulators);
	return s;
}

UNIT_MAIN(suite)
