// SPDX-License-Identifier: MIT
/* A tree with shut directories, links, and a depth beyond PATH_MAX goes; in pieces, if so asked. */
#include "base/rmtree.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char dir[] = "/tmp/rmtree-XXXXXX";
static int top = -1;

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/rmtree-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	top = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(top, 0);
}

static void end(void)
{
	close(top);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void make_file(int at, const char *name)
{
	int fd = openat(at, name, O_CREAT | O_WRONLY, 0);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(shut_and_linked)
{
	begin();
	ck_assert_int_eq(mkdirat(top, "t", 0700), 0);
	ck_assert_int_eq(mkdirat(top, "t/a", 0700), 0);
	ck_assert_int_eq(mkdirat(top, "t/a/0", 0700), 0);
	ck_assert_int_eq(mkdirat(top, "t/a/0/1", 0700), 0);
	make_file(top, "kept");
	make_file(top, "t/a/0/f");
	ck_assert_int_eq(symlinkat("../..", top, "t/a/l"), 0);
	ck_assert_int_eq(symlinkat("t", top, "l"), 0);
	ck_assert_int_eq(fchmodat(top, "t/a/0", 0, 0), 0);
	ck_assert_int_eq(fchmodat(top, "t/a", 0500, 0), 0);
	ck_assert_int_eq(fchmodat(top, "t", 0, 0), 0);
	ck_assert(rmtree(top, "t", ULONG_MAX));
	ck_assert_int_lt(faccessat(top, "t", F_OK, 0), 0);
	ck_assert_int_eq(faccessat(top, "kept", F_OK, 0), 0);
	ck_assert(rmtree(top, "l", 1));
	ck_assert(rmtree(top, "kept", 1));
	ck_assert(!rmtree(top, "kept", 1));
	end();
}
END_TEST

START_TEST(deep)
{
	int fd, next;

	begin();
	ck_assert_int_eq(mkdirat(top, "t", 0700), 0);
	fd = openat(top, "t", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 3000; i++) {
		ck_assert_int_eq(mkdirat(fd, "0", 0700), 0);
		make_file(fd, "f");
		next = openat(fd, "0", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
	}
	close(fd);
	ck_assert(rmtree(top, "t", ULONG_MAX));
	end();
}
END_TEST

START_TEST(in_pieces)
{
	char name[16];
	int times = 0;

	begin();
	ck_assert_int_eq(mkdirat(top, "t", 0700), 0);
	ck_assert_int_eq(mkdirat(top, "t/d", 0700), 0);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "t/d/%d", i);
		make_file(top, name);
	}
	while (!rmtree(top, "t", 10))
		ck_assert_int_lt(times++, 20);
	ck_assert_int_ge(times, 4);
	end();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("base_rmtree");

	unit_add(s, "shut_and_linked", shut_and_linked);
	unit_add(s, "deep", deep);
	unit_add(s, "in_pieces", in_pieces);
	return s;
}

UNIT_MAIN(suite)
