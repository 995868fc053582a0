/* SPDX-License-Identifier: MIT */
/* create_elf_tables of fs/binfmt_elf.c, as far as it speaks of ids. */
#include "exec/ids.h"

#include <elf.h>

bool exec_ids_entry(const struct exec_ids *ids, uint64_t type, uint64_t *ret)
{
	switch (type) {
	case AT_UID:
		*ret = ids->uid;
		return true;
	case AT_EUID:
		*ret = ids->euid;
		return true;
	case AT_GID:
		*ret = ids->gid;
		return true;
	case AT_EGID:
		*ret = ids->egid;
		return true;
	case AT_SECURE:
		*ret = ids->secure;
		return true;
	default:
		return false;
	}
}
