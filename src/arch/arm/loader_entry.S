/* SPDX-License-Identifier: MIT */
/*
 * The loader's first and last instructions, and the room of its area. The loader runs on a stack of
 * its own: the guest's stays as the kernel made it, below the stack pointer too. The guest starts
 * with the registers and flags of a fresh exec: the last instruction loads them all, the stack
 * pointer and the entry, whose lowest bit says whether it is Thumb code, among them.
 */
#include "arch/loader.h"

	.arm
	.section .text.start, "ax", %progbits
	.globl _start
	.hidden _start
	.type _start, %function
_start:
	mov r8, sp
	mov r0, sp
	adr r1, _start
	sub r1, r1, #LOADER_ENTRY	/* the image */
	ldr r2, stack_end_at
	add sp, r1, r2
	mov r11, #0
	mov lr, #0
	bl loader_main
	adr r1, _start
	sub r1, r1, #LOADER_ENTRY
	ldr r2, launch_at
	add r1, r1, r2
	str r8, [r1, #13 * 4]
	str r0, [r1, #15 * 4]
	mov r0, #0
	msr apsr_nzcvqg, r0
	ldmia r1, {r0-r15}

stack_end_at:
	.word stack_end - _start + LOADER_ENTRY
launch_at:
	.word launch - _start + LOADER_ENTRY
	.size _start, . - _start

	.bss
	.balign 16
launch:
	.skip 16 * 4
	.balign 16
	.skip 8192
stack_end:

	.section .area.data, "aw", %nobits
	.skip AREA_SLOTS * AREA_SLOT_STRIDE

	.section .area.code, "aw", %nobits
	.skip AREA_CODE_SIZE

	.section .note.GNU-stack, "", %progbits
