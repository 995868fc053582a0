/* SPDX-License-Identifier: MIT */
/*
 * mount(2) changes one mount at a time, and takes all its flags anew: those that it has must be
 * given again, for a user namespace may not drop them.
 */
#include "engine/userns/remount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/pathbuf.h"

static unsigned long present_flags(const struct statvfs *v)
{
	static const struct {
		unsigned long told, flag;
	} all[] = {
		{ ST_RDONLY, MS_RDONLY },     { ST_NOSUID, MS_NOSUID },
		{ ST_NODEV, MS_NODEV },	      { ST_NOEXEC, MS_NOEXEC },
		{ ST_NOATIME, MS_NOATIME },   { ST_NODIRATIME, MS_NODIRATIME },
		{ ST_RELATIME, MS_RELATIME },
	};
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (v->f_flag & all[i].told)
			flags |= all[i].flag;
	return flags;
}

static int remount(const char *name, unsigned long attr)
{
	unsigned long flags = MS_REMOUNT | MS_BIND;
	struct statvfs v;

	if (statvfs(name, &v) < 0)
		return -errno;
	flags |= present_flags(&v);
	flags |= attr & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0;
	flags |= attr & MOUNT_ATTR_NOEXEC ? MS_NOEXEC : 0;
	return mount(NULL, name, NULL, flags, NULL) < 0 ? -errno : 0;
}

/* proc_pid_mountinfo(5) writes blanks and backslashes as three octal digits. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

static int remount_below(const char *top, unsigned long attr)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t len = strcmp(top, "/") == 0 ? 0 : strlen(top), size = 0;
	char *line = NULL, *name = NULL;
	int r = f ? 0 : -errno;

	while (r == 0 && getline(&line, &size, f) >= 0) {
		free(name);
		name = NULL;
		if (sscanf(line, "%*s %*s %*s %*s %ms", &name) != 1)
			continue;
		unescape(name);
		if (strncmp(name, top, len) == 0 && name[len] == '/')
			r = remount(name, attr);
		if (r == -ENOENT || r == -EACCES)
			r = 0; /* covered by another mount: nobody gets there */
	}
	free(name);
	free(line);
	if (f)
		fclose(f);
	return r;
}

int remount_all(int fd, unsigned long attr)
{
	struct pathbuf top;
	char link[32];
	ssize_t n;
	int r;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, top.s, sizeof(top.s) - 1);
	if (n < 0)
		return -errno;
	top.s[n] = '\0';
	r = remount(link, attr);
	return r < 0 ? r : remount_below(top.s, attr);
}
