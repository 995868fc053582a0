/* SPDX-License-Identifier: MIT */
/*
 * The call numbers of every machine, whichever we are built for: for docs/syscalls.md and tests of
 * the table. Included once, behind syscall/table.h, which has the names of the rows.
 */
#ifndef PR_ARCH_EVERY_ABI_H
#define PR_ARCH_EVERY_ABI_H

#include <stdint.h>

static const uint16_t every_x86_64[] = {
#include "arch/x86_64/numbers.h"
};
static const uint16_t every_i386[] = {
#include "arch/i386/numbers.h"
};
static const uint16_t every_aarch64[] = {
#include "arch/aarch64/numbers.h"
};
#include "arch/arm/abi.h"

#define EVERY(id, table) .name = #id, .numbers = (table), .count = sizeof(table) / sizeof(uint16_t)

static const struct abi every_abi[] = {
	{ EVERY(x86_64, every_x86_64) },
	{ EVERY(i386, every_i386) },
	{ EVERY(aarch64, every_aarch64) },
	{ EVERY(arm, numbers_arm), ARM_OWN },
	{ .name = NULL },
};

#endif
