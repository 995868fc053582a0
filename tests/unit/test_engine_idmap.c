// SPDX-License-Identifier: MIT
/* Lines of subuid(5), and the maps made of ranges. */
#include "engine/userns/idmap.h"

#include <string.h>

#include "unit.h"

static const char *table = "other:1000:10\n"
			   "# a comment\n"
			   "bob:100000:65536\n"
			   "1001:200000:5\n"
			   "bobby:300000:5\n"
			   "bob:bad:line\n"
			   "bob:400000:7";

START_TEST(ranges_are_those_of_the_user)
{
	static const uint32_t want[][2] = { { 100000, 65536 }, { 200000, 5 }, { 400000, 7 } };
	const char *at = table;
	struct idmap_line l;

	for (size_t i = 0; i < 3; i++) {
		at = idmap_next_range(at, "bob", 1001, &l);
		ck_assert_ptr_nonnull(at);
		ck_assert_uint_eq(l.outer, want[i][0]);
		ck_assert_uint_eq(l.count, want[i][1]);
	}
	ck_assert_ptr_null(idmap_next_range(at, "bob", 1001, &l));
	ck_assert_ptr_null(idmap_next_range(table, NULL, 7, &l));
}
END_TEST

static const struct layout {
	struct idmap_line own;
	struct idmap_line ranges[3];
	unsigned count;
	const char *want;
} layouts[] = {
	{ { 0, 1001, 1 }, { { 0, 0, 0 } }, 0, "0:1001:1" },
	{ { 1001, 1001, 1 }, { { 0, 0, 0 } }, 0, "1001:1001:1" },
	{ { 0, 1001, 1 }, { { 0, 100000, 65536 } }, 1, "0:1001:1,1:100000:65536" },
	{ { 5, 1001, 1 }, { { 0, 100000, 10 } }, 1, "5:1001:1,0:100000:5,6:100005:5" },
	{ { 5, 1001, 1 }, { { 0, 100, 3 }, { 0, 200, 4 } }, 2, "5:1001:1,0:100:3,3:200:2,6:202:2" },
	{ { 5, 1001, 1 }, { { 0, 100, 5 }, { 0, 200, 4 } }, 2, "5:1001:1,0:100:5,6:200:4" },
	{ { 50, 1001, 1 }, { { 0, 100, 5 } }, 1, "50:1001:1,0:100:5" },
};

START_TEST(own_id_and_ranges_make_a_map)
{
	const struct layout *l = &layouts[_i];
	struct idmap m;
	char text[256] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	idmap_lay_out(l->own, l->ranges, l->count, &m);
	ck_assert_ptr_nonnull(f);
	idmap_print(&m, f);
	fclose(f);
	ck_assert_str_eq(text, l->want);
	ck_assert(idmap_has(&m, l->own.inner));
	ck_assert(!idmap_has(&m, 100000));
}
END_TEST

static Suite *idmap_suite(void)
{
	Suite *s = suite_create("engine_idmap");

	unit_add(s, "ranges", ranges_are_those_of_the_user);
	unit_add_rows(s, "layouts", own_id_and_ranges_make_a_map, ROWS(layouts));
	return s;
}

UNIT_MAIN(idmap_suite)
