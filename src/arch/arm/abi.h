/* SPDX-License-Identifier: MIT */
/* The numbers of arm's calls (EABI), and those that it alone has, above them (__ARM_NR_BASE). */
static const uint16_t numbers_arm[] = {
#include "arch/arm/numbers.h"
};

static const uint16_t numbers_arm_own[] = {
	[1] = SC_breakpoint, [2] = SC_cacheflush, [3] = SC_usr26,
	[4] = SC_usr32,	     [5] = SC_set_tls,	  [6] = SC_get_tls,
};

#define ARM_OWN                                                       \
	.own_first = 0x0f0000, .own_numbers = numbers_arm_own,        \
	.own_count = sizeof(numbers_arm_own) / sizeof(numbers_arm_own[0])
