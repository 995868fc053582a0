/* SPDX-License-Identifier: MIT */
/* capset(2) and the prctl(2) options of credentials: who may, in which order it is refused. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "rootcred.h"

#define ALL ((UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1)
#define BIT(cap) (UINT64_C(1) << (cap))
#define PCAP BIT(CAP_SETPCAP)
#define A UINT64_C(1)
#define B UINT64_C(2)

/* ---- capset ---- */

static const struct {
	uint64_t effective, permitted, inheritable, bounding, ambient; /* before */
	struct cred_caps want;
	int result;
	uint64_t ambient_after;
} capsets[] = {
	{ ALL, ALL, 0, ALL, 0, { 0, 0, 0 }, 0, 0 },
	{ ALL, ALL, 0, ALL, 0, { ALL, ALL, ALL }, 0, 0 },
	{ ALL, ALL, 0, ALL, 0, { ~ALL | A, ~UINT64_C(0), 0 }, 0, 0 },
	/* permitted never grows, effective stays in it */
	{ 0, A, 0, ALL, 0, { A, A, 0 }, 0, 0 },
	{ 0, A, 0, ALL, 0, { 0, A | B, 0 }, -EPERM, 0 },
	{ A | B, A | B, 0, ALL, 0, { A | B, A, 0 }, -EPERM, 0 },
	{ 0, A | B, 0, ALL, 0, { B, A, 0 }, -EPERM, 0 },
	/* inheritable: what it or permitted has; with CAP_SETPCAP what bounding has */
	{ 0, A, 0, ALL, 0, { 0, A, A }, 0, 0 },
	{ 0, A, 0, ALL, 0, { 0, A, B }, -EPERM, 0 },
	{ 0, A, B, ALL, 0, { 0, A, A | B }, 0, 0 },
	{ PCAP, PCAP, 0, ALL, 0, { 0, 0, ALL }, 0, 0 },
	{ PCAP, PCAP, 0, A, 0, { 0, 0, B }, -EPERM, 0 },
	{ PCAP, PCAP, B, A, 0, { 0, 0, A | B }, 0, 0 },
	{ 0, A | B, 0, A, 0, { 0, A, B }, -EPERM, 0 },
	/* ambient stays in both */
	{ A | B, A | B, A | B, ALL, A | B, { 0, A, A | B }, 0, A },
	{ A | B, A | B, A | B, ALL, A | B, { 0, A | B, B }, 0, B },
	{ A | B, A | B, A | B, ALL, A | B, { 0, A | B, A | B }, 0, A | B },
};

START_TEST(capset_rows)
{
	const struct cred_caps *w = &capsets[_i].want;

	c->effective = capsets[_i].effective;
	c->permitted = capsets[_i].permitted;
	c->inheritable = capsets[_i].inheritable;
	c->bounding = capsets[_i].bounding;
	c->ambient = capsets[_i].ambient;
	ck_assert_int_eq(cred_capset(c, w), capsets[_i].result);
	if (capsets[_i].result < 0) {
		ck_assert_uint_eq(c->effective, capsets[_i].effective);
		ck_assert_uint_eq(c->permitted, capsets[_i].permitted);
		ck_assert_uint_eq(c->inheritable, capsets[_i].inheritable);
		return;
	}
	ck_assert_uint_eq(c->effective, w->effective & ALL);
	ck_assert_uint_eq(c->permitted, w->permitted & ALL);
	ck_assert_uint_eq(c->inheritable, w->inheritable & ALL);
	ck_assert_uint_eq(c->ambient, capsets[_i].ambient_after);
}
END_TEST

START_TEST(versions)
{
	ck_assert_uint_eq(cred_cap_words(_LINUX_CAPABILITY_VERSION_1), 1);
	ck_assert_uint_eq(cred_cap_words(_LINUX_CAPABILITY_VERSION_2), 2);
	ck_assert_uint_eq(cred_cap_words(_LINUX_CAPABILITY_VERSION_3), 2);
	ck_assert_uint_eq(cred_cap_words(0), 0);
}
END_TEST

