/* SPDX-License-Identifier: MIT */
/*
 * Calls for which a guest's root has no right, in sessions with an identity: whatever we may do
 * ourselves. Most are refused by the filter; here are those that it cannot judge.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/timex.h>

#include "syscall/handlers.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"

/* The new mount API, where mount(2) may succeed: tools go back to that then. */
int sys_not_there(struct call *c)
{
	(void)c;
	return -ENOSYS;
}

/* Read by anybody, set by nobody: `modes` comes first in every form of the struct. */
int sys_adjtimex(struct call *c)
{
	uint64_t timex = c->guest_arg[c->id == SC_adjtimex ? 0 : 1];
	uint32_t modes;

	if (mem_read(c->t, timex, &modes, sizeof(modes)) < 0)
		return 0;
	return modes && modes != ADJ_OFFSET_SS_READ ? -EPERM : 0;
}
