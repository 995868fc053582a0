// SPDX-License-Identifier: MIT
/* What the loader does for the agent of a new program. */
#include "exec/loader/agent.h"

#include "exec/loader/machine.h"
#include "exec/loader/protocol.h"

void agent_begin(unsigned long self, const char *session, unsigned long near)
{
	struct agent_mm *mm = (struct agent_mm *)(self + LOADER_AGENT);
	long fd = machine_call(NR_OPENAT, AT_CWD, (long)session, O_READ_CLOEXEC, 0, 0, 0);
	long page = machine_mmap(self + LOADER_SHARED, LOADER_SHARED_SIZE, PROT_R,
				 MAP_SHARED | MAP_FIXED, (int)fd, 0);
	long island = machine_mmap(near, AGENT_ISLAND_BYTES, PROT_R | PROT_X,
				   MAP_PRIVATE | MAP_ANON, -1, 0);

	if (fd >= 0)
		machine_call(NR_CLOSE, fd, 0, 0, 0, 0, 0);
	mm->off = machine_is_error(page) || machine_is_error(island);
	mm->island = (uint64_t)island;
}
