/* SPDX-License-Identifier: MIT */
/*
 * The loader's first and last instructions, and its calls. The loader runs on a stack of its own.
 * The last two instructions must name the guest's stack and entry without a register: they are
 * written behind the area's stubs when both are known. The one word below the guest's stack
 * pointer that finding our own address took is cleared again.
 */
#include "arch/loader.h"

#define LAUNCH (LOADER_AREA + AREA_SLOTS * AREA_STUB_STRIDE)

	.section .text.start, "ax", @progbits
	.globl _start
	.hidden _start
	.type _start, @function
_start:
	call 1f
1:	popl %ebx
	subl $LOADER_ENTRY + (1b - _start), %ebx	/* the image */
	movl $0, -4(%esp)
	movl %esp, %esi
	leal stack_end - _start + LOADER_ENTRY(%ebx), %esp
	xorl %ebp, %ebp
	subl $8, %esp
	pushl %ebx
	pushl %esi
	call loader_main
	leal LAUNCH(%ebx), %edx
	pushl %edx
	pushl %eax
	pushl %esi
	pushl %edx
	call launch_write
	addl $12, %esp
	xorl %eax, %eax
	xorl %ebx, %ebx
	xorl %ecx, %ecx
	xorl %edx, %edx
	xorl %esi, %esi
	xorl %edi, %edi
	xorl %ebp, %ebp
	pushl $0x202		/* interrupts on, nothing else */
	popfl
	ret			/* to LAUNCH */
	.size _start, . - _start

	.text
	.globl machine_call
	.hidden machine_call
	.type machine_call, @function
machine_call:
	pushl %ebx
	pushl %esi
	pushl %edi
	pushl %ebp
	movl 20(%esp), %eax
	movl 24(%esp), %ebx
	movl 28(%esp), %ecx
	movl 32(%esp), %edx
	movl 36(%esp), %esi
	movl 40(%esp), %edi
	movl 44(%esp), %ebp
	int $0x80
	popl %ebp
	popl %edi
	popl %esi
	popl %ebx
	ret
	.size machine_call, . - machine_call

	.bss
	.balign 16
	.skip 8192
stack_end:

	.section .area.data, "aw", @nobits
	.skip AREA_SLOTS * AREA_SLOT_STRIDE

	.section .area.code, "aw", @nobits
	.skip AREA_CODE_SIZE

	.section .note.GNU-stack, "", @progbits
