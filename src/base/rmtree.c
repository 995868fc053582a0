// SPDX-License-Identifier: MIT
/*
 * No recursion: a directory below the top gives its own directories to the top, until it is empty
 * itself. So two descriptors do, for names of any depth.
 */
#include "base/rmtree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct removal {
	int top;
	unsigned long budget, serial;
};

static DIR *open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !d)
		close(fd);
	return d;
}

/* The next entry but the dots, or NULL: there is none, or enough was done. */
static const char *next_entry(struct removal *r, DIR *d)
{
	struct dirent *e;

	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			break;
	if (!e || r->budget == 0)
		return NULL;
	r->budget--;
	return e->d_name;
}

/* A directory's own mode must let it be moved and emptied. */
static bool give_up_to_top(struct removal *r, int at, const char *name)
{
	char fresh[32];

	fchmodat(at, name, 0700, 0);
	do
		snprintf(fresh, sizeof(fresh), "%lu", r->serial++);
	while (renameat(at, name, r->top, fresh) < 0 &&
	       (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR));
	return faccessat(at, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

/* One pass over a directory of the top's; false: something is in the way. */
static bool remove_below(struct removal *r, const char *name)
{
	const char *entry;
	bool ok = true;
	DIR *d;

	if (unlinkat(r->top, name, 0) == 0 || unlinkat(r->top, name, AT_REMOVEDIR) == 0)
		return true;
	fchmodat(r->top, name, 0700, 0);
	d = open_dir(r->top, name);
	if (!d)
		return false;
	while (ok && (entry = next_entry(r, d)))
		ok = unlinkat(dirfd(d), entry, 0) == 0 || give_up_to_top(r, dirfd(d), entry);
	closedir(d);
	return ok;
}

bool rmtree(int dir_fd, const char *name, unsigned long budget)
{
	struct removal r = { .budget = budget };
	const char *entry;
	bool ok = true, found = true;
	DIR *d;

	fchmodat(dir_fd, name, 0700, AT_SYMLINK_NOFOLLOW);
	d = open_dir(dir_fd, name);
	if (!d)
		return unlinkat(dir_fd, name, 0) == 0;
	r.top = dirfd(d);
	while (ok && found && r.budget) {
		found = false;
		rewinddir(d);
		while (ok && (entry = next_entry(&r, d))) {
			found = true;
			ok = remove_below(&r, entry);
		}
	}
	closedir(d);
	return unlinkat(dir_fd, name, AT_REMOVEDIR) == 0;
}
