/* SPDX-License-Identifier: MIT */
/* The handlers that table.def names: declared from it, one per EMULATE(name). See dispatch.h. */
#ifndef PR_SYSCALL_HANDLERS_H
#define PR_SYSCALL_HANDLERS_H

struct call;

#define DECLARE_PASS
#define DECLARE_TRANSLATE
#define DECLARE_TRANSLATE_OR(handler) int sys_##handler(struct call *c);
#define DECLARE_DENY(err)
#define DECLARE_DENY_OR(err, handler) int sys_##handler(struct call *c);
#define DECLARE_EMULATE(handler) int sys_##handler(struct call *c);
#define SYS(name, verdict, ...) DECLARE_##verdict
#include "syscall/table.def"
#undef SYS
#undef DECLARE_PASS
#undef DECLARE_TRANSLATE
#undef DECLARE_TRANSLATE_OR
#undef DECLARE_DENY
#undef DECLARE_DENY_OR
#undef DECLARE_EMULATE

#endif
