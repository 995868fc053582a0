/* SPDX-License-Identifier: MIT */
/*
 * The loader's first and last instructions, and its area, built in. The loader runs on a stack of
 * its own: the guest's stays as the kernel made it, below the stack pointer too. The guest starts
 * with the registers and flags of a fresh exec.
 */
#include "arch/loader.h"

	.section .text.start, "ax", @progbits
	.globl _start
	.hidden _start
	.type _start, @function
_start:
	movq %rsp, guest_sp(%rip)
	movq %rsp, %rdi
	leaq _start - LOADER_ENTRY(%rip), %rsi	/* the image */
	leaq stack_end(%rip), %rsp
	xorl %ebp, %ebp
	call loader_main
	movq %rax, guest_ip(%rip)
	xorl %eax, %eax
	xorl %ebx, %ebx
	xorl %ecx, %ecx
	xorl %edx, %edx
	xorl %esi, %esi
	xorl %edi, %edi
	xorl %ebp, %ebp
	xorl %r8d, %r8d
	xorl %r9d, %r9d
	xorl %r10d, %r10d
	xorl %r11d, %r11d
	xorl %r12d, %r12d
	xorl %r13d, %r13d
	xorl %r14d, %r14d
	xorl %r15d, %r15d
	pushq $0x202		/* interrupts on, nothing else */
	popfq
	movq guest_sp(%rip), %rsp
	jmp *guest_ip(%rip)
	.size _start, . - _start

	.bss
	.balign 16
	.skip 8192
stack_end:
guest_sp:
	.skip 8
guest_ip:
	.skip 8

	.section .area.data, "aw", @nobits
slots:
	.skip AREA_SLOTS * AREA_SLOT_STRIDE

/* The same bytes as area_stub_write_x86_64 would write. */
	.section .area.code, "ax", @progbits
	.set slot, 0
	.rept AREA_SLOTS
	.balign AREA_STUB_STRIDE, 0xcc
	syscall
	movq slots + slot + AREA_SLOT_ARGS + 0(%rip), %rdi
	movq slots + slot + AREA_SLOT_ARGS + 8(%rip), %rsi
	movq slots + slot + AREA_SLOT_ARGS + 16(%rip), %rdx
	movq slots + slot + AREA_SLOT_ARGS + 24(%rip), %r10
	movq slots + slot + AREA_SLOT_ARGS + 32(%rip), %r8
	movq slots + slot + AREA_SLOT_ARGS + 40(%rip), %r9
	jmp *slots + slot + AREA_SLOT_RET_IP(%rip)
	.set slot, slot + AREA_SLOT_STRIDE
	.endr
	.balign AREA_STUB_STRIDE, 0xcc

	.section .note.GNU-stack, "", @progbits
