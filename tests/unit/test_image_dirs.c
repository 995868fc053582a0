// SPDX-License-Identifier: MIT
/* The stack of directories: links stay in the tree, times come back, depth is no matter. */
#include "image/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/rmtree.h"
#include "unit.h"

static char top[] = "/tmp/dirs-XXXXXX";
static struct dirs *dirs;
static void *ctx;

static int make(void *unused, const struct dir *parent, const char *name)
{
	(void)unused;
	return mkdirat(parent->fd, name, 0755) < 0 ? -errno : 0;
}

static const struct dirs_ops ops = { .make = make };

static void open_tree(void)
{
	int r;

	talloc_free(dirs);
	dirs = dirs_open(ctx, top, &ops, &r);
	ck_assert_ptr_nonnull(dirs);
}

static void begin(void)
{
	snprintf(top, sizeof(top), "/tmp/dirs-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	ctx = talloc_new(NULL);
	dirs = NULL;
	ck_assert_int_eq(mkdir("usr", 0755) | mkdir("usr/lib", 0755) | mkdir("shut", 0), 0);
	ck_assert_int_eq(symlink("usr/lib", "lib") | symlink("/usr", "abs") |
			 symlink("../../../../usr", "up") | symlink("loop", "loop") |
			 symlink("/etc", "usr/etc") | symlink("nowhere", "dangling") |
			 symlink("../abs/./lib/..", "usr/round"), 0);
	close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	open_tree();
}

static void end(void)
{
	talloc_free(ctx);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert(rmtree(AT_FDCWD, top, 1000000));
}

static const struct {
	const char *path, *leads;
	int result;
} walks[] = {
	{ "", "", 0 },		    { "usr", "usr", 0 },
	{ "lib", "usr/lib", 0 },    { "abs/lib", "usr/lib", 0 },
	{ "up/lib", "usr/lib", 0 }, { "usr/round", "usr", 0 },
	{ "loop", NULL, -ELOOP },   { "file", NULL, -ENOTDIR },
	{ "file/x", NULL, -ENOTDIR }, { "usr/etc", NULL, -ENOENT },
	{ "dangling/x", NULL, -ENOENT }, { "missing", NULL, -ENOENT },
	{ "shut", "shut", 0 },
};

START_TEST(leads)
{
	struct dir *d;
	int r = dirs_walk(dirs, walks[_i].path, false, &d);

	ck_assert_int_eq(r, walks[_i].result);
	if (r == 0)
		ck_assert_str_eq(dirs_name(ctx, dirs, d), walks[_i].leads);
}
END_TEST

/* One after the other on one stack, in two orders: what is open already leads to the same. */
START_TEST(leads_in_any_order)
{
	int n = ROWS(walks);
	struct dir *d;

	for (int i = 0; i < n * n; i++) {
		int k = i % 2 ? i / 2 % n : i * 7 % n, r;

		r = dirs_walk(dirs, walks[k].path, false, &d);
		ck_assert_int_eq(r, walks[k].result);
		if (r == 0)
			ck_assert_str_eq(dirs_name(ctx, dirs, d), walks[k].leads);
	}
}
END_TEST

static struct stat now(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	return st;
}

START_TEST(times_and_modes_come_back)
{
	const struct timespec old[2] = { { 1000, 1 }, { 1000, 1 } };
	struct dir *d;

	ck_assert_int_eq(utimensat(AT_FDCWD, "shut", old, 0), 0);
	ck_assert_int_eq(dirs_walk(dirs, "shut", false, &d), 0);
	ck_assert_int_eq(mkdirat(d->fd, "x", 0755), 0);
	d->changed = true;
	ck_assert_int_eq(dirs_walk(dirs, "usr", false, &d), 0);
	ck_assert_int_eq(now("shut").st_mtim.tv_sec, 1000);
	ck_assert_int_eq(now("shut").st_mode & 07777, 0);
}
END_TEST

enum { DEPTH = 3000 };

/* Names far beyond PATH_MAX, and a directory at each level that is come back to. */
START_TEST(deep)
{
	char *path = talloc_strdup(ctx, "");
	struct dir *d;

	for (int i = 0; i < DEPTH; i++) {
		path = talloc_asprintf_append(path, "%sd", i ? "/" : "");
		ck_assert_int_eq(dirs_walk(dirs, path, true, &d), 0);
		d->changed = true;
	}
	path[9] = '\0';
	ck_assert_int_eq(dirs_walk(dirs, path, false, &d), 0);
	ck_assert_str_eq(dirs_name(ctx, dirs, d), "d/d/d/d/d");
	ck_assert_int_eq(dirs_leave(dirs, true), 0);
}
END_TEST

static void add(Suite *s, const char *name, const TTest *test, int rows)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, begin, end);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, test, 0, rows);
	suite_add_tcase(s, c);
}

static Suite *suite(void)
{
	Suite *s = suite_create("image_dirs");

	add(s, "leads", leads, ROWS(walks));
	add(s, "leads_in_any_order", leads_in_any_order, 1);
	add(s, "times_and_modes", times_and_modes_come_back, 1);
	add(s, "deep", deep, 1);
	return s;
}

UNIT_MAIN(suite)
