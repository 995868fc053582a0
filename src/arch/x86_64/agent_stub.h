/* SPDX-License-Identifier: MIT */
/* The parts of a stub: lea ret(%rip), %r11; the site's own mov; jmp *entry(%rip). */
#ifndef PR_ARCH_X86_64_AGENT_STUB_H
#define PR_ARCH_X86_64_AGENT_STUB_H

enum { STUB_MOV = 7, STUB_JMP = 12, STUB_END = 18 };

#endif
