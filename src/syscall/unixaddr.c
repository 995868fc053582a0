/* SPDX-License-Identifier: MIT */
/*
 * AF_UNIX addresses, taken apart and put together. Lengths are the caller's word for it: checked.
 */
#include "syscall/unixaddr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

size_t unixaddr_name(const void *bytes, size_t len, char name[UNIXADDR_NAME_MAX + 1])
{
	const char *path = (const char *)bytes + UNIXADDR_HEAD;
	sa_family_t family;
	size_t n;

	name[0] = '\0';
	if (len <= UNIXADDR_HEAD || len > UNIXADDR_MAX)
		return 0;
	memcpy(&family, bytes, sizeof(family));
	if (family != AF_UNIX)
		return 0;
	n = strnlen(path, len - UNIXADDR_HEAD);
	if (n > UNIXADDR_NAME_MAX)
		return 0;
	memcpy(name, path, n);
	name[n] = '\0';
	return n;
}

int unixaddr_set(struct unixaddr *a, const char *name, size_t n)
{
	const sa_family_t family = AF_UNIX;

	if (n > UNIXADDR_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(a->bytes, &family, sizeof(family));
	memcpy(a->bytes + UNIXADDR_HEAD, name, n);
	a->bytes[UNIXADDR_HEAD + n] = '\0';
	a->len = UNIXADDR_HEAD + n + 1;
	return 0;
}

size_t unixaddr_full_len(const void *bytes, size_t len)
{
	const char *path = (const char *)bytes + UNIXADDR_HEAD;

	return UNIXADDR_HEAD + strnlen(path, len - UNIXADDR_HEAD) + 1;
}

size_t unixaddr_len_in(const struct unixaddr *a)
{
	return a->len < UNIXADDR_MAX ? a->len : UNIXADDR_MAX - 1;
}

size_t unixaddr_dir_len(const char *host)
{
	size_t n = strlen(host);

	while (n > 1 && host[n - 1] == '/')
		n--;
	while (n > 1 && host[n - 1] != '/')
		n--;
	while (n > 1 && host[n - 1] == '/')
		n--;
	return n ? n : 1;
}
