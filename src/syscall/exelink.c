/* SPDX-License-Identifier: MIT */
/*
 * A descriptor of the tracer's can be followed while it may be looked into: proc_fd_access_allowed
 * asks as ptrace would, and so does Landlock, which says no to a domain's processes. From the first
 * time that one is needed until that program ends the tracer is as open to its user's processes as
 * they are to each other.
 *
 * The copy has the file's mode, size and times; its inode is another, it has a name, and it is the
 * user's own.
 */
#include "syscall/exelink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "path/hostfs.h"
#include "path/procname.h"
#include "syscall/guestfs.h"
#include "syscall/running.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

bool exelink_is_there(const struct exe *exe)
{
	struct stat st;

	return hostfs_stat(HPATH(exe->host), &st) == 0 && st.st_ino == exe->ino &&
	       st.st_dev == exe->dev;
}

/* Was it already gone when it was run, by a descriptor? Then `guest` says so. */
static bool was_deleted(const struct exe *exe)
{
	return proc_deleted_suffix(exe->guest, strlen(exe->guest)) &&
	       !proc_deleted_suffix(exe->host, strlen(exe->host));
}

int exelink_name(struct session *s, const struct exe *exe, struct pathbuf *ret)
{
	struct pathbuf *now = &s->text;
	bool gone;
	int r;

	if (running_name(exe, now) < 0)
		gone = !exelink_is_there(exe);
	else if (proc_says_name(now->s, exe->host))
		gone = strcmp(now->s, exe->host) != 0;
	else
		return guestfs_find_name(s, now->s, NULL, ret);
	r = pathbuf_set(ret, exe->guest);
	if (r == 0 && gone && !was_deleted(exe))
		r = pathbuf_append(ret, " (deleted)");
	return r;
}

/* The walk's host name becomes `name`; the slashes that the guest has behind it stay. */
static int lead_to(struct session *s, const char *name)
{
	struct pathbuf *host = &s->walk.host;
	bool slash = host->s[host->len - 1] == '/';
	int r = pathbuf_set(host, name);

	return r == 0 && slash ? pathbuf_append(host, "/") : r;
}

int exelink_lead(struct session *s)
{
	const struct exe *exe = guestfs_exe(s, HPATH(s->walk.host.s));
	char link[64];

	if (!exe)
		return 0;
	if (running_file(exe) < 0)
		return -ENOENT;
	if (!s->sandbox)
		running_show(exe);
	s->led_to = exe;
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", s->tracer_pid, running_file(exe));
	return lead_to(s, link);
}

int exelink_stage(struct session *s)
{
	const struct exe *exe = s->led_to;
	const char *copy;
	struct stat st;
	int r;

	if (!s->sandbox)
		return 0;
	if (fstat(running_file(exe), &st) == 0 && running_name(exe, &s->text) == 0 &&
	    hostfs_is_named(s->text.s, &st))
		return lead_to(s, s->text.s);
	r = running_copy(exe, &copy);
	return r < 0 ? r : lead_to(s, copy);
}
