/* SPDX-License-Identifier: MIT */
/*
 * Capability sets, securebits and no_new_privs of a running thread: kernel/capability.c, and
 * cap_capset and cap_task_prctl in security/commoncap.c.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

#include "ident/cred.h"

/* SECURE_ALL_UNPRIVILEGED of Linux 6.14: bits by which user space binds itself, and their locks. */
#define UNPRIVILEGED_BITS 0xf00u
/* Every second bit locks the one below it: SECURE_ALL_LOCKS. */
#define LOCKS 0xaaaaaaaau

unsigned cred_cap_words(uint32_t version)
{
	switch (version) {
	case _LINUX_CAPABILITY_VERSION_1:
		return _LINUX_CAPABILITY_U32S_1;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		return _LINUX_CAPABILITY_U32S_3;
	default:
		return 0;
	}
}

static bool is_subset(uint64_t set, uint64_t of)
{
	return !(set & ~of);
}

int cred_capset(struct cred *c, const struct cred_caps *want)
{
	const uint64_t e = want->effective & c->limits.caps;
	const uint64_t p = want->permitted & c->limits.caps;
	const uint64_t i = want->inheritable & c->limits.caps;

	if (!cred_capable(c, CAP_SETPCAP) && !is_subset(i, c->inheritable | c->permitted))
		return -EPERM;
	if (!is_subset(i, c->inheritable | c->bounding))
		return -EPERM;
	if (!is_subset(p, c->permitted) || !is_subset(e, p))
		return -EPERM;
	c->effective = e;
	c->permitted = p;
	c->inheritable = i;
	c->ambient &= p & i;
	return 0;
}

/* ---- prctl ---- */

static bool is_cap(const struct cred *c, uint64_t cap)
{
	return cap < 64 && (c->limits.caps >> cap & 1);
}

static int drop_bounding(struct cred *c, uint64_t cap)
{
	if (!cred_capable(c, CAP_SETPCAP))
		return -EPERM;
	if (!is_cap(c, cap))
		return -EINVAL;
	c->bounding &= ~(UINT64_C(1) << cap);
	return 0;
}

static int set_securebits(struct cred *c, uint64_t bits)
{
	const unsigned locks = c->securebits & LOCKS;
	const uint64_t changed = c->securebits ^ bits;

	if ((changed & (locks >> 1)) || (locks & ~bits) || (bits & ~(uint64_t)c->limits.securebits))
		return -EPERM;
	/* No change without the privilege is refused too, as it always was. */
	if (!cred_capable(c, CAP_SETPCAP) && (!changed || (changed & ~(uint64_t)UNPRIVILEGED_BITS)))
		return -EPERM;
	c->securebits = (unsigned)bits;
	return 0;
}

static int set_keepcaps(struct cred *c, uint64_t on)
{
	if (on > 1)
		return -EINVAL;
	if (c->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	c->securebits &= ~(unsigned)SECBIT_KEEP_CAPS;
	c->securebits |= on ? SECBIT_KEEP_CAPS : 0;
	return 0;
}

static int raise_ambient(struct cred *c, uint64_t bit)
{
	if (!(c->permitted & c->inheritable & bit) || (c->securebits & SECBIT_NO_CAP_AMBIENT_RAISE))
		return -EPERM;
	c->ambient |= bit;
	return 0;
}

static int change_ambient(struct cred *c, const uint64_t arg[5])
{
	uint64_t bit;

	if (arg[1] == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (arg[2] | arg[3] | arg[4])
			return -EINVAL;
		c->ambient = 0;
		return 0;
	}
	if (!is_cap(c, arg[2]) || (arg[3] | arg[4]))
		return -EINVAL;
	bit = UINT64_C(1) << arg[2];
	switch (arg[1]) {
	case PR_CAP_AMBIENT_IS_SET:
		return !!(c->ambient & bit);
	case PR_CAP_AMBIENT_RAISE:
		return raise_ambient(c, bit);
	case PR_CAP_AMBIENT_LOWER:
		c->ambient &= ~bit;
		return 0;
	default:
		return -EINVAL;
	}
}

static int set_no_new_privs(struct cred *c, const uint64_t arg[5])
{
	if (arg[1] != 1 || arg[2] || arg[3] || arg[4])
		return -EINVAL;
	c->no_new_privs = true;
	return 0;
}

int cred_prctl(struct cred *c, const uint64_t arg[5])
{
	switch ((int)arg[0]) {
	case PR_CAPBSET_READ:
		return is_cap(c, arg[1]) ? (int)(c->bounding >> arg[1] & 1) : -EINVAL;
	case PR_CAPBSET_DROP:
		return drop_bounding(c, arg[1]);
	case PR_CAP_AMBIENT:
		return change_ambient(c, arg);
	case PR_SET_SECUREBITS:
		return set_securebits(c, arg[1]);
	case PR_GET_SECUREBITS:
		return (int)c->securebits;
	case PR_SET_KEEPCAPS:
		return set_keepcaps(c, arg[1]);
	case PR_GET_KEEPCAPS:
		return !!(c->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(c, arg);
	case PR_GET_NO_NEW_PRIVS:
		return arg[1] || arg[2] || arg[3] || arg[4] ? -EINVAL : c->no_new_privs;
	default:
		return CRED_NO_PRCTL;
	}
}
