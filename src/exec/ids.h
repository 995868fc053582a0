/* SPDX-License-Identifier: MIT */
/*
 * What a new program is told of its ids in the auxiliary vector: AT_UID, AT_EUID, AT_GID, AT_EGID
 * and AT_SECURE, getauxval(3). Where ids are virtual the kernel's own entries are wrong.
 */
#ifndef PR_EXEC_IDS_H
#define PR_EXEC_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exec_ids {
	unsigned char word_bytes; /* of the program: 4 or 8; 0: the kernel's entries are right */
	bool secure;
	uint32_t uid, euid, gid, egid;
};

/* Puts the entries of ids right in a vector of the program's width, `size` bytes of it. */
void exec_ids_correct(const struct exec_ids *ids, void *vector, size_t size);

#endif
