/* SPDX-License-Identifier: MIT */
/*
 * The store's hands on the host: changes and questions at an O_PATH descriptor, by
 * /proc/self/fd/N. Each returns 0 or a size, or -errno.
 */
#ifndef PR_IDENT_STORE_HOST_H
#define PR_IDENT_STORE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* What file systems may lack. Tests pretend that all do. */
enum host_lack { HOST_NO_XATTR = 1, HOST_NO_BTIME = 2 };
void host_pretend(unsigned lacks);

/* Everything that the store wants to know: basic stats and the birth time. */
int host_stat(int fd, struct statx *ret);
/* Nanoseconds; 0: the file system has no birth times. */
uint64_t host_btime(const struct statx *st);
int host_chmod(int fd, uint32_t mode);
/* Would the kernel have EROFS for any change? */
bool host_is_read_only(int fd);
/*
 * A change that changes nothing but the ctime, as a chown of the same ids gives. Then overlayfs has
 * made the inode that it will keep, with its birth time.
 */
void host_touch(int fd, uint32_t mode);
/* Is it on overlayfs? */
bool host_is_overlay(int fd);
/* -1: leave it. Links are changed themselves. */
int host_chown(int fd, uint32_t uid, uint32_t gid);

ssize_t host_getxattr(int fd, const char *name, void *buf, size_t size);
int host_setxattr(int fd, const char *name, const void *value, size_t size, int flags);
int host_removexattr(int fd, const char *name);
ssize_t host_listxattr(int fd, char *buf, size_t size);
/* By name, of the object itself. */
ssize_t host_listxattr_of(const char *name, char *buf, size_t size);

/* The host name of what fd is open on, a child of ctx; NULL if it has none. */
char *host_name_of(void *ctx, int fd);

#endif
