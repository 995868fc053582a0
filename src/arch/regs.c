/* SPDX-License-Identifier: MIT */
/*
 * The register tables of this machine's ABIs, put together from <machine>/regs.h. No logic here:
 * a machine without a 32-bit sibling simply lists one.
 */
#include "arch/regs.h"

#include <stddef.h>
#include <sys/user.h>

#define REG(name) offsetof(struct user_regs_struct, name)

#if defined(__x86_64__)
const struct abi_regs regs_x86_64 = {
#include "arch/x86_64/regs.h"
};
const struct abi_regs regs_i386 = {
#include "arch/i386/regs.h"
};
const size_t regs_mode = REG(cs);
const unsigned long regs_mode_wide = 0x33; /* __USER_CS of 64-bit code */
#else
#error "no register table for this machine: add arch/<machine>/regs.h"
#endif
