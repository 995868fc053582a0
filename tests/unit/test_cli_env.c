/* SPDX-License-Identifier: MIT */
/* Edits of the environment: what they change, and that they change nothing else. */
#include "cli/env.h"

#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "unit.h"

static char *caller[] = {
	"HOME=/root", "PATH=/bin", "odd", "LD_A=1", "LD_B=2", "HOME=again", NULL
};
static void *ctx;
static struct env env;
static struct fail fail;

static void setup(void)
{
	ctx = talloc_new(NULL);
	fail.text[0] = '\0';
	ck_assert_int_eq(env_init(&env, ctx, caller, &fail), 0);
}

static void teardown(void)
{
	talloc_free(ctx);
}

/* The list as one string, a blank between two. */
static const char *joined(void)
{
	char *text = talloc_strdup(ctx, "");

	for (size_t i = 0; i < env.count; i++)
		text = talloc_asprintf_append(text, "%s%s", i ? " " : "", env.list[i]);
	ck_assert_ptr_null(env.list[env.count]);
	return text;
}

START_TEST(starts_as_the_callers)
{
	ck_assert_str_eq(joined(), "HOME=/root PATH=/bin odd LD_A=1 LD_B=2 HOME=again");
}
END_TEST

START_TEST(set_replaces_every_entry_of_that_name)
{
	char word[] = "HOME=/x=y";

	ck_assert_int_eq(env_set(&env, word, &fail), 0);
	memset(word, '!', sizeof(word) - 1);
	ck_assert_str_eq(joined(), "PATH=/bin odd LD_A=1 LD_B=2 HOME=/x=y");
}
END_TEST

START_TEST(set_takes_from_the_caller)
{
	ck_assert_int_eq(env_clear(&env, &fail), 0);
	ck_assert_int_eq(env_set(&env, "PATH", &fail), 0);
	ck_assert_int_eq(env_set(&env, "NOT_THERE", &fail), 0);
	ck_assert_int_eq(env_set(&env, "EMPTY=", &fail), 0);
	ck_assert_str_eq(joined(), "PATH=/bin EMPTY=");
	ck_assert_int_eq(env_set(&env, "PA*", &fail), 0); /* a name, no pattern */
	ck_assert_int_eq(env_set(&env, "EMPTY", &fail), 0);
	ck_assert_str_eq(joined(), "PATH=/bin");
}
END_TEST

START_TEST(set_wants_a_name)
{
	ck_assert_int_lt(env_set(&env, "=x", &fail), 0);
	ck_assert_ptr_nonnull(strstr(fail.text, "=x"));
	ck_assert_int_lt(env_set(&env, "", &fail), 0);
	ck_assert_uint_eq(env.count, 6);
}
END_TEST

START_TEST(unset_by_pattern)
{
	ck_assert_int_eq(env_unset(&env, "LD_*", &fail), 0);
	ck_assert_str_eq(joined(), "HOME=/root PATH=/bin odd HOME=again");
	ck_assert_int_eq(env_unset(&env, "odd", &fail), 0);
	ck_assert_int_eq(env_unset(&env, "HOM?", &fail), 0);
	ck_assert_str_eq(joined(), "PATH=/bin");
	ck_assert_int_eq(env_unset(&env, "*", &fail), 0);
	ck_assert_str_eq(joined(), "");
}
END_TEST

static const char *write_file(const char *text)
{
	char *name = talloc_strdup(ctx, "/tmp/test_cli_env.XXXXXX");
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return name;
}

START_TEST(file_sets_line_by_line)
{
	const char *name = write_file("# comment\n\nA=1\nPATH\nB=two words \"quoted\" # x\nLAST=3");

	ck_assert_int_eq(env_clear(&env, &fail), 0);
	ck_assert_int_eq(env_set_file(&env, name, &fail), 0);
	ck_assert_str_eq(joined(), "A=1 PATH=/bin B=two words \"quoted\" # x LAST=3");
	unlink(name);
}
END_TEST

START_TEST(file_fails_with_its_name)
{
	const char *name = write_file("A=1\n=bad\n");

	ck_assert_int_lt(env_set_file(&env, name, &fail), 0);
	unlink(name);
	ck_assert_int_lt(env_set_file(&env, name, &fail), 0);
	ck_assert_ptr_nonnull(strstr(fail.text, name));
	ck_assert_int_lt(env_set_file(&env, "/", &fail), 0);
}
END_TEST

static Suite *env_suite(void)
{
	Suite *s = suite_create("cli_env");
	TCase *tc = tcase_create("env");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, starts_as_the_callers);
	tcase_add_test(tc, set_replaces_every_entry_of_that_name);
	tcase_add_test(tc, set_takes_from_the_caller);
	tcase_add_test(tc, set_wants_a_name);
	tcase_add_test(tc, unset_by_pattern);
	tcase_add_test(tc, file_sets_line_by_line);
	tcase_add_test(tc, file_fails_with_its_name);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(env_suite)
