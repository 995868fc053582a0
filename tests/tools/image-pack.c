// SPDX-License-Identifier: MIT
/*
 * usage: image-pack [-c] DIR [LAYER...] >ARCHIVE
 * The packer alone, for tests: the whole tree, or, with layers that it was made from, what has
 * changed since. With -c that is only listed: + - or ! and the name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "image/pack.h"

static void tell(void *ctx, enum listing_change change, const char *name)
{
	(void)ctx;
	printf("%c %s\n", "+!-"[change], name);
}

static int add_layer(struct listing *l, const char *name, struct fail *fail)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), r;
	struct source src = source_of_fd(&fd);

	if (fd < 0)
		return fail_errno(fail, errno, "%s", name);
	r = listing_add_layer(l, &src, fail);
	close(fd);
	return r;
}

int main(int argc, char **argv)
{
	const int out = STDOUT_FILENO;
	const struct sink sink = sink_of_fd(&out);
	struct pack_options options = { .base = NULL };
	struct listing *l = NULL;
	struct fail fail = { "" };
	bool compare = argc > 1 && strcmp(argv[1], "-c") == 0;
	int r = 0;

	argv += compare;
	argc -= compare;
	if (argc < 2)
		return 2;
	if (argc > 2)
		options.base = l = listing_new(NULL);
	for (int i = 2; r == 0 && i < argc; i++)
		r = add_layer(l, argv[i], &fail);
	if (r == 0)
		r = compare ? listing_compare(argv[1], &options, tell, NULL, &fail)
			    : pack_tree(argv[1], &options, &sink, &fail);
	if (r < 0)
		fprintf(stderr, "%s\n", fail.text);
	talloc_free(l);
	return r < 0;
}
