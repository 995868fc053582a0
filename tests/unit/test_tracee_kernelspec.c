// SPDX-License-Identifier: MIT
/* What -k may say. */
#include "tracee/kernelspec.h"

#include <string.h>

#include "unit.h"

#define LONG64 "0123456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *text;
	const char *names[UTS_FIELDS]; /* NULL: the host's */
	bool has_hwcap, has_hwcap2;
	uint64_t hwcap, hwcap2;
} good[] = {
	{ "5.4.1", { [UTS_RELEASE] = "5.4.1" }, false, false, 0, 0 },
	{ "x y", { [UTS_RELEASE] = "x y" }, false, false, 0, 0 },
	{ LONG64, { [UTS_RELEASE] = LONG64 }, false, false, 0, 0 },
	{ "\\Linux\\box\\6.17\\#1 x\\aarch64\\localdomain\\-1\\",
	  { "Linux", "box", "6.17", "#1 x", "aarch64", "localdomain" }, false, false, 0, 0 },
	{ "\\Linux\\\\6.17\\\\\\\\0x1f\\",
	  { [UTS_SYSNAME] = "Linux", [UTS_RELEASE] = "6.17" }, true, false, 31, 0 },
	{ "\\\\\\\\\\\\\\7,9", { NULL }, true, true, 7, 9 },
	{ "\\\\\\\\\\\\\\-1,9\\", { NULL }, false, true, 0, 9 },
	{ "\\\\\\\\\\\\\\,9\\", { NULL }, false, true, 0, 9 },
	{ "\\\\\\6.17", { [UTS_RELEASE] = "6.17" }, false, false, 0, 0 },
	{ "\\\\\\\\\\\\\\\\", { NULL }, false, false, 0, 0 },
	{ "\\", { NULL }, false, false, 0, 0 },
};

static struct fail fail;

START_TEST(takes)
{
	struct kernel_spec k;

	ck_assert_int_eq(kernelspec_parse(good[_i].text, &k, &fail), 0);
	for (unsigned i = 0; i < UTS_FIELDS; i++) {
		ck_assert_int_eq(k.names[i].is_set, good[_i].names[i] != NULL);
		if (good[_i].names[i])
			ck_assert_str_eq(k.names[i].text, good[_i].names[i]);
	}
	ck_assert_int_eq(k.machine.has_hwcap, good[_i].has_hwcap);
	ck_assert_int_eq(k.machine.has_hwcap2, good[_i].has_hwcap2);
	if (k.machine.has_hwcap)
		ck_assert_uint_eq(k.machine.hwcap, good[_i].hwcap);
	if (k.machine.has_hwcap2)
		ck_assert_uint_eq(k.machine.hwcap2, good[_i].hwcap2);
	ck_assert(!k.machine.platform == !good[_i].names[UTS_MACHINE]);
}
END_TEST

static const struct {
	const char *text, *word;
} bad[] = {
	{ "", "empty" },
	{ LONG64 "4", "64 bytes" },
	{ "\\" LONG64 "4\\", "system name" },
	{ "\\\\\\\\\\\\\\x\\", "capabilities" },
	{ "\\\\\\\\\\\\\\1\\2", "capabilities" },
	{ "\\\\\\\\\\\\\\1,2,3", "capabilities" },
	{ "\\\\\\\\\\\\\\99999999999999999999", "capabilities" },
};

START_TEST(refuses)
{
	struct kernel_spec k;

	ck_assert_int_lt(kernelspec_parse(bad[_i].text, &k, &fail), 0);
	ck_assert_msg(strstr(fail.text, bad[_i].word), "%s", fail.text);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tracee_kernelspec");

	unit_add_rows(s, "takes", takes, ROWS(good));
	unit_add_rows(s, "refuses", refuses, ROWS(bad));
	return s;
}

UNIT_MAIN(suite)
