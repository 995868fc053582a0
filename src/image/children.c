// SPDX-License-Identifier: MIT
/* All names at once, so that whoever walks over them may change the directory. */
#include "image/children.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

static int order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add(void *ctx, struct children *c, size_t *room, const char *name)
{
	if (c->count == *room) {
		size_t more = *room ? *room * 2 : 32;
		char **names = talloc_realloc(ctx, c->names, char *, more);

		if (!names)
			return -ENOMEM;
		c->names = names;
		*room = more;
	}
	c->names[c->count] = talloc_strdup(c->names, name);
	return c->names[c->count++] ? 0 : -ENOMEM;
}

static int read_all(void *ctx, DIR *d, struct children *ret)
{
	struct dirent *e;
	size_t room = 0;
	int r = 0;

	*ret = (struct children){ .names = NULL };
	for (errno = 0; r == 0 && (e = readdir(d)); errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = add(ctx, ret, &room, e->d_name);
	if (r == 0 && errno)
		r = -errno;
	if (r == 0 && ret->count)
		qsort(ret->names, ret->count, sizeof(ret->names[0]), order);
	return r;
}

int children_read(void *ctx, int fd, struct children *ret)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d) {
		r = -errno;
		if (own >= 0)
			close(own);
		return r;
	}
	r = read_all(ctx, d, ret);
	closedir(d);
	return r;
}
