// SPDX-License-Identifier: MIT
/* What was added is there, whatever the number, and nothing else is. */
#include "image/nameset.h"

#include <stdio.h>
#include <talloc.h>

#include "unit.h"

enum { NAMES = 20000 };

START_TEST(adds_and_clears)
{
	void *ctx = talloc_new(NULL);
	struct nameset s;
	char name[32];

	nameset_init(&s);
	ck_assert(!nameset_has(&s, 1, "a"));
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "n%u", i / 2);
		ck_assert_int_eq(nameset_add(ctx, &s, i % 2, name), 0);
	}
	ck_assert_uint_eq(s.count, NAMES);
	for (unsigned i = 0; i < NAMES * 2; i++) {
		snprintf(name, sizeof(name), "n%u", i / 2);
		ck_assert_int_eq(nameset_has(&s, i % 2, name), i < NAMES);
	}
	ck_assert(!nameset_has(&s, 2, "n1"));
	ck_assert_uint_le(talloc_total_size(ctx), 32 * NAMES);
	nameset_clear(&s);
	ck_assert(!nameset_has(&s, 1, "n1"));
	talloc_free(ctx);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("image_nameset");

	unit_add(s, "adds_and_clears", adds_and_clears);
	return s;
}

UNIT_MAIN(suite)
