/* SPDX-License-Identifier: MIT */
/* The calls that the agent serves and makes on x86_64, and what they fill in. */
#ifndef PR_ARCH_X86_64_AGENT_H
#define PR_ARCH_X86_64_AGENT_H

#include <stdint.h>

#include "arch/x86_64/loader.h"

enum agent_call {
	AC_OPEN = 2,
	AC_STAT = 4,
	AC_FSTAT = 5,
	AC_LSTAT = 6,
	AC_RT_SIGPROCMASK = 14,
	AC_ACCESS = 21,
	AC_MADVISE = 28,
	AC_CONNECT = 42,
	AC_ACCEPT = 43,
	AC_SENDTO = 44,
	AC_RECVFROM = 45,
	AC_SENDMSG = 46,
	AC_RECVMSG = 47,
	AC_GETSOCKNAME = 51,
	AC_GETPEERNAME = 52,
	AC_GETSOCKOPT = 55,
	AC_GETCWD = 79,
	AC_FCHMOD = 91,
	AC_FCHOWN = 93,
	AC_READLINK = 89,
	AC_GETUID = 102,
	AC_GETGID = 104,
	AC_GETEUID = 107,
	AC_GETEGID = 108,
	AC_GETXATTR = 191,
	AC_LGETXATTR = 192,
	AC_FGETXATTR = 193,
	AC_GETXATTRAT = 464,
	AC_LISTXATTR = 194,
	AC_LLISTXATTR = 195,
	AC_GETDENTS64 = 217,
	AC_OPENAT = 257,
	AC_NEWFSTATAT = 262,
	AC_READLINKAT = 267,
	AC_FACCESSAT = 269,
	AC_UTIMENSAT = 280,
	AC_ACCEPT4 = 288,
	AC_RECVMMSG = 299,
	AC_SENDMMSG = 307,
	AC_STATX = 332,
	AC_CLONE3 = 435,
	AC_OPENAT2 = 437,
	AC_FACCESSAT2 = 439,
};

#define MACHINE_O_LARGEFILE 0100000

/* struct stat of <asm/stat.h> */
struct machine_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, spare;
	uint64_t rdev;
	uint64_t rest[7];
	uint64_t ctime, ctime_ns;
	uint64_t more[3];
};

_Static_assert(sizeof(struct machine_stat) == 144, "struct stat");

/* struct statx of <linux/stat.h> */
struct machine_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare;
	uint64_t ino;
	uint64_t rest[7];
	uint64_t ctime;
	uint32_t ctime_ns, spare_ns;
	uint64_t mtime[2];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t more[14];
};

_Static_assert(sizeof(struct machine_statx) == 256, "struct statx");

static inline uint64_t machine_ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#endif
