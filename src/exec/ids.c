/* SPDX-License-Identifier: MIT */
/* create_elf_tables of fs/binfmt_elf.c, as far as it speaks of ids and the machine. */
#include "exec/ids.h"

#include <elf.h>
#include <string.h>

static bool entry_of_machine(const struct exec_machine *m, uint64_t type, uint64_t *ret)
{
	*ret = type == AT_HWCAP ? m->hwcap : m->hwcap2;
	return (type == AT_HWCAP && m->has_hwcap) || (type == AT_HWCAP2 && m->has_hwcap2);
}

/* Is that an entry of ours? Then *ret is what the program is to find there. */
static bool entry_of(const struct exec_ids *ids, uint64_t type, uint64_t *ret)
{
	if (ids->machine && entry_of_machine(ids->machine, type, ret))
		return true;
	if (ids->host_ids)
		return false;
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

void exec_ids_correct(const struct exec_ids *ids, void *vector, size_t size)
{
	const size_t word = ids->word_bytes;
	char *entry = vector;

	if (!word)
		return;
	for (; size >= 2 * word; entry += 2 * word, size -= 2 * word) {
		uint64_t type = 0, value;

		memcpy(&type, entry, word);
		if (type == AT_NULL)
			return;
		if (entry_of(ids, type, &value))
			memcpy(entry + word, &value, word);
	}
}
