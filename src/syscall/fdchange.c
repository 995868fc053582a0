/* SPDX-License-Identifier: MIT */
/*
 * fchmod and its like through a :ro bind. The kernel asks the mount of the open file; we know
 * only the file's name of now. Where the guest has another name for it that may be written to, it
 * may: it could use that one as well.
 *
 * Stopped only in sessions with a :ro bind.
 */
#include "syscall/fdchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path/longname.h"
#include "syscall/bindrules.h"
#include "syscall/paths.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* proc_pid_fdinfo(5) */
bool fdchange_is_by_path(pid_t tid, int fd)
{
	char name[64], text[128];
	const char *flags;
	unsigned value = 0;
	struct stat st;
	ssize_t n;
	int in;

	/* The link's permissions are what the descriptor is open for. */
	snprintf(name, sizeof(name), "/proc/%d/fd/%d", tid, fd);
	if (lstat(name, &st) < 0 || (st.st_mode & 0777))
		return false;
	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", tid, fd);
	in = open(name, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return false;
	n = read(in, text, sizeof(text) - 1);
	close(in);
	text[n > 0 ? n : 0] = '\0';
	flags = strstr(text, "flags:");
	return flags && sscanf(flags, "flags: %o", &value) == 1 && (value & O_PATH);
}

int fdchange_check(struct call *c, int fd)
{
	struct session *s = tracee_session(c->t);
	char link[PATH_BASE_BYTES];
	const struct bind *b;

	b = fd == AT_FDCWD ? path_cwd_bind(c->t) : NULL;
	if (b)
		return b->flags & BIND_RO ? -EROFS : 0;
	path_base_link(c->t, fd, link);
	if (longname_around(link, &s->text) < 0)
		return 0;
	return bindrules_only_read_only(s, s->text.s) ? -EROFS : 0;
}

int fdchange_check_arg(struct call *c, unsigned i, int fd)
{
	const struct sys_arg *a = &c->row->args[i];
	char link[PATH_BASE_BYTES];
	int r;

	if (!path_access_changes(a->access) && a->access != ACCESS_BY_MODE)
		return 0;
	/* do_utimes_fd: no flags, and a descriptor that is open */
	if (!c->guest_arg[i] &&
	    (c->guest_arg[a->flags_arg] || fdchange_is_by_path(c->t->tid, fd)))
		return 0;
	r = bindrules_times_wrong(c) ? 0 : fdchange_check(c, fd);
	if (r == 0 || a->access != ACCESS_BY_MODE)
		return r;
	path_base_link(c->t, fd, link);
	return bindrules_check_access(c, link, PATH_FOLLOW);
}

int fdchange_serve(struct call *c)
{
	int fd = (int)c->guest_arg[0];

	return fdchange_is_by_path(c->t->tid, fd) ? 0 : fdchange_check(c, fd);
}
