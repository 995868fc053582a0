// SPDX-License-Identifier: MIT
/* Threads, processes and address spaces: who shares what, and what goes with the last of them. */
#include "unit.h"

#include <errno.h>
#include <talloc.h>

#include "tracee/session.h"
#include "tracee/tracee.h"

static struct session *s;
static struct process *p;

static void setup(void)
{
	s = talloc_zero(NULL, struct session);
	p = process_new(s, 100, NULL);
}

static void teardown(void)
{
	talloc_free(s);
}

static struct tracee *thread(pid_t tid, struct mm *mm)
{
	struct tracee *t = tracee_new(s, tid, p);

	tracee_set_mm(t, mm);
	return t;
}

static void add_area(struct mm *mm, uint64_t base, enum area_code code, bool ready)
{
	const struct area a = { .base = base, .slots = AREA_SLOTS, .code = code, .ready = ready };

	ck_assert_int_ge(mm_add_area(mm, &a), 0);
}

START_TEST(last_thread_takes_all_along)
{
	size_t before = talloc_total_blocks(s);
	struct mm *mm = mm_new(s);
	struct tracee *a = thread(100, mm), *b = thread(101, mm);

	ck_assert_ptr_eq(tracee_find(s, 101), b);
	ck_assert_ptr_eq(process_find(s, 100), p);
	tracee_free(a);
	ck_assert_ptr_null(tracee_find(s, 100));
	ck_assert_ptr_eq(process_find(s, 100), p);
	tracee_free(b);
	ck_assert_ptr_null(process_find(s, 100));
	ck_assert_uint_lt(talloc_total_blocks(s), before);
}
END_TEST

START_TEST(exec_renames_a_thread)
{
	struct mm *mm = mm_new(s);
	struct tracee *leader = thread(100, mm), *t = thread(105, mm);

	tracee_free(leader);
	tracee_rename(t, 100);
	ck_assert_ptr_eq(tracee_find(s, 100), t);
	ck_assert_ptr_null(tracee_find(s, 105));
	ck_assert_uint_eq(p->threads, 1);
}
END_TEST

START_TEST(slots_are_one_thread_each)
{
	struct mm *mm = mm_new(s);
	struct tracee *t[2 * AREA_SLOTS + 1];
	bool seen[2][AREA_SLOTS] = { { false } };

	add_area(mm, 0x10000, AREA_X86_64, true);
	add_area(mm, 0x90000, AREA_X86_64, true);
	for (int i = 0; i < 2 * AREA_SLOTS; i++) {
		t[i] = thread(200 + i, mm);
		ck_assert_int_eq(tracee_take_slot(t[i], AREA_X86_64), 0);
		ck_assert(!seen[t[i]->area][t[i]->slot]);
		seen[t[i]->area][t[i]->slot] = true;
		ck_assert_int_eq(tracee_take_slot(t[i], AREA_X86_64), 0); /* the same again */
	}
	t[2 * AREA_SLOTS] = thread(999, mm);
	ck_assert_int_eq(tracee_take_slot(t[2 * AREA_SLOTS], AREA_X86_64), -ENOSPC);
	tracee_free(t[7]);
	ck_assert_int_eq(tracee_take_slot(t[2 * AREA_SLOTS], AREA_X86_64), 0);
	ck_assert_int_eq(t[2 * AREA_SLOTS]->slot, 7);
}
END_TEST

START_TEST(slots_suit_the_code)
{
	struct mm *mm = mm_new(s);
	struct tracee *t = thread(100, mm);

	add_area(mm, 0x10000, AREA_X86_64, true);
	add_area(mm, 0x90000, AREA_I386, false);
	ck_assert_int_eq(tracee_take_slot(t, AREA_I386), -ENOSPC); /* not ready */
	mm->areas[1].ready = true;
	ck_assert_int_eq(tracee_take_slot(t, AREA_I386), 0);
	ck_assert_int_eq(t->area, 1);
	ck_assert_int_eq(tracee_take_slot(t, AREA_X86_64_INT80), -ENOSPC);
	ck_assert_int_eq(tracee_take_slot(t, AREA_X86_64), 0);
	ck_assert_int_eq(t->area, 0);
	ck_assert_uint_eq(mm->areas[1].slots_used, 0); /* given back */
}
END_TEST

START_TEST(a_copy_has_its_own_slots)
{
	struct mm *mm = mm_new(s), *copy;
	struct exe *exe = talloc_zero(s, struct exe);
	struct tracee *t = thread(100, mm);

	mm_set_exe(mm, exe);
	add_area(mm, 0x10000, AREA_X86_64, true);
	tracee_take_slot(t, AREA_X86_64);
	copy = mm_copy(s, mm);
	ck_assert_uint_eq(copy->area_count, 1);
	ck_assert_uint_eq(copy->areas[0].base, 0x10000);
	ck_assert_uint_eq(copy->areas[0].slots_used, 0);
	ck_assert_uint_eq(exe->refs, 2);
	add_area(copy, 0x90000, AREA_X86_64, true);
	ck_assert_uint_eq(mm->area_count, 1);
	tracee_set_mm(t, copy);
	ck_assert_uint_eq(exe->refs, 1); /* mm went with its last thread */
}
END_TEST

START_TEST(lent_memory_comes_back)
{
	struct mm *mm = mm_new(s), *other = mm_new(s);
	struct tracee *a = thread(100, mm), *b = thread(101, mm);

	ck_assert_uint_eq(mm_lend(a, 100), 0);
	ck_assert_int_eq(mm_add_loan(a, 0x5000, 4096), 0);
	ck_assert_uint_eq(mm_lend(a, 4096), 0x5000);
	ck_assert_uint_eq(mm_lend(a, 4097), 0);
	ck_assert_uint_eq(mm_lend(b, 100), 0); /* a has it */
	tracee_set_mm(a, other);	       /* by an exec */
	ck_assert_uint_eq(mm_lend(b, 100), 0x5000);
	for (int i = 1; i < MM_MAX_LOANS; i++)
		ck_assert_int_eq(mm_add_loan(b, 0x10000 * i, 4096), 0);
	ck_assert_int_eq(mm_add_loan(b, 0x1000, 4096), -ENOMEM);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test);
	suite_add_tcase(suite, c);
}

static Suite *suite(void)
{
	Suite *all = suite_create("tracee");

	add(all, "last_thread_takes_all_along", last_thread_takes_all_along);
	add(all, "exec_renames_a_thread", exec_renames_a_thread);
	add(all, "slots_are_one_thread_each", slots_are_one_thread_each);
	add(all, "slots_suit_the_code", slots_suit_the_code);
	add(all, "a_copy_has_its_own_slots", a_copy_has_its_own_slots);
	add(all, "lent_memory_comes_back", lent_memory_comes_back);
	return all;
}

UNIT_MAIN(suite)
