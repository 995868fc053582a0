/* SPDX-License-Identifier: MIT */
/*
 * aarch64 system calls in struct regset; the inside of an initializer, for arch/regs.c. x0 is the
 * first argument and becomes the result; x8 holds the number when the call is made, and is not
 * looked at again: the kernel keeps that of the call under way elsewhere (NT_ARM_SYSTEM_CALL).
 */
.arg = { REG(x[0]), REG(x[1]), REG(x[2]), REG(x[3]), REG(x[4]), REG(x[5]) },
.nr = REG(call),
.nr_in = REG(x[8]),
.result = REG(x[0]),
.ip = REG(pc),
.sp = REG(sp),
