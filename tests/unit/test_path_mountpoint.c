// SPDX-License-Identifier: MIT
/*
 * Views built from words of -b over a real tree. In a row, R is the rootfs, S a directory of sources,
 * K the skeleton of the session; the view is printed as "guest=host:flags ...".
 */
#include "path/mountpoint.h"
#include "path/viewchange.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "path/hostfs.h"
#include "unit.h"

static char *top; /* holds R, S and the session's directory; the cwd of each test */
static void *ctx;

static void make_dir(const char *name)
{
	ck_assert_int_eq(mkdir(name, 0755), 0);
}

static void make_file(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0644);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void make_link(const char *text, const char *name)
{
	ck_assert_int_eq(symlink(text, name), 0);
}

static void setup(void)
{
	static const char *const dirs[] = { "R",     "S",     "session", "R/dir",   "R/a", "R/a/b",
					    "R/etc", "R/dev", "S/d",	 "S/d/sub", "S/e" };
	char name[] = "/tmp/pr-mount-XXXXXX";

	ctx = talloc_new(NULL);
	ck_assert_ptr_nonnull(mkdtemp(name));
	top = realpath(name, NULL);
	ck_assert_int_eq(chdir(top), 0);
	for (int i = 0; i < ROWS(dirs); i++)
		make_dir(dirs[i]);
	make_file("R/etc/passwd");
	make_file("S/f");
	make_link("dir", "R/link");
	make_link("/nowhere/deep", "R/dangling");
	make_link("loop", "R/loop");
	make_link("/", "R/slash");
	make_link("/a/b", "R/dir/toab");
	make_link("/proc/self/fd", "R/dev/fd");
	make_link("/proc/self/fd/0", "R/dev/stdin");
	make_link("d", "S/link");
}

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(name);
}

static void teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(top);
	talloc_free(ctx);
}

static int counted;

static int count_one(const char *name, const struct stat *st, int type, struct FTW *at)
{
	(void)name, (void)st, (void)type, (void)at;
	counted++;
	return 0;
}

static int count_files(const char *dir)
{
	counted = 0;
	nftw(dir, count_one, 16, FTW_PHYS);
	return counted;
}

/* Words with spaces between, "S/" spelled out. */
static int build(const char *words, const char *cwd, struct view **ret, struct fail *f)
{
	static struct hostfs fs;
	struct bind_request binds[8];
	struct mount_config c = {
		.rootfs = "R",
		.binds = binds,
		.cwd = cwd,
		.session_dir = talloc_asprintf(ctx, "%s/session", top),
		.ops = &hostfs_ops,
		.ops_ctx = &fs,
	};
	char *copy = talloc_strdup(ctx, words), *save;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (w[0] == 'S' && w[1] == '/')
			w = talloc_asprintf(ctx, "%s/%s", top, w);
		ck_assert_int_eq(bindspec_parse(ctx, w, &binds[c.bind_count++], f), 0);
	}
	return mountpoint_build(ctx, &c, ret, f);
}

static const char *print_host(const char *host)
{
	const char *rest = path_under(host, top);

	if (!rest)
		return host;
	if (strncmp(rest, "/session/skel/", 14) == 0)
		return talloc_asprintf(ctx, "K%s", rest + 13);
	return rest + 1;
}

static const char *print_view(const struct view *v)
{
	char *out = talloc_strdup(ctx, "");

	for (size_t i = 0; i < v->count; i++) {
		const struct bind *b = &v->binds[i];

		ck_assert_uint_eq(b->guest_len, strlen(b->guest.s));
		ck_assert_uint_eq(b->host_len, strlen(b->host.s));
		out = talloc_asprintf_append(out, "%s%s=%s%s%s%s%s%s", i ? " " : "", b->guest.s,
					     print_host(b->host.s), b->flags & BIND_RO ? ":ro" : "",
					     b->flags & BIND_FILE ? ":file" : "",
					     b->flags & BIND_UNLISTED ? ":unlisted" : "",
					     b->flags & BIND_SKELETON ? ":skel" : "",
					     b->flags & BIND_NOEXEC ? ":noexec" : "");
	}
	return out;
}

