/* SPDX-License-Identifier: MIT */
/*
 * The parts of a stub: lea ret(%rip), %r11; the site's own mov; jmp *entry(%rip).
 * Of a shared site's: the site's own mov; lea -nr(%rax), %ecx; jrcxz 1f; jmp to the call;
 * 1: lea ret(%rip), %r11; jmp *entry(%rip). Flags stay as they are; rcx and r11 are the call's.
 */
#ifndef PR_ARCH_X86_64_AGENT_STUB_H
#define PR_ARCH_X86_64_AGENT_STUB_H

enum { STUB_MOV = 7, STUB_JMP = 12, STUB_END = 18 };
enum {
	SHARED_LEA_NR = 5,
	SHARED_JRCXZ = 11,
	SHARED_JMP_CALL = 13,
	SHARED_LEA_RET = 18,
	SHARED_JMP = 25,
	SHARED_END = 31,
};

#endif
