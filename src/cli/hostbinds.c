/* SPDX-License-Identifier: MIT */
/*
 * PRoot's two lists of recommended binds. Each bind is optional: what the host lacks is left out
 * silently.
 */
#include "cli/hostbinds.h"

#include <stdlib.h>
#include <talloc.h>

#include "path/bindspec.h"

enum { USERS = 1 << HOSTBINDS_USERS, ROOT = 1 << HOSTBINDS_ROOT };

static const struct {
	const char *name;
	unsigned of; /* bits of USERS, ROOT */
} binds[] = {
	{ "/etc/host.conf", USERS | ROOT },
	{ "/etc/hosts", USERS | ROOT },
	{ "/etc/hosts.equiv", USERS },
	{ "/etc/mtab", USERS },
	{ "/etc/netgroup", USERS },
	{ "/etc/networks", USERS },
	{ "/etc/passwd", USERS },
	{ "/etc/group", USERS },
	{ "/etc/nsswitch.conf", USERS | ROOT },
	{ "/etc/resolv.conf", USERS | ROOT },
	{ "/etc/localtime", USERS },
	{ "/dev", USERS | ROOT },
	{ "/sys", USERS | ROOT },
	{ "/proc", USERS | ROOT },
	{ "/tmp", USERS | ROOT },
	{ "/run", USERS },
	{ "/run/shm", ROOT },
	{ "/var/run/dbus/system_bus_socket", USERS },
};

enum { BINDS = sizeof(binds) / sizeof(binds[0]) };

/* The rootfs under its own name, so that what the user types for the host works inside too. */
static const char *full_name(void *ctx, const char *rootfs)
{
	char *full = realpath(rootfs, NULL);
	const char *copy = full ? talloc_strdup(ctx, full) : NULL;

	free(full);
	return copy;
}

bool hostbinds_get(void *ctx, enum hostbinds which, size_t i, const char *rootfs,
		   struct bind_request *ret)
{
	*ret = (struct bind_request){ .optional = true };
	if (i < BINDS)
		ret->host = binds[i].of & 1u << which ? binds[i].name : NULL;
	else if (i == BINDS)
		ret->host = getenv("HOME");
	else if (i == BINDS + 1)
		ret->host = full_name(ctx, rootfs);
	else
		return false;
	if (ret->host && ret->host[0] != '/') /* HOME may be anything */
		ret->host = NULL;
	return true;
}