/* ---- prctl ---- */

enum { ROOT = 1, LOCKED = SECBIT_KEEP_CAPS_LOCKED };

/* Inheritable and permitted hold A and B, but B only one of them each. */
static const struct {
	unsigned securebits;
	bool root; /* CAP_SETPCAP */
	uint64_t arg[5];
	int result;
} prctls[] = {
	{ 0, 0, { PR_CAPBSET_READ, 0 }, 1 },
	{ 0, 0, { PR_CAPBSET_READ, CAP_LAST_CAP }, 1 },
	{ 0, 0, { PR_CAPBSET_READ, CAP_LAST_CAP + 1 }, -EINVAL },
	{ 0, 0, { PR_CAPBSET_READ, (uint64_t)-1 }, -EINVAL },
	{ 0, 0, { PR_CAPBSET_READ, UINT64_C(1) << 32 }, -EINVAL },
	{ 0, ROOT, { PR_CAPBSET_DROP, 3 }, 0 },
	{ 0, ROOT, { PR_CAPBSET_DROP, 64 }, -EINVAL },
	{ 0, 0, { PR_CAPBSET_DROP, 3 }, -EPERM },
	{ 0, 0, { PR_CAPBSET_DROP, 64 }, -EPERM },
	{ 0x2f, 0, { PR_GET_SECUREBITS }, 0x2f },
	{ 0, ROOT, { PR_SET_SECUREBITS, 0xff }, 0 },
	{ 0, ROOT, { PR_SET_SECUREBITS, 0xfff }, 0 },
	{ 0, ROOT, { PR_SET_SECUREBITS, 0x1000 }, -EPERM },
	{ 0, ROOT, { PR_SET_SECUREBITS, UINT64_C(1) << 32 }, -EPERM },
	{ 0, 0, { PR_SET_SECUREBITS, SECBIT_NOROOT }, -EPERM },
	{ 0, 0, { PR_SET_SECUREBITS, 0 }, -EPERM },
	{ 0, 0, { PR_SET_SECUREBITS, 0x100 }, 0 },
	{ 0, 0, { PR_SET_SECUREBITS, 0x101 }, -EPERM },
	{ SECBIT_NOROOT_LOCKED, ROOT, { PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED }, 0 },
	{ SECBIT_NOROOT_LOCKED, ROOT, { PR_SET_SECUREBITS, 3 }, -EPERM },
	{ SECBIT_NOROOT_LOCKED, ROOT, { PR_SET_SECUREBITS, 0 }, -EPERM },
	{ 3, ROOT, { PR_SET_SECUREBITS, 2 }, -EPERM },
	{ 3, ROOT, { PR_SET_SECUREBITS, 7 }, 0 },
	{ 0, 0, { PR_GET_KEEPCAPS }, 0 },
	{ SECBIT_KEEP_CAPS, 0, { PR_GET_KEEPCAPS }, 1 },
	{ 0, 0, { PR_SET_KEEPCAPS, 1 }, 0 },
	{ 0, 0, { PR_SET_KEEPCAPS, 2 }, -EINVAL },
	{ LOCKED, 0, { PR_SET_KEEPCAPS, 1 }, -EPERM },
	{ LOCKED, 0, { PR_SET_KEEPCAPS, 2 }, -EINVAL },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0 }, 0 },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0 }, 0 },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 1 }, -EPERM },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 2 }, -EPERM },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 64 }, -EINVAL },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 1 }, -EINVAL },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 1 }, -EINVAL },
	{ SECBIT_NO_CAP_AMBIENT_RAISE, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0 }, -EPERM },
	{ SECBIT_NO_CAP_AMBIENT_RAISE, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, 0 }, 0 },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL }, 0 },
	{ 0, 0, { PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1 }, -EINVAL },
	{ 0, 0, { PR_CAP_AMBIENT, 99, 0 }, -EINVAL },
	{ 0, 0, { PR_CAP_AMBIENT, 99, 64 }, -EINVAL },
	{ 0, 0, { PR_SET_NO_NEW_PRIVS, 1 }, 0 },
	{ 0, 0, { PR_SET_NO_NEW_PRIVS, 0 }, -EINVAL },
	{ 0, 0, { PR_SET_NO_NEW_PRIVS, 1, 1 }, -EINVAL },
	{ 0, 0, { PR_SET_NO_NEW_PRIVS, 1, 0, 0, 1 }, -EINVAL },
	{ 0, 0, { PR_GET_NO_NEW_PRIVS }, 0 },
	{ 0, 0, { PR_GET_NO_NEW_PRIVS, 0, 0, 1 }, -EINVAL },
	{ 0, ROOT, { PR_SET_NAME, 0 }, CRED_NO_PRCTL },
	{ 0, ROOT, { PR_SET_DUMPABLE, 0 }, CRED_NO_PRCTL },
};

