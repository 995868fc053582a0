/* SPDX-License-Identifier: MIT */
/* struct stat of asm-generic/stat.h, as 64-bit machines without a past have it: everything fits. */
#include "arch/stat.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct kernel_stat {
	uint64_t dev, ino;
	uint32_t mode, nlink, uid, gid;
	uint64_t rdev, pad1;
	int64_t size;
	int32_t blksize, pad2;
	int64_t blocks;
	int64_t atime;
	uint64_t atime_nsec;
	int64_t mtime;
	uint64_t mtime_nsec;
	int64_t ctime;
	uint64_t ctime_nsec;
	uint32_t unused[2];
};

_Static_assert(sizeof(struct kernel_stat) == 128, "struct stat");

int stat_write_aarch64(enum stat_form form, const struct statx *from, void *buf)
{
	const struct kernel_stat st = {
		.dev = stat_encode_dev(from->stx_dev_major, from->stx_dev_minor),
		.ino = from->stx_ino,
		.mode = from->stx_mode,
		.nlink = from->stx_nlink,
		.uid = from->stx_uid,
		.gid = from->stx_gid,
		.rdev = stat_encode_dev(from->stx_rdev_major, from->stx_rdev_minor),
		.size = (int64_t)from->stx_size,
		.blksize = (int32_t)from->stx_blksize,
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
