/* SPDX-License-Identifier: MIT */
/*
 * What a new program is told in the auxiliary vector, getauxval(3), otherwise than by the kernel:
 * where ids are virtual AT_UID, AT_EUID, AT_GID, AT_EGID and AT_SECURE, with -k AT_HWCAP, AT_HWCAP2
 * and AT_PLATFORM.
 */
#ifndef PR_EXEC_IDS_H
#define PR_EXEC_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The same for all programs of a session. */
struct exec_machine {
	bool has_hwcap, has_hwcap2;
	uint64_t hwcap, hwcap2;
	const char *platform; /* NULL: the kernel's */
};

struct exec_ids {
	unsigned char word_bytes; /* of the program: 4 or 8; 0: the kernel's entries are right */
	bool secure;
	uint32_t uid, euid, gid, egid;
	bool host_ids; /* those of ids are right, at any rate */
	const struct exec_machine *machine; /* NULL: so are the others */
};

/* Puts entries that are numbers right in a vector of the program's width, `size` bytes of it. */
void exec_ids_correct(const struct exec_ids *ids, void *vector, size_t size);

#endif
