// SPDX-License-Identifier: MIT
/*
 * Metadata calls on O_PATH descriptors: what has no form for a descriptor, or refuses O_PATH ones,
 * goes by the kernel's own name for the descriptor. No string of anyone else's is looked up here.
 */
#include "ident/store_host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <talloc.h>
#include <unistd.h>

#include "base/pathbuf.h"

static unsigned lacking;

void host_pretend(unsigned lacks)
{
	lacking = lacks;
}

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

uint64_t host_btime(const struct statx *st)
{
	if (!(st->stx_mask & STATX_BTIME) || (lacking & HOST_NO_BTIME))
		return 0;
	return (uint64_t)st->stx_btime.tv_sec * 1000000000 + st->stx_btime.tv_nsec;
}

int host_chmod(int fd, uint32_t mode)
{
	return (int)result(chmod(name_of(fd).s, mode & 07777));
}

bool host_is_read_only(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_flags & ST_RDONLY);
}

void host_touch(int fd, uint32_t mode)
{
	if (S_ISLNK(mode))
		host_chown(fd, UINT32_MAX, UINT32_MAX);
	else
		host_chmod(fd, mode);
}

bool host_is_overlay(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

int host_chown(int fd, uint32_t uid, uint32_t gid)
{
	return (int)result(fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}

/* user.* alone: others may well be there. */
static bool is_lacking(const char *name)
{
	return (lacking & HOST_NO_XATTR) && strncmp(name, "user.", 5) == 0;
}

ssize_t host_getxattr(int fd, const char *name, void *buf, size_t size)
{
	if (is_lacking(name))
		return -ENOTSUP;
	return result(getxattr(name_of(fd).s, name, buf, size));
}

int host_setxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	if (is_lacking(name))
		return -ENOTSUP;
	return (int)result(setxattr(name_of(fd).s, name, value, size, flags));
}

int host_removexattr(int fd, const char *name)
{
	if (is_lacking(name))
		return -ENOTSUP;
	return (int)result(removexattr(name_of(fd).s, name));
}

ssize_t host_listxattr(int fd, char *buf, size_t size)
{
	return result(listxattr(name_of(fd).s, buf, size));
}

ssize_t host_listxattr_of(const char *name, char *buf, size_t size)
{
	return result(llistxattr(name, buf, size));
}

char *host_name_of(void *ctx, int fd)
{
	struct pathname text;
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text.s, sizeof(text.s));
	if (n <= 0 || n == sizeof(text.s) || text.s[0] != '/')
		return NULL;
	return talloc_strndup(ctx, text.s, (size_t)n);
}
