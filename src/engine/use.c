// SPDX-License-Identifier: MIT
/*
 * The lock is taken before the marker is read; who converts sets the marker before it looks for
 * locks. So of the two at once at least one knows of the other.
 */
#include "engine/use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ident/store.h"

enum { LOCK_BYTE = 0x70720000 };

/* The front's, from the begin of the session to its end. */
static int held = -1;
static int callers = -1;

static struct flock lock_of(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = LOCK_BYTE,
			       .l_len = 1 };
}

int use_begin(const char *rootfs, struct fail *fail)
{
	struct flock lock = lock_of(F_RDLCK);

	if (strcmp(rootfs, "/") == 0)
		return 0;
	held = open(rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (held < 0 || fcntl(held, F_OFD_SETLK, &lock) < 0)
		log_debug("'%s' is used without a lock: %s", rootfs, strerror(errno));
	if (!store_is_converting(rootfs))
		return 0;
	return fail_set(fail, "'%s' is half converted: run pr convert again, to either side",
			rootfs);
}

int use_fd(void)
{
	return held;
}

void use_hold(int fd)
{
	callers = fd > 0 ? fd : -1;
}

int use_held(void)
{
	return callers;
}

/* A question about a lock that we could not take: of a directory there are no write locks. */
int use_is_used(int dir_fd)
{
	struct flock lock = lock_of(F_WRLCK);

	return fcntl(dir_fd, F_OFD_GETLK, &lock) < 0 ? -errno : lock.l_type != F_UNLCK;
}
