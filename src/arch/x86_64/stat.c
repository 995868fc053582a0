/* SPDX-License-Identifier: MIT */
/* struct stat of 64-bit calls, asm/stat.h: everything fits. */
#include "arch/stat.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct kernel_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, pad;
	uint64_t rdev;
	int64_t size, blksize, blocks;
	int64_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	int64_t unused[3];
};

_Static_assert(sizeof(struct kernel_stat) == 144, "struct stat");

int stat_write_x86_64(enum stat_form form, const struct statx *from, void *buf)
{
	const struct kernel_stat st = {
		.dev = stat_encode_dev(from->stx_dev_major, from->stx_dev_minor),
		.ino = from->stx_ino,
		.nlink = from->stx_nlink,
		.mode = from->stx_mode,
		.uid = from->stx_uid,
		.gid = from->stx_gid,
		.rdev = stat_encode_dev(from->stx_rdev_major, from->stx_rdev_minor),
		.size = (int64_t)from->stx_size,
		.blksize = from->stx_blksize,
		.blocks = (int64_t)from->stx_blocks,
		.atime = from->stx_atime.tv_sec,
		.atime_nsec = from->stx_atime.tv_nsec,
		.mtime = from->stx_mtime.tv_sec,
		.mtime_nsec = from->stx_mtime.tv_nsec,
		.ctime = from->stx_ctime.tv_sec,
		.ctime_nsec = from->stx_ctime.tv_nsec,
	};

	if (form != STAT_NEW)
		return -ENOSYS;
	memcpy(buf, &st, sizeof(st));
	return sizeof(st);
}
