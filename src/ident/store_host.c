// SPDX-License-Identifier: MIT
/*
 * Metadata calls on O_PATH descriptors: what has no form for a descriptor, or refuses O_PATH ones,
 * goes by the kernel's own name for the descriptor. No string of anyone else's is looked up here.
 */
#include "ident/store_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

struct fd_name {
	char s[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
};

static struct fd_name name_of(int fd)
{
	struct fd_name n;

	snprintf(n.s, sizeof(n.s), "/proc/self/fd/%d", fd);
	return n;
}

static ssize_t result(ssize_t r)
{
	return r < 0 ? -errno : r;
}

int host_stat(int fd, struct statx *ret)
{
	return (int)result(statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
				 STATX_BASIC_STATS | STATX_BTIME, ret));
}

int host_chmod(int fd, uint32_t mode)
{
	return (int)result(chmod(name_of(fd).s, mode & 07777));
}

int host_chown(int fd, uint32_t uid, uint32_t gid)
{
	return (int)result(fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}

ssize_t host_getxattr(int fd, const char *name, void *buf, size_t size)
{
	return result(getxattr(name_of(fd).s, name, buf, size));
}

int host_setxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	return (int)result(setxattr(name_of(fd).s, name, value, size, flags));
}

int host_removexattr(int fd, const char *name)
{
	return (int)result(removexattr(name_of(fd).s, name));
}

ssize_t host_listxattr(int fd, char *buf, size_t size)
{
	return result(listxattr(name_of(fd).s, buf, size));
}
