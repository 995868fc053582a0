/* SPDX-License-Identifier: MIT */
/*
 * The system call interfaces of the machine we are built for, the native one first. Included once,
 * by syscall/table.c, which has the names of the rows; everybody else reads abis[] from there.
 */
#ifndef PR_ARCH_ABIS_H
#define PR_ARCH_ABIS_H

#include <linux/audit.h>
#include <stdint.h>

/* Told to be those of another machine (for the text of its filter), which has no registers here. */
#ifdef ABIS_OF_OTHER
#define ABI_REGS(id) NULL
#else
#define ABI_REGS(id) (&regs_##id)
#if defined(__x86_64__)
#define ABIS_OF_x86_64
#elif defined(__aarch64__)
#define ABIS_OF_aarch64
#elif defined(__arm__)
#define ABIS_OF_arm
#endif
#endif

#if defined(ABIS_OF_x86_64)

static const uint16_t numbers_x86_64[] = {
#include "arch/x86_64/numbers.h"
};
static const uint16_t numbers_i386[] = {
#include "arch/i386/numbers.h"
};

/*
 * ABI(name, seccomp_data.arch, bytes in a word, and what else there is to say). x32 shares x86_64's
 * arch; its numbers, which have bit 30 set, are above all we know and so ENOSYS.
 */
#define ARCH_ABIS(ABI)                    \
	ABI(x86_64, AUDIT_ARCH_X86_64, 8) \
	ABI(i386, AUDIT_ARCH_I386, 4)

#elif defined(ABIS_OF_aarch64)

static const uint16_t numbers_aarch64[] = {
#include "arch/aarch64/numbers.h"
};
#include "arch/arm/abi.h"

#define ARCH_ABIS(ABI)                      \
	ABI(aarch64, AUDIT_ARCH_AARCH64, 8) \
	ABI(arm, AUDIT_ARCH_ARM, 4, ARM_OWN)

#elif defined(ABIS_OF_arm)

#include "arch/arm/abi.h"

#define ARCH_ABIS(ABI) ABI(arm, AUDIT_ARCH_ARM, 4, ARM_OWN)

#else
#error "no table of ABIs for this machine"
#endif

#endif
