// SPDX-License-Identifier: MIT
/* What was put in is in; of what was not, little seems to be. */
#include "base/inodeset.h"

#include "unit.h"

START_TEST(holds_what_was_added)
{
	struct inodeset set = { 0 };
	unsigned seeming = 0;

	for (uint64_t i = 0; i < 1000; i++)
		ck_assert(!inodeset_may_hold(&set, i));
	for (uint64_t i = 0; i < 1000; i++)
		inodeset_add(&set, i * 3 + (i << 40));
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert(inodeset_may_hold(&set, i * 3 + (i << 40)));
	for (uint64_t i = 0; i < 10000; i++)
		seeming += inodeset_may_hold(&set, i * 3 + 1);
	ck_assert_uint_lt(seeming, 1000);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("base_inodeset");

	unit_add(s, "holds_what_was_added", holds_what_was_added);
	return s;
}

UNIT_MAIN(suite)
