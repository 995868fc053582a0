// SPDX-License-Identifier: MIT
/* Whose credentials go with a number: living guests, the ended, outsiders. */
#include "tracee/who.h"

#include <talloc.h>

#include "ident/cred.h"
#include "tracee/session.h"
#include "tracee/tracee.h"
#include "unit.h"

static struct session *s;

static void setup(void)
{
	s = talloc_zero(NULL, struct session);
	s->identity = talloc_zero(s, struct identity);
	s->identity->uid = 5;
	s->identity->gid = 6;
}

static void teardown(void)
{
	talloc_free(s);
}

static struct tracee *guest(pid_t pid, uint32_t uid)
{
	struct tracee *t = tracee_new(s, pid, process_new(s, pid, NULL));

	t->cred = talloc_zero(t, struct cred);
	t->cred->uid = t->cred->euid = uid;
	return t;
}

START_TEST(the_living_and_the_ended)
{
	struct tracee *t, *thread;

	setup();
	t = guest(100, 1);
	thread = tracee_new(s, 101, t->process);
	thread->cred = cred_copy(thread, t->cred);
	thread->cred->uid = 2;
	ck_assert_uint_eq(who_cred(s, 100)->uid, 1);
	ck_assert_uint_eq(who_cred(s, 101)->uid, 2);
	tracee_free(t); /* the leader goes first */
	ck_assert_uint_eq(who_cred(s, 100)->uid, 2);
	ck_assert_ptr_eq(who_thread(s, 100), thread);
	tracee_free(thread);
	ck_assert_uint_eq(who_cred(s, 100)->uid, 2);
	ck_assert_ptr_null(who_thread(s, 100));
	ck_assert_ptr_null(who_cred(s, 102));
	t = guest(100, 3); /* the number again */
	ck_assert_uint_eq(who_cred(s, 100)->uid, 3);
	tracee_free(t);
	ck_assert_uint_eq(who_cred(s, 100)->uid, 3);
	teardown();
}
END_TEST

START_TEST(the_oldest_are_forgotten)
{
	size_t full;

	setup();
	for (pid_t pid = 1000; pid < 2000; pid++)
		tracee_free(guest(pid, (uint32_t)pid));
	full = talloc_total_blocks(s);
	for (pid_t pid = 2000; pid < 3000; pid++)
		tracee_free(guest(pid, (uint32_t)pid));
	ck_assert_uint_eq(talloc_total_blocks(s), full);
	ck_assert_ptr_null(who_cred(s, 1999));
	for (pid_t pid = 2900; pid < 3000; pid++)
		ck_assert_uint_eq(who_cred(s, pid)->uid, (uint32_t)pid);
	teardown();
}
END_TEST

START_TEST(moments)
{
	struct tracee *t;
	const struct cred *then;

	setup();
	t = guest(100, 1);
	ck_assert_ptr_null(who_then(s, 100, WHO_LISTENED));
	ck_assert_int_eq(who_note(t, WHO_LISTENED), 0);
	then = who_then(s, 100, WHO_LISTENED);
	ck_assert_int_eq(who_note(t, WHO_LISTENED), 0);
	ck_assert_ptr_eq(who_then(s, 100, WHO_LISTENED), then); /* nothing has changed */
	t->cred->euid = 2;
	ck_assert_int_eq(who_note(t, WHO_CONNECTED), 0);
	ck_assert_uint_eq(who_then(s, 100, WHO_LISTENED)->euid, 1);
	ck_assert_uint_eq(who_then(s, 100, WHO_CONNECTED)->euid, 2);
	tracee_free(t);
	ck_assert_uint_eq(who_then(s, 100, WHO_LISTENED)->euid, 1);
	t = guest(100, 3); /* another of that number, which never listened */
	ck_assert_uint_eq(who_then(s, 100, WHO_LISTENED)->euid, 1);
	ck_assert_int_eq(who_note(t, WHO_LISTENED), 0);
	ck_assert_uint_eq(who_then(s, 100, WHO_LISTENED)->euid, 3);
	teardown();
}
END_TEST

START_TEST(outsiders)
{
	setup();
	s->identity->host_uid = 1000;
	s->identity->host_gid = 100;
	ck_assert_uint_eq(who_uid(s, 1000), 5);
	ck_assert_uint_eq(who_gid(s, 100), 6);
	ck_assert_uint_eq(who_uid(s, 0), WHO_NOBODY);
	ck_assert_uint_eq(who_gid(s, 101), WHO_NOBODY);
	s->identity->host_uid = 0;
	ck_assert_uint_eq(who_uid(s, 17), 17);
	ck_assert_uint_eq(who_gid(s, 17), 17);
	teardown();
}
END_TEST

START_TEST(no_identity_no_memory)
{
	struct tracee *t;

	setup();
	t = tracee_new(s, 100, process_new(s, 100, NULL));
	tracee_free(t);
	ck_assert_ptr_null(s->ended);
	teardown();
}
END_TEST

static Suite *suite(void)
{
	Suite *x = suite_create("tracee_who");

	unit_add(x, "the_living_and_the_ended", the_living_and_the_ended);
	unit_add(x, "the_oldest_are_forgotten", the_oldest_are_forgotten);
	unit_add(x, "moments", moments);
	unit_add(x, "outsiders", outsiders);
	unit_add(x, "no_identity_no_memory", no_identity_no_memory);
	return x;
}

UNIT_MAIN(suite)