START_TEST(prctl_rows)
{
	c->effective = prctls[_i].root ? ALL : 0;
	c->securebits = prctls[_i].securebits;
	c->permitted = A | B;
	c->inheritable = A | 4;
	ck_assert_int_eq(cred_prctl(c, prctls[_i].arg), prctls[_i].result);
}
END_TEST

static int ask(uint64_t option, uint64_t a, uint64_t b)
{
	const uint64_t arg[5] = { option, a, b };

	return cred_prctl(c, arg);
}

START_TEST(prctl_changes)
{
	ck_assert_int_eq(ask(PR_CAPBSET_DROP, 5, 0), 0);
	ck_assert_int_eq(ask(PR_CAPBSET_READ, 5, 0), 0);
	ck_assert_uint_eq(c->bounding, ALL & ~BIT(5));
	ck_assert_uint_eq(c->permitted, ALL);
	c->inheritable = A | B;
	ck_assert_int_eq(ask(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 1), 0);
	ck_assert_int_eq(ask(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 1), 1);
	ck_assert_int_eq(ask(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, 1), 0);
	ck_assert_uint_eq(c->ambient, 0);
	ck_assert_int_eq(ask(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0), 0);
	ck_assert_int_eq(ask(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0), 0);
	ck_assert_uint_eq(c->ambient, 0);
	ck_assert_int_eq(ask(PR_SET_SECUREBITS, 0x8f, 0), 0);
	ck_assert_int_eq(ask(PR_SET_KEEPCAPS, 1, 0), 0);
	ck_assert_uint_eq(c->securebits, 0x8f | SECBIT_KEEP_CAPS);
	ck_assert_int_eq(ask(PR_SET_KEEPCAPS, 0, 0), 0);
	ck_assert_uint_eq(c->securebits, 0x8f);
	ck_assert_int_eq(ask(PR_SET_NO_NEW_PRIVS, 1, 0), 0);
	ck_assert_int_eq(ask(PR_GET_NO_NEW_PRIVS, 0, 0), 1);
}
END_TEST

/* A kernel that knows fewer of them. */
START_TEST(older_kernels)
{
	c->limits = (struct cred_limits){ .caps = 0xff, .securebits = 0xff };
	ck_assert_int_eq(ask(PR_CAPBSET_READ, 8, 0), -EINVAL);
	ck_assert_int_eq(ask(PR_CAPBSET_READ, 7, 0), 1);
	ck_assert_int_eq(ask(PR_SET_SECUREBITS, 0x100, 0), -EPERM);
}
END_TEST

static Suite *credcaps_suite(void)
{
	Suite *s = suite_create("ident_credcaps");
	TCase *tc = tcase_create("credcaps");

	tcase_add_checked_fixture(tc, rootcred_setup, rootcred_teardown);
	tcase_add_loop_test(tc, capset_rows, 0, ROWS(capsets));
	tcase_add_test(tc, versions);
	tcase_add_loop_test(tc, prctl_rows, 0, ROWS(prctls));
	tcase_add_test(tc, prctl_changes);
	tcase_add_test(tc, older_kernels);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(credcaps_suite)
