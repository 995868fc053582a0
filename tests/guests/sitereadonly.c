// SPDX-License-Identifier: MIT
/*
 * What is bound read-only stays so for calls from sites that are in use: by its own name, through links
 * into it, out of it and back, relative or not, from descriptors; and what is reached through it but lies
 * elsewhere may be written to.
 *
 * arch: 64 32 dyn
 * binds: @/data:/mnt/data @/ro:/mnt/ro:ro
 */
#include "sites.h"

static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_CREAT, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC,
			     O_WRONLY | O_APPEND, O_WRONLY | O_CREAT | O_EXCL, O_WRONLY | O_NOFOLLOW, O_RDONLY | O_DIRECTORY };

static void try(const char *name)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		long fd = site_openat(AT_FDCWD, name, flags[i] | O_CLOEXEC, 0644);
		int again = open(name, flags[i] | O_CLOEXEC, 0644);

		printf("%s %o: %s", name, flags[i], fd < 0 ? err_name((int)-fd) : "ok");
		printf("%s\n", (fd < 0 ? -errno == fd : again >= 0) ? "" : ", and otherwise again");
		if (fd >= 0)
			site_close(fd);
		if (again >= 0)
			close(again);
	}
	printf("%s: access %ld %ld\n", name, site_access(name, W_OK), site_access(name, R_OK));
}

int main(void)
{
	static const char *const links[][2] = {
		{ "/mnt/ro/file", "into" }, { "/mnt/ro", "dir" },	  { "into", "twice" },
		{ "/mnt/data/up", "out" },  { "/mnt/ro/missing", "none" }, { "dir/file", "through" },
	};
	static const char *const names[] = {
		"/mnt/ro/file", "/mnt/ro/missing", "into", "dir/file", "twice", "out", "none", "through", "/tmp/sites/into",
		"/tmp/sites/dir/file", "/tmp/sites/twice", "/tmp/sites/through", "/tmp/sites/none", "/tmp/sites/./into",
		"/mnt/data/up", "/mnt/data/f", "/mnt/ro/../data/f", "dir/../data/f",
	};

	sites_make();
	printf("before: %d wrong\n", rounds(20));
	make_file("/mnt/data/f", "d");
	make_link("../ro/file", "/mnt/data/up");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		make_link(links[i][0], links[i][1]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		try(names[i]);
	printf("after: %d wrong\n", rounds(10));
	return 0;
}
