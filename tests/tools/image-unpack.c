// SPDX-License-Identifier: MIT
/*
 * usage: image-unpack [-r RATIO] [-s STRIP] [-t] DIR ARCHIVE...
 * The unpacker alone, for tests: each archive is a layer over the one before, or with -t a rootfs.
 * What failed is said, and the status is 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <talloc.h>
#include <unistd.h>

#include "image/unpack.h"

static int layer(struct unpack *u, const char *name, enum unpack_kind kind, struct fail *fail)
{
	int fd = strcmp(name, "-") == 0 ? 0 : open(name, O_RDONLY | O_CLOEXEC), r;
	struct source src = source_of_fd(&fd);

	if (fd < 0)
		return fail_errno(fail, errno, "%s", name);
	r = unpack_layer(u, &src, kind, fail);
	close(fd);
	return r;
}

static int unpack_all(char **names, const struct unpack_options *o, enum unpack_kind kind,
		      struct fail *fail)
{
	struct unpack *u = unpack_begin(NULL, names[0], o, fail);
	int r = u ? 0 : -1;

	for (char **n = names + 1; r == 0 && *n; n++)
		r = layer(u, *n, kind, fail);
	if (r == 0)
		r = unpack_finish(u, fail);
	if (r == 0)
		fprintf(stderr, "%llu entries, %llu lost\n",
			(unsigned long long)unpack_counts(u)->entries,
			(unsigned long long)unpack_counts(u)->lost);
	talloc_free(u);
	return r;
}

int main(int argc, char **argv)
{
	struct unpack_options options = { .strip = 0 };
	enum unpack_kind kind = UNPACK_LAYER;
	struct fail fail = { "" };
	struct rusage usage;
	int c;

	while ((c = getopt(argc, argv, "r:s:t")) != -1) {
		if (c == 'r')
			options.ratio = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 's')
			options.strip = atoi(optarg);
		else if (c == 't')
			kind = UNPACK_ROOTFS;
		else
			return 2;
	}
	if (argc - optind < 1)
		return 2;
	if (unpack_all(argv + optind, &options, kind, &fail) < 0) {
		printf("%s\n", fail.text);
		return 1;
	}
	if (getenv("MEMORY") && getrusage(RUSAGE_SELF, &usage) == 0)
		printf("%ld KiB\n", usage.ru_maxrss);
	return 0;
}
