/* SPDX-License-Identifier: MIT */
/* One file, one more name for it, in a directory of our own that is gone at once. */
#include "engine/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/pathbuf.h"

static int try_link(const char *dir)
{
	struct pathbuf one, two;
	int fd, r = pathbuf_set(&one, dir) < 0 || pathbuf_push(&one, "a", 1) < 0 ||
		    pathbuf_set(&two, dir) < 0 || pathbuf_push(&two, "b", 1) < 0 ? -ENAMETOOLONG :
										   0;

	if (r < 0)
		return r;
	fd = open(one.s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return 0;
	close(fd);
	if (link(one.s, two.s) < 0)
		r = -errno;
	unlink(two.s);
	unlink(one.s);
	return r;
}

int links_check(const char *rootfs, struct fail *fail)
{
	struct pathbuf dir;
	int r;

	if (pathbuf_set(&dir, rootfs) < 0 || pathbuf_push(&dir, ".pr-new-XXXXXX", 14) < 0 ||
	    !mkdtemp(dir.s))
		return 0; /* nothing can be made there: no link either */
	r = try_link(dir.s);
	rmdir(dir.s);
	if (r == 0)
		return 0;
	return fail_errno(fail, -r,
			  "-l: hard links are refused in '%s', and have no substitute yet: leave "
			  "-l out, and what makes them fails",
			  rootfs);
}
