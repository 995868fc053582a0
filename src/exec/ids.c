/* SPDX-License-Identifier: MIT */
/* create_elf_tables of fs/binfmt_elf.c, as far as it speaks of ids. */
#include "exec/ids.h"

#include <elf.h>
#include <string.h>

/* Is that an entry of ids? Then *ret is what the program is to find there. */
static bool entry_of(const struct exec_ids *ids, uint64_t type, uint64_t *ret)
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
