/* SPDX-License-Identifier: MIT */
/*
 * The register tables of this machine's ABIs, put together from <machine>/regs.h. No logic here:
 * a machine without a 32-bit sibling simply lists one.
 */
#include "arch/regs.h"

#if defined(__x86_64__)
#define REG(name) offsetof(struct regset, user.name)
const struct abi_regs regs_x86_64 = {
#include "arch/x86_64/regs.h"
};
const struct abi_regs regs_i386 = {
#include "arch/i386/regs.h"
};
#elif defined(__aarch64__)
#define REG(name) offsetof(struct regset, name)
const struct abi_regs regs_aarch64 = {
#include "arch/aarch64/regs.h"
};
const struct abi_regs regs_arm = {
#include "arch/arm/regs.h"
};
#elif defined(__arm__)
#define REG(name) offsetof(struct regset, name)
const struct abi_regs regs_arm = {
#include "arch/arm/regs.h"
};
#else
#error "no register table for this machine: add arch/<machine>/regs.h"
#endif
