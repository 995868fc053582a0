/* SPDX-License-Identifier: MIT */
/*
 * The two struct stat of 32-bit arm: fs/stat.c, and compat_stat and stat64 of 64-bit kernels, which
 * are the same. The 64-bit numbers lie on multiples of 8, other than in i386's. Inode numbers and
 * sizes that do not fit are EOVERFLOW; times are cut.
 */
#include "arch/stat.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct kernel_stat {
	uint32_t dev, ino;
	uint16_t mode, nlink, uid, gid;
	uint32_t rdev, size, blksize, blocks;
	uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	uint32_t unused[2];
};

struct kernel_stat64 {
	uint64_t dev;
	uint32_t pad0, short_ino, mode, nlink, uid, gid;
	uint64_t rdev;
	uint32_t pad3, hole;
	int64_t size;
	uint32_t blksize, hole2;
	uint64_t blocks;
	uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
	uint64_t ino;
};

_Static_assert(sizeof(struct kernel_stat) == 64, "struct stat");
_Static_assert(sizeof(struct kernel_stat64) == 104, "struct stat64");

/* high2lowuid: what 16 bits cannot hold is nobody. /proc/sys/kernel/overflowuid may be another. */
static uint16_t short_id(uint32_t id)
{
	return id > UINT16_MAX ? 65534 : (uint16_t)id;
}

static int write_new(const struct statx *from, void *buf)
{
	const struct kernel_stat st = {
		.dev = stat_encode_dev(from->stx_dev_major, from->stx_dev_minor),
		.ino = (uint32_t)from->stx_ino,
		.mode = from->stx_mode,
		.nlink = (uint16_t)from->stx_nlink,
		.uid = short_id(from->stx_uid),
		.gid = short_id(from->stx_gid),
		.rdev = stat_encode_dev(from->stx_rdev_major, from->stx_rdev_minor),
		.size = (uint32_t)from->stx_size,
		.blksize = from->stx_blksize,
		.blocks = (uint32_t)from->stx_blocks,
		.atime = (uint32_t)from->stx_atime.tv_sec,
		.atime_nsec = from->stx_atime.tv_nsec,
		.mtime = (uint32_t)from->stx_mtime.tv_sec,
		.mtime_nsec = from->stx_mtime.tv_nsec,
		.ctime = (uint32_t)from->stx_ctime.tv_sec,
		.ctime_nsec = from->stx_ctime.tv_nsec,
	};

	if (st.ino != from->stx_ino || st.nlink != from->stx_nlink || from->stx_size > INT32_MAX)
		return -EOVERFLOW;
	memcpy(buf, &st, sizeof(st));
	return sizeof(st);
}

static int write_64(const struct statx *from, void *buf)
{
	const struct kernel_stat64 st = {
		.dev = stat_encode_dev(from->stx_dev_major, from->stx_dev_minor),
		.short_ino = (uint32_t)from->stx_ino,
		.mode = from->stx_mode,
		.nlink = from->stx_nlink,
		.uid = from->stx_uid,
		.gid = from->stx_gid,
		.rdev = stat_encode_dev(from->stx_rdev_major, from->stx_rdev_minor),
		.size = (int64_t)from->stx_size,
		.blksize = from->stx_blksize,
		.blocks = from->stx_blocks,
		.atime = (uint32_t)from->stx_atime.tv_sec,
		.atime_nsec = from->stx_atime.tv_nsec,
		.mtime = (uint32_t)from->stx_mtime.tv_sec,
		.mtime_nsec = from->stx_mtime.tv_nsec,
		.ctime = (uint32_t)from->stx_ctime.tv_sec,
		.ctime_nsec = from->stx_ctime.tv_nsec,
		.ino = from->stx_ino,
	};

	memcpy(buf, &st, sizeof(st));
	return sizeof(st);
}

int stat_write_arm(enum stat_form form, const struct statx *from, void *buf)
{
	switch (form) {
	case STAT_OLD: break;
	case STAT_NEW: return write_new(from, buf);
	case STAT_64: return write_64(from, buf);
	}
	return -ENOSYS;
}
