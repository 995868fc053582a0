// SPDX-License-Identifier: MIT
/* Pairs of ports as they are written, what is bound below 1024, and what gets any that is free. */
#include "tracee/ports.h"

#include <talloc.h>

#include "base/fail.h"
#include "unit.h"

static const struct {
	const char *word;
	bool pair;
} words[] = {
	{ "80:8080", true },  { "1:65535", true },	{ "80:8080/tcp", true }, { "80:8080/udp", true },
	{ "80", false },      { "80:", false },		{ ":80", false },	 { "0:80", false },
	{ "80:0", false },    { "80:65536", false },	{ "80:8080/", false },	 { "80:8080/sctp", false },
	{ "-1:80", false },   { "80: 80", false },	{ "80:80x", false },	 { "", false },
	{ "+80:80", false },  { "99999999999999999999:1", false },
};

START_TEST(pairs)
{
	ck_assert_msg(ports_is_pair(words[_i].word) == words[_i].pair, "%s", words[_i].word);
}
END_TEST

static uint16_t next_free = 40000;

static uint16_t any_free(void)
{
	return next_free++;
}

static uint16_t none_free(void)
{
	return 0;
}

START_TEST(given)
{
	struct ports *p = ports_new(NULL);
	struct fail fail;

	ck_assert_int_eq(ports_add(p, "80:8080", false, &fail), 0);
	ck_assert_int_eq(ports_add(p, "9000:90", true, &fail), 0);
	ck_assert_int_eq(ports_add(p, "80:1", false, &fail), -1);
	ck_assert_uint_eq(ports_to_bind(p, 80, any_free), 8080);
	ck_assert_uint_eq(ports_to_bind(p, 81, any_free), 81);
	ck_assert_uint_eq(ports_to_host(p, 90), 9000);
	ck_assert_uint_eq(ports_to_guest(p, 9000), 90);
	ck_assert_uint_eq(ports_to_guest(p, 80), 80);
	talloc_free(p);
}
END_TEST

/* Elsewhere than bound nothing is changed: the host's own server there can be reached. */
START_TEST(shifted)
{
	struct ports *p = ports_new(NULL);

	p->shift = 2000;
	ck_assert_uint_eq(ports_to_host(p, 80), 80);
	ck_assert_uint_eq(ports_to_bind(p, 80, any_free), 2080);
	ck_assert_uint_eq(ports_to_bind(p, 1023, any_free), 3023);
	ck_assert_uint_eq(ports_to_bind(p, 1024, any_free), 1024);
	ck_assert_uint_eq(ports_to_host(p, 80), 2080);
	ck_assert_uint_eq(ports_to_guest(p, 2080), 80);
	ck_assert_uint_eq(p->count, 2);
	talloc_free(p);
}
END_TEST

START_TEST(cooperating)
{
	struct ports *p = ports_new(NULL);
	uint16_t first;

	p->cooperates = true;
	first = ports_to_bind(p, 8080, any_free);
	ck_assert_uint_ge(first, 40000);
	ck_assert_uint_eq(ports_to_bind(p, 8080, any_free), first);
	ck_assert_uint_ne(ports_to_bind(p, 8081, any_free), first);
	ck_assert_uint_eq(ports_to_guest(p, first), 8080);
	ck_assert_uint_eq(ports_to_bind(p, 1, none_free), 1);
	talloc_free(p);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tracee_ports");

	unit_add_rows(s, "pairs", pairs, ROWS(words));
	unit_add(s, "given", given);
	unit_add(s, "shifted", shifted);
	unit_add(s, "cooperating", cooperating);
	return s;
}

UNIT_MAIN(suite)
