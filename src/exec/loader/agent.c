// SPDX-License-Identifier: MIT
/* What the loader does for the agent of a new program. */
#include "exec/loader/agent.h"

#include "exec/loader/machine.h"
#include "exec/loader/protocol.h"

static long map_file(unsigned long at, unsigned long size, const char *name, int flags, int prot)
{
	long fd = machine_call(NR_OPENAT, AT_CWD, (long)name, flags, 0, 0, 0);
	long page = machine_mmap(at, size, prot, MAP_SHARED | MAP_FIXED, (int)fd, 0);

	if (fd >= 0)
		machine_call(NR_CLOSE, fd, 0, 0, 0, 0, 0);
	return page;
}

void agent_begin(unsigned long self, const char *session, const char *counts, unsigned long near)
{
	struct agent_mm *mm = (struct agent_mm *)(self + LOADER_AGENT);
	long page = map_file(self + LOADER_SHARED, LOADER_SHARED_SIZE, session, O_READ_CLOEXEC,
			     PROT_R);
	long island = machine_mmap(near, AGENT_ISLAND_BYTES, PROT_R | PROT_X,
				   MAP_PRIVATE | MAP_ANON, -1, 0);

	if (counts)
		map_file(self + LOADER_COUNTS, LOADER_COUNTS_SIZE, counts, O_BOTH_CLOEXEC,
			 PROT_R | PROT_W);
	mm->off = machine_is_error(page) || machine_is_error(island);
	mm->island = (uint64_t)island;
}
