/* SPDX-License-Identifier: MIT */
/*
 * PRoot's list of recommended binds. Each is optional: what the host lacks is left out silently.
 */
#include "cli/hostbinds.h"

#include <stdlib.h>
#include <talloc.h>

#include "path/bindspec.h"

static const char *const names[] = {
	"/etc/host.conf",
	"/etc/hosts",
	"/etc/hosts.equiv",
	"/etc/mtab",
	"/etc/netgroup",
	"/etc/networks",
	"/etc/passwd",
	"/etc/group",
	"/etc/nsswitch.conf",
	"/etc/resolv.conf",
	"/etc/localtime",
	"/dev",
	"/sys",
	"/proc",
	"/tmp",
	"/run",
	"/var/run/dbus/system_bus_socket",
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* The rootfs under its own name, so that what the user types for the host works inside too. */
static const char *full_name(void *ctx, const char *rootfs)
{
	char *full = realpath(rootfs, NULL);
	const char *copy = full ? talloc_strdup(ctx, full) : NULL;

	free(full);
	return copy;
}

bool hostbinds_get(void *ctx, size_t i, const char *rootfs, struct bind_request *ret)
{
	*ret = (struct bind_request){ .optional = true };
	if (i < NAMES)
		ret->host = names[i];
	else if (i == NAMES)
		ret->host = getenv("HOME");
	else if (i == NAMES + 1)
		ret->host = full_name(ctx, rootfs);
	else
		return false;
	if (ret->host && ret->host[0] != '/') /* HOME may be anything */
		ret->host = NULL;
	return true;
}
