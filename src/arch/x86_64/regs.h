/* SPDX-License-Identifier: MIT */
/*
 * x86_64 system calls in struct regset; the inside of an initializer, for arch/regs.c.
 * The fourth argument is r10, since the syscall instruction takes rcx for the return address.
 */
.arg = { REG(rdi), REG(rsi), REG(rdx), REG(r10), REG(r8), REG(r9) },
.nr = REG(orig_rax),
.nr_in = REG(rax),
.result = REG(rax),
.ip = REG(rip),
.sp = REG(rsp),
