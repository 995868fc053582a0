/* SPDX-License-Identifier: MIT */
/*
 * What a new program is told of its ids in the auxiliary vector: AT_UID, AT_EUID, AT_GID, AT_EGID
 * and AT_SECURE, getauxval(3). Where ids are virtual the kernel's own entries are wrong.
 */
#ifndef PR_EXEC_IDS_H
#define PR_EXEC_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct exec_ids {
	unsigned char word_bytes; /* of the program: 4 or 8; 0: the kernel's entries are right */
	bool secure;
	uint32_t uid, euid, gid, egid;
};

/* Is that an entry of ids? Then *ret is what the program is to find there. */
bool exec_ids_entry(const struct exec_ids *ids, uint64_t type, uint64_t *ret);

#endif
