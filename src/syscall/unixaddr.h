/* SPDX-License-Identifier: MIT */
/*
 * AF_UNIX addresses as bytes: unix(7). A pathname need not end in a NUL on the way into the
 * kernel, and always does on the way out, which makes the longest one 111 bytes.
 *
 * Pure: no guest, no file system.
 */
#ifndef PR_SYSCALL_UNIXADDR_H
#define PR_SYSCALL_UNIXADDR_H

#include <stddef.h>
#include <sys/un.h>

enum {
	UNIXADDR_HEAD = offsetof(struct sockaddr_un, sun_path),
	UNIXADDR_NAME_MAX = sizeof(((struct sockaddr_un *)0)->sun_path), /* without a NUL */
	UNIXADDR_MAX = UNIXADDR_HEAD + UNIXADDR_NAME_MAX + 1,
};

struct unixaddr {
	size_t len;
	char bytes[UNIXADDR_MAX];
};

/*
 * The pathname in `len` bytes of an address: its length, NUL-terminated in name; 0 where there is
 * none (another family, unnamed, abstract, or a length that the kernel refuses).
 */
size_t unixaddr_name(const void *bytes, size_t len, char name[UNIXADDR_NAME_MAX + 1]);

/* The address of a pathname as the kernel gives it out. 0, or -ENAMETOOLONG. */
int unixaddr_set(struct unixaddr *a, const char *name, size_t n);

/* The length that the kernel gives out for the pathname in these bytes, were it not cut. */
size_t unixaddr_full_len(const void *bytes, size_t len);

/* What bind(2) and connect(2) take of it: the NUL of the very longest name is one byte too many. */
size_t unixaddr_len_in(const struct unixaddr *a);

/*
 * Where a long host name is cut to be given to the kernel by way of a short name for its directory:
 * the length of the directory's part, at least 1 ("/"). What follows the '/' is the entry, a slash
 * behind it included.
 */
size_t unixaddr_dir_len(const char *host);

#endif