static const struct row {
	const char *words;
	const char *view;
	const char *made; /* in K: the directory or (behind a '-') file that must be there */
} rows[] = {
	{ "", "/=R", 0 },
	{ "S/d:/dir", "/=R /dir=S/d", 0 },
	{ "S/d/:/dir/", "/=R /dir=S/d", 0 },
	{ "S/d:/dir:ro,noexec", "/=R /dir=S/d:ro:noexec", 0 },
	{ "S/f:/etc/passwd", "/=R /etc/passwd=S/f:file", 0 },
	{ "S/f:/dir S/d:/etc/passwd", "/=R /dir=S/f:file /etc/passwd=S/d", 0 },
	{ "S/link:/dir", "/=R /dir=S/d", 0 },
	/* followed in the guest, or not */
	{ "S/d:/link", "/=R /dir=S/d", 0 },
	{ "S/d:/link!", "/=R /link=S/d", 0 },
	{ "S/d:/link/sub!", "/=R /dir/sub=S/d:unlisted", 0 },
	{ "S/d:/dir/toab", "/=R /a/b=S/d", 0 },
	{ "S/d:../etc/./x", "/=R /etc/x=S/d:unlisted", 0 },
	{ "S/d:rel", "/=R /dir/rel=S/d:unlisted", 0 },
	/* the order does not matter, the later of equals holds */
	{ "S/d:/a S/e:/a/b", "/=R /a=S/d /a/b=S/e:unlisted", 0 },
	{ "S/e:/a/b S/d:/a", "/=R /a=S/d /a/b=S/e:unlisted", 0 },
	{ "S/e:/dir/toab S/d:/a", "/=R /a=S/d /a/b=S/e:unlisted", 0 },
	{ "S/e:/a/sub S/d:/a", "/=R /a=S/d /a/sub=S/e", 0 },
	{ "S/d:/a S/e:/a", "/=R /a=S/e", 0 },
	{ "S/d:/a/b S/e:/dir/toab", "/=R /a/b=S/e", 0 },
	{ "S/e:/dir/toab S/d:/a/b", "/=R /a/b=S/d", 0 },
	{ "S/d:/", "/=S/d", 0 },
	{ "S/f:/sub S/d:/", "/=S/d /sub=S/f:file", 0 },
	{ "S/d:/slash:ro", "/=S/d:ro", 0 },
	/* nothing there */
	{ "S/d:/new", "/=R /new=S/d:unlisted", 0 },
	{ "S/f:/new", "/=R /new=S/f:file:unlisted", 0 },
	{ "S/d:/x/y/z", "/=R /x=K/x:ro:unlisted:skel /x/y/z=S/d", "/x/y/z" },
	{ "S/f:/x/y/z", "/=R /x=K/x:ro:unlisted:skel /x/y/z=S/f:file", "-/x/y/z" },
	{ "S/d:/dir/x/y", "/=R /dir/x=K/dir/x:ro:unlisted:skel /dir/x/y=S/d", "/dir/x/y" },
	{ "S/d:/x/y/z S/f:/x/f", "/=R /x=K/x:ro:unlisted:skel /x/f=S/f:file /x/y/z=S/d", "-/x/f" },
	{ "S/e:/x/y/sub/q S/d:/x/y", "/=R /x=K/x:ro:unlisted:skel /x/y=S/d /x/y/sub/q=S/e:unlisted",
	  "/x/y" },
	{ "S/e:/x/y/p/q S/d:/x/y",
	  "/=R /x=K/x:ro:unlisted:skel /x/y=S/d /x/y/p=K/x/y/p:ro:unlisted:skel /x/y/p/q=S/e",
	  "/x/y/p/q" },
	{ "S/d:/dangling", "/=R /nowhere=K/nowhere:ro:unlisted:skel /nowhere/deep=S/d",
	  "/nowhere/deep" },
	{ "S/d:/x/../dir/q", "/=R /dir/q=S/d:unlisted", 0 },
	{ "S/d:/x/../link/q", "/=R /dir/q=S/d:unlisted", 0 },
	{ "S/d:/x/../../../q", "/=R /q=S/d:unlisted", 0 },
	/* missing sources */
	{ "S/none:/dir:optional S/d:/a", "/=R /a=S/d", 0 },
	{ "S/f/x::optional", "/=R", 0 },
	/* each process's own */
	{ "/proc/self/fd:/fds", "/=R /fds=/proc/self/fd:unlisted", 0 },
	{ "/proc/self/fd/0:/in", "/=R /in=/proc/self/fd/0:file:unlisted", 0 },
	{ "/proc:/proc /proc/self/fd:/dev/fd", "/=R /dev/fd=/proc/self/fd /proc=/proc:unlisted",
	  0 },
	{ "/proc:/proc /proc/self/fd/0:/dev/stdin",
	  "/=R /dev/stdin=/proc/self/fd/0:file /proc=/proc:unlisted", 0 },
	{ "/proc/thread-self/status:/st", "/=R /st=/proc/thread-self/status:file:unlisted", 0 },
	{ "/proc/self/root:/host", "/=R /host=/:unlisted", 0 },
};

