/* SPDX-License-Identifier: MIT */
/*
 * Nearly always the highest number that the limit allows is free, and one look says so. Else the
 * table is read: a limit may have been lowered below numbers that are in use.
 */
#include "syscall/fdslots.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/kernfile.h"
#include "tracee/tracee.h"

bool fdslots_closes(const struct tracee *t, int fd)
{
	unsigned flags = 0;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", t->tid, fd);
	kernfile_scan(name, "flags: %o", &flags);
	return flags & O_CLOEXEC;
}

static bool is_open(const struct tracee *t, int fd)
{
	char name[64];
	struct stat st;

	snprintf(name, sizeof(name), "/proc/%d/fd/%d", t->tid, fd);
	return lstat(name, &st) == 0;
}

/* Reads the table: is any number below the limit free? */
static bool has_gap(const struct tracee *t, int limit, enum fdslots_when when)
{
	char name[64];
	const struct dirent *e;
	bool found = false;
	int used = 0;
	DIR *dir;

	snprintf(name, sizeof(name), "/proc/%d/fd", t->tid);
	dir = opendir(name);
	if (!dir)
		return true;
	while (!found && (e = readdir(dir)))
		if (e->d_name[0] != '.' && atoi(e->d_name) < limit) {
			used++;
			found = when == FDSLOTS_AFTER_EXEC && fdslots_closes(t, atoi(e->d_name));
		}
	closedir(dir);
	return found || used < limit;
}

bool fdslots_left(const struct tracee *t, enum fdslots_when when)
{
	struct rlimit l;

	if (prlimit(t->tid, RLIMIT_NOFILE, NULL, &l) < 0 || l.rlim_cur > INT_MAX)
		return true;
	if (l.rlim_cur > 0 && !is_open(t, (int)l.rlim_cur - 1))
		return true;
	return has_gap(t, (int)l.rlim_cur, when);
}
