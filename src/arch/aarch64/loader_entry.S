/* SPDX-License-Identifier: MIT */
/*
 * The loader's first and last instructions, and the room of its area. The loader runs on a stack of
 * its own: the guest's stays as the kernel made it, below the stack pointer too. The guest starts
 * with the registers and flags of a fresh exec, but for x17, which leads there: the ABI leaves it to
 * such jumps, and an entry guarded by BTI lets jumps by it in.
 */
#include "arch/loader.h"

	.section .text.start, "ax", @progbits
	.globl _start
	.hidden _start
	.type _start, @function
_start:
	mov x19, sp
	mov x0, sp
	adr x1, _start
	sub x1, x1, #LOADER_ENTRY	/* the image */
	adr x2, stack_end
	mov sp, x2
	clz x3, x0			/* the address space ends at the next power of two */
	mov x4, #-64
	sub x3, x4, x3			/* 64 - clz, as shifts take it */
	mov x5, #2
	lsl x5, x5, x3
	mov x6, #3
	udiv x5, x5, x6
	adr x2, machine_dyn_base
	str x5, [x2]
	mov x29, #0
	mov x30, #0
	bl loader_main
	mov x17, x0
	mov sp, x19
	mov x0, #0
	mov x1, #0
	mov x2, #0
	mov x3, #0
	mov x4, #0
	mov x5, #0
	mov x6, #0
	mov x7, #0
	mov x8, #0
	mov x9, #0
	mov x10, #0
	mov x11, #0
	mov x12, #0
	mov x13, #0
	mov x14, #0
	mov x15, #0
	mov x16, #0
	mov x18, #0
	mov x19, #0
	mov x20, #0
	mov x21, #0
	mov x22, #0
	mov x23, #0
	mov x24, #0
	mov x25, #0
	mov x26, #0
	mov x27, #0
	mov x28, #0
	mov x29, #0
	mov x30, #0
	msr nzcv, xzr
	br x17
	.size _start, . - _start

	.bss
	.balign 16
	.skip 8192
stack_end:
	.globl machine_dyn_base
	.hidden machine_dyn_base
machine_dyn_base:
	.skip 8

	.section .area.data, "aw", @nobits
	.skip AREA_SLOTS * AREA_SLOT_STRIDE

	.section .area.code, "aw", @nobits
	.skip AREA_CODE_SIZE

	.section .note.GNU-stack, "", @progbits