START_TEST(good)
{
	const struct row *row = &rows[_i];
	struct fail f = { "" };
	int before = count_files("R");
	struct view *v;
	struct stat st;

	ck_assert_msg(build(row->words, "/dir", &v, &f) == 0, "%s: %s", row->words, f.text);
	ck_assert_msg(strcmp(print_view(v), row->view) == 0, "%s: %s", row->words, print_view(v));
	ck_assert_int_eq(count_files("R"), before);
	if (row->made) {
		bool file = row->made[0] == '-';
		char *name = talloc_asprintf(ctx, "session/skel%s", row->made + file);

		ck_assert_int_eq(lstat(name, &st), 0);
		ck_assert_int_eq(S_ISREG(st.st_mode), file);
	} else {
		ck_assert_int_eq(access("session/skel", F_OK), -1);
	}
}
END_TEST

static const struct bad_row {
	const char *words, *says, *says_too;
} bad_rows[] = {
	{ "S/none:/x", "No such file or directory", "S/none:/x:optional" },
	{ "none", "cannot bind 'none'", "none::optional" },
	{ "S/f/x:/y", "Not a directory", "S/f/x" },
	{ "S/d:/etc/passwd/x", "Not a directory", "/etc/passwd/x" },
	{ "S/f:/x S/d:/x/y", "Not a directory", "/x/y" },
	{ "S/d:/loop", "symbolic links", "/loop" },
	{ "S/d:/loop/x", "symbolic links", "/loop/x" },
	{ "S/f:/", "Not a directory", "S/f" },
};

START_TEST(bad)
{
	const struct bad_row *row = &bad_rows[_i];
	struct fail f = { "" };
	struct view *v;

	ck_assert_int_eq(build(row->words, "/", &v, &f), -1);
	ck_assert_msg(strstr(f.text, row->says), "%s: %s", row->words, f.text);
	ck_assert_msg(strstr(f.text, row->says_too), "%s: %s", row->words, f.text);
}
END_TEST

START_TEST(same_name_from_a_relative_source)
{
	struct fail f = { "" };
	struct view *v;
	struct pathbuf b;

	ck_assert_int_eq(build("S/../S/d", "/", &v, &f), 0);
	ck_assert_int_eq(build("S", "/dir", &v, &f), 0);
	ck_assert_int_eq(view_to_host(v, GPATH(talloc_asprintf(ctx, "%s/S/d", top)), &b), 0);
	ck_assert_str_eq(print_host(b.s), "S/d");
}
END_TEST

START_TEST(bad_rootfs)
{
	static struct hostfs fs;
	struct mount_config c = { .rootfs = "none", .ops = &hostfs_ops, .ops_ctx = &fs };
	struct fail f = { "" };
	struct view *v;

	ck_assert_int_eq(mountpoint_build(ctx, &c, &v, &f), -1);
	ck_assert_ptr_nonnull(strstr(f.text, "rootfs 'none': No such file"));
	c.rootfs = "S/f";
	ck_assert_int_eq(mountpoint_build(ctx, &c, &v, &f), -1);
	ck_assert_ptr_nonnull(strstr(f.text, "rootfs 'S/f': Not a directory"));
}
END_TEST

START_TEST(entries_move_with_their_directory)
{
	struct fail f = { "" };
	struct view *v;

	ck_assert_int_eq(build("S/d:/a/b S/e:/a/b/c S/f:/ab S/f:/dir/f", "/", &v, &f), 0);
	ck_assert_int_eq(view_renamed(v, GPATH("/a"), GPATH("/etc/z")), 0);
	ck_assert_str_eq(print_view(v), "/=R /ab=S/f:file:unlisted /dir/f=S/f:file:unlisted "
					"/etc/z/b=S/d /etc/z/b/c=S/e:unlisted");
	ck_assert_int_eq(view_renamed(v, GPATH("/etc/z"), GPATH("/a")), 0);
	ck_assert_str_eq(print_view(v), "/=R /a/b=S/d /a/b/c=S/e:unlisted /ab=S/f:file:unlisted "
					"/dir/f=S/f:file:unlisted");
	ck_assert_int_eq(view_renamed(v, GPATH("/a/b"), GPATH("/q")), 0);
	ck_assert_ptr_nonnull(view_at(v, "/a/b", 4)); /* the rename gives EBUSY, not our business */
}
END_TEST

static void add(Suite *s, const char *name, const TTest *test, int count)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, test, 0, count);
	suite_add_tcase(s, c);
}

static Suite *suite(void)
{
	Suite *s = suite_create("path_mountpoint");

	add(s, "good", good, ROWS(rows));
	add(s, "bad", bad, ROWS(bad_rows));
	add(s, "same_name_from_a_relative_source", same_name_from_a_relative_source, 1);
	add(s, "bad_rootfs", bad_rootfs, 1);
	add(s, "entries_move_with_their_directory", entries_move_with_their_directory, 1);
	return s;
}

UNIT_MAIN(suite)
