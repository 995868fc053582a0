// SPDX-License-Identifier: MIT
/* Texts of /proc that tell ids. */
#include "syscall/procids.h"

#include <elf.h>

#include "exec/ids.h"
#include "ident/cred.h"
#include "texts.h"

static const char kernels[] =
	"Name:\tx\nUid:\t1001\t1001\t1001\t1001\nGid:\t7\t1001\t7\t7\nFDSize:\t64\nGroups:\t7 1001 \n"
	"CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
	"CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\nUidx:\t1001\n";

START_TEST(guests)
{
	uint32_t groups[] = { 4, 27 };
	const struct cred c = {
		.uid = 1, .euid = 2, .suid = 3, .fsuid = 4, .gid = 5, .egid = 6, .sgid = 7, .fsgid = 8,
		.inheritable = 0x10, .permitted = 0x20, .effective = 0x40, .bounding = UINT64_MAX,
		.ambient = 0x80, .group_count = 2, .groups = groups,
	};
	const struct procids p = { .cred = &c };

	begin(kernels);
	check_text(procids_status(in, out, &p),
		   "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t4 27 \n"
		   "CapInh:\t0000000000000010\nCapPrm:\t0000000000000020\n"
		   "CapEff:\t0000000000000040\nCapBnd:\tffffffffffffffff\n"
		   "CapAmb:\t0000000000000080\nUidx:\t1001\n");
}
END_TEST

START_TEST(guest_without_groups)
{
	const struct cred c = { 0 };
	const struct procids p = { .cred = &c };

	begin("Groups:\t7 1001 \n");
	check_text(procids_status(in, out, &p), "Groups:\t \n");
}
END_TEST

static uint32_t tell_uid(const struct session *s, uint32_t host)
{
	(void)s;
	return host == 1001 ? 0 : 65534;
}

static uint32_t tell_gid(const struct session *s, uint32_t host)
{
	(void)s;
	return host == 7 ? 100 : 65534;
}

START_TEST(outsiders)
{
	const struct procids p = { NULL, tell_uid, tell_gid, NULL };

	begin(kernels);
	check_text(procids_status(in, out, &p),
		   "Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t100\t65534\t100\t100\nFDSize:\t64\n"
		   "Groups:\t100 65534 \n"
		   "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
		   "CapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n"
		   "CapAmb:\t0000000000000000\nUidx:\t1001\n");
}
END_TEST

START_TEST(maps_and_numbers)
{
	begin("x");
	check_text(procids_map(out), "         0          0 4294967295\n");
	begin("x");
	check_text(procids_number(out, UINT32_MAX), "4294967295");
}
END_TEST

static const struct exec_ids told = { 8, true, 1, 2, 3, 4, false, NULL };

START_TEST(auxv_64)
{
	const uint64_t from[] = { AT_PAGESZ, 4096, AT_UID, 9, AT_EUID, 9, AT_GID, 9, AT_EGID, 9,
				  AT_SECURE, 0, AT_CLKTCK, 100, AT_NULL, 0 };
	const uint64_t want[] = { AT_PAGESZ, 4096, AT_UID, 1, AT_EUID, 2, AT_GID, 3, AT_EGID, 4,
				  AT_SECURE, 1, AT_CLKTCK, 100, AT_NULL, 0 };

	begin_bytes(from, sizeof(from));
	check_bytes(procids_auxv(in, out, &told), want, sizeof(want));
}
END_TEST

START_TEST(auxv_32)
{
	const uint32_t from[] = { AT_EGID, 9, AT_SECURE, 0, AT_NULL, 0 };
	const uint32_t want[] = { AT_EGID, 4, AT_SECURE, 1, AT_NULL, 0 };
	struct exec_ids narrow = told;

	narrow.word_bytes = 4;
	begin_bytes(from, sizeof(from));
	check_bytes(procids_auxv(in, out, &narrow), want, sizeof(want));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("syscall_procids");

	unit_add(s, "guests", guests);
	unit_add(s, "guest_without_groups", guest_without_groups);
	unit_add(s, "outsiders", outsiders);
	unit_add(s, "maps_and_numbers", maps_and_numbers);
	unit_add(s, "auxv_64", auxv_64);
	unit_add(s, "auxv_32", auxv_32);
	return s;
}

UNIT_MAIN(suite)
