// SPDX-License-Identifier: MIT
/* Objects of the tree by their names in the list. No link is followed on the way. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/pathbuf.h"
#include "engine/convert/convert.h"
#include "ident/store_host.h"

/* By its parts: it may be deeper than a name can be long. */
int open_place(const struct conversion *c, const char *name, struct place *ret)
{
	const char *slash;
	struct pathbuf part;
	int fd = openat(c->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), next;

	while (fd >= 0 && (slash = strchr(name, '/'))) {
		next = pathbuf_set_n(&part, name, (size_t)(slash - name)) < 0 ?
			       -1 :
			       openat(fd, part.s, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
		name = slash + 1;
	}
	*ret = (struct place){ fd, name };
	return fd < 0 ? -errno : 0;
}

int open_object(int dir, const char *base, struct store_object *ret, struct statx *st)
{
	int fd = openat(dir, base, O_PATH | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	*ret = (struct store_object){ .fd = fd, .st = st, .place = STORE_ROOTFS };
	r = host_stat(fd, st);
	if (r < 0)
		close(fd);
	return r;
}
