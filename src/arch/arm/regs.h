/* SPDX-License-Identifier: MIT */
/*
 * arm system calls (EABI) in struct regset, of arm's own or, under aarch64, as that lays a 32-bit
 * thread's registers out; the inside of an initializer, for arch/regs.c. r0 is the first argument
 * and becomes the result; r7 holds the number when the call is made, and is not looked at again.
 */
.arg = { REG(x[0]), REG(x[1]), REG(x[2]), REG(x[3]), REG(x[4]), REG(x[5]) },
.nr = REG(call),
.nr_in = REG(x[7]),
.result = REG(x[0]),
.ip = REG(pc),
.sp = REG(x[13]),
