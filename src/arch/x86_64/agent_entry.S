/* SPDX-License-Identifier: MIT */
/*
 * The agent's way in and out, and its calls. An island leads to agent_entry with rax = the number
 * and r11 = the address behind the guest's call instruction; rcx and r11 are nobody's at a call,
 * all other registers and the flags are the guest's. Until a slot is taken there is no memory to
 * save anything in: so the steps use instructions that touch neither flags nor stack.
 *
 * The tracer must be able to tell what a thread here has done from its registers alone; what it
 * relies on is in struct agent_table (agent/agent.h), and in engine/ptrace/agent.c.
 */
#include "agent/agent.h"

#define SLOT(k) (agent_slots + (k) * AGENT_SLOT_STRIDE)

	.section .text.agent, "ax", @progbits
	.balign AGENT_STEP_BYTES
agent_entry:
	.set k, 0
	.rept AGENT_SLOTS
	movl $1, %ecx
	xchgl %ecx, SLOT(k) + AGENT_SLOT_BUSY(%rip)
771:	jrcxz 1f
	jmp 2f
1:	movq %rsp, SLOT(k) + AGENT_SLOT_SP(%rip)
	leaq SLOT(k) + AGENT_STACK_BYTES(%rip), %rsp
	jmp agent_owned
	.balign AGENT_STEP_BYTES, 0xcc
2:
	.set k, k + 1
	.endr
	/* none is free; counted, where that is wanted, as well as it goes without flags */
	movl agent_session + AGENT_SHARED_COUNTS(%rip), %ecx
	jrcxz 1f
	movq agent_counts + AGENT_COUNTS_NO_SLOT(%rip), %rcx
	leaq 1(%rcx), %rcx
	movq %rcx, agent_counts + AGENT_COUNTS_NO_SLOT(%rip)
1:	leaq -2(%r11), %rcx
	jmp *%rcx

agent_owned: /* nor from here to agent_serving: a thread that is moved out keeps the flags it has */
	leaq -8(%rsp), %rsp
	pushfq
	pushq %r11
	pushq %rax
	leaq -8(%rsp), %rsp
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %r10
	pushq %r8
	pushq %r9
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq $0
agent_serving:
	cld
	movq %rsp, %rdi
	leaq AGENT_FRAME_BYTES - AGENT_STACK_BYTES(%rsp), %rsi /* the slot */
	xorl %ebp, %ebp
	call agent_serve
	movq (%rsp), %rcx
	addq $8, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	popq %r9
	popq %r8
	popq %r10
	popq %rdx
	popq %rsi
	popq %rdi
	jrcxz 1f
	popq %rax	/* the result */
	addq $8, %rsp
	popq %rcx
	leaq -(AGENT_STACK_BYTES - 16)(%rsp), %r11
	popfq
	movq AGENT_SLOT_SP(%r11), %rsp
agent_done:
	movl $0, AGENT_SLOT_BUSY(%r11)
	jmp *%rcx

1:	addq $8, %rsp
	popq %rax
	popq %rcx
	leaq -(AGENT_STACK_BYTES - 16)(%rsp), %r11
	leaq -2(%rcx), %rcx	/* the guest's call instruction */
	popfq
	movq AGENT_SLOT_SP(%r11), %rsp
agent_fall:
	movl $0, AGENT_SLOT_BUSY(%r11)
	jmp *%rcx

/*
 * long agent_final_call(struct agent_frame *f, long nr, a, b, c, d): a call of at most four
 * arguments that must not be made twice. Its result is the guest's, but that of an error the caller
 * may think otherwise.
 */
	.globl agent_final_call
	.hidden agent_final_call
	.type agent_final_call, @function
agent_final_call:
	pushq %rbx
	movq %rdi, %rbx
	movq %rsi, %rax
	movq %rdx, %rdi
	movq %rcx, %rsi
	movq %r8, %rdx
	movq %r9, %r10
	xorl %r8d, %r8d
	xorl %r9d, %r9d
agent_final:
	syscall
agent_final_end:
	testq %rax, %rax
	js 1f
	movq %rax, 104(%rbx)	/* result */
	movq $1, (%rbx)		/* state */
1:	popq %rbx
	ret
	.size agent_final_call, . - agent_final_call
agent_end:

/*
 * Gates: to fall through to one is to make the call from here, where it does not stop. All registers
 * are the guest's, and there is no slot: the call may last for ever, or return twice.
 */
	.balign AGENT_GATE_BYTES, 0xcc
	.globl agent_gates
	.hidden agent_gates
agent_gates:
	.set k, 0
	.rept AGENT_GATES
	syscall
	movq agent_mm + AGENT_MM_GATE + k * 8(%rip), %rcx
	jmp *%rcx
	.balign AGENT_GATE_BYTES, 0xcc
	.set k, k + 1
	.endr

	/* struct agent_table */
	.section .agent.table, "a", @progbits
	.long agent_entry - .
	.long 771b - agent_entry - (AGENT_SLOTS - 1) * AGENT_STEP_BYTES
	.long agent_owned - .
	.long agent_serving - .
	.long agent_final - .
	.long agent_final_end - .
	.long agent_done - .
	.long agent_fall - .
	.long agent_end - .
	.long agent_gates - .
	.long LOADER_AGENT + AGENT_SLOT_STRIDE
	.long LOADER_AGENT

	.section .bss.agent, "aw", @nobits
	.balign 4096
	.globl agent_mm
	.hidden agent_mm
agent_mm:
	.skip 4096
	.globl agent_dirs
	.hidden agent_dirs
agent_dirs:
	.skip AGENT_SLOT_STRIDE - 4096
	.globl agent_slots
	.hidden agent_slots
agent_slots:
	.skip AGENT_SLOTS * AGENT_SLOT_STRIDE

	/* mapped over, the first only where there is somebody to read it */
	.section .bss.counts, "aw", @nobits
	.globl agent_counts
	.hidden agent_counts
agent_counts:
	.skip LOADER_COUNTS_SIZE

	.section .bss.shared, "aw", @nobits
	.globl agent_session
	.hidden agent_session
agent_session:
	.skip LOADER_SHARED_SIZE

	.section .note.GNU-stack, "", @progbits
