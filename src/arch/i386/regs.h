/* SPDX-License-Identifier: MIT */
/*
 * i386 system calls (int 0x80, sysenter, 32-bit syscall) in the struct regset of a 64-bit
 * tracer; the inside of an initializer, for arch/regs.c. With sysenter the sixth argument comes
 * from the stack, but the kernel has put it into ebp before any tracer sees the call.
 */
.arg = { REG(rbx), REG(rcx), REG(rdx), REG(rsi), REG(rdi), REG(rbp) },
.nr = REG(orig_rax),
.nr_in = REG(rax),
.result = REG(rax),
.ip = REG(rip),
.sp = REG(rsp),
