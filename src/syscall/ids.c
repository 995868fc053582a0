/* SPDX-License-Identifier: MIT */
/* User and group ids in 16 and 32 bits: low2highuid and high2lowuid of the kernel's highuid.h. */
#include "syscall/ids.h"

#include <string.h>

#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/who.h"

#define NO_ID	    UINT32_MAX
#define NO_SHORT_ID UINT16_MAX

/* Of the calls with ids only fchownat is younger than the wide ones and has no second form. */
bool ids_are_short(const struct call *c)
{
	const char *name = c->row->name;
	size_t n = strlen(name);

	return c->abi->word_bytes == 4 && strcmp(name + n - 2, "32") != 0 &&
	       strcmp(name, "fchownat") != 0;
}

uint32_t ids_arg(const struct call *c, unsigned i)
{
	uint16_t low = (uint16_t)c->guest_arg[i];

	if (!ids_are_short(c))
		return (uint32_t)c->guest_arg[i];
	return low == NO_SHORT_ID ? NO_ID : low;
}

uint32_t ids_told(const struct call *c, uint32_t id)
{
	return ids_are_short(c) && id > UINT16_MAX ? (uint32_t)WHO_NOBODY : id;
}

unsigned ids_bytes(const struct call *c)
{
	return ids_are_short(c) ? sizeof(uint16_t) : sizeof(uint32_t);
}
