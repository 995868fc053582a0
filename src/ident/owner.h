/* SPDX-License-Identifier: MIT */
/*
 * What the guest is told of a file's inode where the host's own word does not do: owner, mode and
 * device number. The type is in `mode`, as in st_mode.
 */
#ifndef PR_IDENT_OWNER_H
#define PR_IDENT_OWNER_H

#include <stdint.h>

struct owner {
	uint32_t uid, gid;
	uint32_t mode; /* st_mode, whole */
	uint32_t rdev_major, rdev_minor; /* of devices, else 0 */
};

#endif
