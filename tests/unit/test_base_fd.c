// SPDX-License-Identifier: MIT
/* Descriptors: which stay open, who owns one, a copy of a file. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

enum { FIRST = 50, COUNT = 20 };

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void open_many(void)
{
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(dup2(STDERR_FILENO, FIRST + i), FIRST + i);
}

/* Offsets from FIRST; -1 and the like name no descriptor. */
static const struct {
	int keep[4];
	size_t count;
} keeps[] = {
	{ { 0 }, 0 },
	{ { 0 }, 1 },
	{ { COUNT - 1 }, 1 },
	{ { 5, 6, 7 }, 3 },
	{ { 9, 3, 15 }, 3 },
	{ { 4, 4, -FIRST - 1, 8 }, 4 },
};

START_TEST(closes_all_but_some)
{
	int keep[4];
	bool kept[COUNT] = { false };

	for (size_t i = 0; i < keeps[_i].count; i++) {
		keep[i] = FIRST + keeps[_i].keep[i];
		if (keeps[_i].keep[i] >= 0)
			kept[keeps[_i].keep[i]] = true;
	}
	open_many();
	fd_close_others(FIRST, keep, keeps[_i].count);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(is_open(FIRST + i), kept[i]);
	ck_assert(is_open(STDERR_FILENO));
}
END_TEST

START_TEST(takes_and_cleans_up)
{
	int fd = dup2(STDERR_FILENO, FIRST), none = -1;

	ck_assert_int_eq(fd_take(&fd), FIRST);
	ck_assert_int_eq(fd, -1);
	fd_cleanup(&fd);
	ck_assert(is_open(FIRST));
	fd = FIRST;
	fd_cleanup(&fd);
	ck_assert(!is_open(FIRST));
	fd_cleanup(&none);
}
END_TEST

static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 200000 };

START_TEST(copies_whole_files)
{
	size_t n = sizes[_i];
	int from = memfd_create("from", MFD_CLOEXEC), to = memfd_create("to", MFD_CLOEXEC);
	char *bytes = malloc(n + 1), *copy = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 7 + i / 256);
	ck_assert_int_eq(write(from, bytes, n), (ssize_t)n);
	ck_assert_int_eq(fd_copy(from, to), 0);
	ck_assert_int_eq(lseek(from, 0, SEEK_CUR), (off_t)n); /* its offset is the caller's */
	ck_assert_int_eq(pread(to, copy, n + 1, 0), (ssize_t)n);
	ck_assert_int_eq(memcmp(bytes, copy, n), 0);
	ck_assert_int_eq(fd_copy(from, -1), n ? -EBADF : 0);
	free(bytes);
	free(copy);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fd");

	unit_add_rows(s, "closes_all_but_some", closes_all_but_some, ROWS(keeps));
	unit_add(s, "takes_and_cleans_up", takes_and_cleans_up);
	unit_add_rows(s, "copies_whole_files", copies_whole_files, ROWS(sizes));
	return s;
}

UNIT_MAIN(suite)
