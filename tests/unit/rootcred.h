/* SPDX-License-Identifier: MIT */
/* Credentials to be tried on: every test of a case begins with root's, `c`. */
#ifndef TESTS_UNIT_ROOTCRED_H
#define TESTS_UNIT_ROOTCRED_H

#include <talloc.h>

#include "ident/cred.h"
#include "unit.h"

static struct cred *c;

static void rootcred_setup(void)
{
	c = cred_new(NULL, 0, 0, &cred_limits_newest);
	ck_assert_ptr_nonnull(c);
}

static void rootcred_teardown(void)
{
	talloc_free(c);
}

#endif
