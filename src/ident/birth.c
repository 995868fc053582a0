/* SPDX-License-Identifier: MIT */
/* The owner and mode of a new inode, in the kernel's order. */
#include "ident/birth.h"

#include <linux/capability.h>
#include <sys/stat.h>

/*
 * mode_strip_sgid: a set-group-id program of the directory's group is only for who is in it. Asked
 * before the umask takes S_IXGRP away.
 */
static uint32_t strip_setgid(const struct cred *c, const struct owner *dir, uint32_t mode)
{
	const uint32_t setgid_exec = S_ISGID | S_IXGRP;

	if ((mode & setgid_exec) != setgid_exec || !(dir->mode & S_ISGID))
		return mode;
	if (cred_in_group(c, dir->gid) || cred_capable(c, CAP_FSETID))
		return mode;
	return mode & ~(uint32_t)S_ISGID;
}

/* vfs_mkdir takes S_ISVTX, everything else all twelve bits; links are born as they are. */
static uint32_t prepare_mode(const struct cred *c, const struct owner *dir, uint32_t mode,
			     uint32_t umask)
{
	if (S_ISLNK(mode))
		return S_IFLNK | 0777;
	if (S_ISDIR(mode))
		return S_IFDIR | (mode & ~umask & (0777 | S_ISVTX));
	return strip_setgid(c, dir, mode) & ~(umask & 0777);
}

void birth_owner(const struct cred *c, const struct owner *dir, uint32_t mode, uint32_t umask,
		 struct owner *ret)
{
	*ret = (struct owner){ .uid = c->fsuid, .gid = c->fsgid };
	ret->mode = prepare_mode(c, dir, mode, umask);
	if (!(dir->mode & S_ISGID))
		return;
	ret->gid = dir->gid;
	if (S_ISDIR(mode))
		ret->mode |= S_ISGID;
}
