/* SPDX-License-Identifier: MIT */
/*
 * What every unit test program needs besides check.h: run one suite, exit with its verdict.
 * CK_FORK=no for a debugger, CK_RUN_CASE=name for one case.
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <check.h>
#include <stdlib.h>

/* The number of rows of a table, for tcase_add_loop_test(tc, test, 0, ROWS(table)). */
#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* A case of its own for a table of rows (`test` gets the row's index as _i), or for one test. */
static inline void unit_add_rows(Suite *s, const char *name, const TTest *test, int rows)
{
	TCase *c = tcase_create(name);

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, test, 0, rows);
	suite_add_tcase(s, c);
}

static inline void unit_add(Suite *s, const char *name, const TTest *test)
{
	unit_add_rows(s, name, test, 1);
}

#define UNIT_MAIN(suite_of)                                   \
	int main(void)                                        \
	{                                                     \
		SRunner *runner = srunner_create(suite_of()); \
		int failed;                                   \
                                                              \
		srunner_run_all(runner, CK_ENV);              \
		failed = srunner_ntests_failed(runner);       \
		srunner_free(runner);                         \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;  \
	}

#endif
