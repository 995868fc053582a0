// SPDX-License-Identifier: MIT
/* Values of the kernel's text files: found behind their key, and else left as they were. */
#include "base/kernfile.h"

#include <unistd.h>

#include "unit.h"

START_TEST(first_line)
{
	int highest = 0;

	ck_assert(kernfile_scan("/proc/sys/kernel/cap_last_cap", "%d", &highest));
	ck_assert_int_gt(highest, 20);
}
END_TEST

START_TEST(behind_a_key)
{
	char state = 0;
	int pid = 0;

	ck_assert(kernfile_scan("/proc/self/status", "Pid: %d", &pid));
	ck_assert_int_eq(pid, getpid());
	ck_assert(kernfile_scan("/proc/self/status", "State: %c", &state));
	ck_assert_int_eq(state, 'R');
}
END_TEST

START_TEST(not_there)
{
	int value = 7;

	ck_assert(!kernfile_scan("/proc/self/status", "Nothing: %d", &value));
	ck_assert(!kernfile_scan("/proc/self/status", "Name: %d", &value));
	ck_assert(!kernfile_scan("/proc/nothing", "%d", &value));
	ck_assert_int_eq(value, 7);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("base_kernfile");

	unit_add(s, "first_line", first_line);
	unit_add(s, "behind_a_key", behind_a_key);
	unit_add(s, "not_there", not_there);
	return s;
}

UNIT_MAIN(suite)
