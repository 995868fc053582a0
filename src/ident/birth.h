/* SPDX-License-Identifier: MIT */
/*
 * Whose a new inode is, and its mode: vfs_prepare_mode of fs/namei.c, inode_init_owner of
 * fs/inode.c. Pure.
 */
#ifndef PR_IDENT_BIRTH_H
#define PR_IDENT_BIRTH_H

#include <stdint.h>

#include "ident/cred.h"
#include "ident/owner.h"

/*
 * `mode`: type and permissions as the call asks for them; `umask` is 0 where the directory's
 * default access control list is in its place. Devices' numbers are the caller's.
 */
void birth_owner(const struct cred *c, const struct owner *dir, uint32_t mode, uint32_t umask,
		 struct owner *ret);

#endif
