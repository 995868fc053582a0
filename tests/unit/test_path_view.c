// SPDX-License-Identifier: MIT
/* Guest names and host names through one list of binds. */
#include "path/view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#define BIND(g, h) \
	{ .guest = { g }, .host = { h }, .guest_len = sizeof(g) - 1, .host_len = sizeof(h) - 1 }
/* sorted as strcmp does: '-' before '/', so an entry's neighbours are not only its children */
static struct bind binds[] = {
	BIND("/", "/r"),
	BIND("/a", "/r/usr"),	     /* a part of the rootfs, seen again */
	BIND("/a-b", "/src/a-b"),
	BIND("/a/b", "/src/b"),
	BIND("/a/b/c", "/src/b/deep"),
	BIND("/ab", "/src/ab"),
	BIND("/host", "/"),
	BIND("/usr/lib", "/lib"),
	BIND("/z", "/src/b"),
};
static const struct view view = { .binds = binds, .count = ROWS(binds) };

START_TEST(at_exact_names_only)
{
	for (int i = 0; i < ROWS(binds); i++) {
		char longer[64];

		snprintf(longer, sizeof(longer), "%s/x", binds[i].guest.s);
		ck_assert_ptr_eq(view_at(&view, longer, binds[i].guest_len), &binds[i]);
		ck_assert_ptr_null(view_at(&view, longer, binds[i].guest_len + 2));
	}
	ck_assert_ptr_null(view_at(&view, "/a/", 3));
	ck_assert_ptr_null(view_at(&view, "/usr", 4));
	ck_assert_ptr_null(view_at(&view, "/zz", 3));
	ck_assert_ptr_null(view_at(&view, "", 0));
}
END_TEST

static const struct holding_row {
	const char *guest, *entry;
} holding_rows[] = {
	{ "/", "/" },	     { "/x", "/" },	   { "/a", "/a" },	   { "/a/x", "/a" },
	{ "/a-b/x", "/a-b" }, { "/a-c", "/" },	   { "/a/b/c/d", "/a/b/c" }, { "/a/b/cc", "/a/b" },
	{ "/abc", "/" },      { "/usr/libx", "/" }, { "/usr/lib/x", "/usr/lib" },
};

START_TEST(holding)
{
	const struct holding_row *row = &holding_rows[_i];

	ck_assert_str_eq(view_holding(&view, row->guest, strlen(row->guest))->guest.s, row->entry);
}
END_TEST

static const struct below_row {
	const char *guest;
	int has;
} below_rows[] = {
	{ "/", 1 },	{ "/a", 1 },	{ "/a/b", 1 },	{ "/a/b/c", 0 }, { "/a-b", 0 },
	{ "/usr", 1 },	{ "/us", 0 },	{ "/usr/lib", 0 }, { "/z", 0 },	 { "/zz", 0 },
	{ "/ab", 0 },
};

START_TEST(has_below)
{
	const struct below_row *row = &below_rows[_i];

	ck_assert_int_eq(view_has_below(&view, row->guest, strlen(row->guest)), row->has);
}
END_TEST

START_TEST(has_name)
{
	ck_assert(view_has_name(&view, "a-b", 3));
	ck_assert(view_has_name(&view, "libx", 3));
	ck_assert(view_has_name(&view, "host", 4));
	ck_assert(!view_has_name(&view, "usr", 3));
	ck_assert(!view_has_name(&view, "-b", 2));
	ck_assert(!view_has_name(&view, "hostx", 5));
}
END_TEST

static const struct row {
	const char *guest, *host;
	const char *back; /* the guest name of host, without a hint */
} rows[] = {
	{ "/", "/r", "/" },
	{ "/etc", "/r/etc", "/etc" },
	{ "/a", "/r/usr", "/a" },
	{ "/usr", "/r/usr", "/a" }, /* the deeper entry on the host's side wins */
	{ "/a/x", "/r/usr/x", "/a/x" },
	{ "/usr/b", "/r/usr/b", "/usr/b" }, /* /a/b is another thing */
	{ "/a/b/x", "/src/b/x", "/a/b/x" },
	{ "/z/x", "/src/b/x", "/a/b/x" },
	{ "/a/b/c/x", "/src/b/deep/x", "/a/b/c/x" },
	{ "/z/deep", "/src/b/deep", "/a/b/c" },
	{ "/z/c", "/src/b/c", "/z/c" },
	{ "/host", "/", "/host" },
	{ "/host/x", "/x", "/host/x" },
	{ "/host/r/etc", "/r/etc", "/etc" },
	{ "/usr/lib/x", "/lib/x", "/usr/lib/x" },
	{ "/a/lib", "/r/usr/lib", "/a/lib" },
};

START_TEST(there_and_back)
{
	const struct row *row = &rows[_i];
	struct pathbuf b;

	ck_assert_int_eq(view_to_host(&view, GPATH(row->guest), &b), 0);
	ck_assert_str_eq(b.s, row->host);
	ck_assert_int_eq(view_to_guest(&view, NULL, HPATH(row->host), NULL, &b), 0);
	ck_assert_str_eq(b.s, row->back);
	ck_assert_int_eq(view_to_guest(&view, NULL, HPATH(row->host), row->guest, &b), 0);
	ck_assert_str_eq(b.s, row->guest);
	ck_assert_int_eq(view_to_guest(&view, NULL, HPATH(row->host), "/usr/lib/stale", &b), 0);
	ck_assert_str_eq(b.s, row->back);
}
END_TEST

/* A hint whose name was changed still tells the mount. */
static const struct renamed_row {
	const char *hint, *host, *guest;
} renamed_rows[] = {
	{ "/usr/old", "/r/usr/new", "/usr/new" },
	{ "/a/old", "/r/usr/new", "/a/new" },
	{ "/z/old/x", "/src/b/new/x", "/z/new/x" },
	{ "/z/old", "/src/b/deep/x", "/z/deep/x" },
	{ "/a/old", "/r/usr/b", "/usr/b" }, /* not in that mount */
	{ "/z/old", "/r/usr/b", "/usr/b" },
	{ "/host/old", "/src/b/new", "/host/src/b/new" },
};

START_TEST(renamed_since_the_hint)
{
	const struct renamed_row *row = &renamed_rows[_i];
	struct pathbuf b;

	ck_assert_int_eq(view_to_guest(&view, NULL, HPATH(row->host), row->hint, &b), 0);
	ck_assert_str_eq(b.s, row->guest);
}
END_TEST

START_TEST(hidden_from_the_guest)
{
	struct bind two[] = { BIND("/", "/r"), BIND("/etc", "/src") };
	struct view v = { .binds = two, .count = 2 };
	struct pathbuf b;

	ck_assert_int_eq(view_to_guest(&v, NULL, HPATH("/r/etc"), NULL, &b), -ENOENT);
	ck_assert_int_eq(view_to_guest(&v, NULL, HPATH("/r/etc/x"), "/etc/x", &b), -ENOENT);
	ck_assert_int_eq(view_to_guest(&v, NULL, HPATH("/rr"), NULL, &b), -ENOENT);
	ck_assert_int_eq(view_to_guest(&v, NULL, HPATH("/"), NULL, &b), -ENOENT);
	ck_assert_int_eq(view_to_guest(&v, NULL, HPATH("/src/x"), NULL, &b), 0);
	ck_assert_str_eq(b.s, "/etc/x");
}
END_TEST

START_TEST(host_root_as_rootfs)
{
	struct bind one[] = { BIND("/", "/") };
	struct view v = { .binds = one, .count = 1 };
	struct pathbuf b;

	ck_assert_int_eq(view_to_host(&v, GPATH("/"), &b), 0);
	ck_assert_str_eq(b.s, "/");
	ck_assert_int_eq(view_to_host(&v, GPATH("/a/b"), &b), 0);
	ck_assert_str_eq(b.s, "/a/b");
	ck_assert_int_eq(view_to_guest(&v, NULL, HPATH("/a"), NULL, &b), 0);
	ck_assert_str_eq(b.s, "/a");
	ck_assert(!view_has_below(&v, "/", 1));
}
END_TEST

#define HAS_ALIASES(entries) \
	view_has_aliases(&(struct view){ .binds = (entries), .count = ROWS(entries) })

START_TEST(aliases)
{
	struct bind apart[] = { BIND("/", "/r"), BIND("/dev", "/dev"),
				BIND("/dev/fd", "/proc/self/fd"), BIND("/dev/pts", "/dev/pts"),
				BIND("/proc", "/proc") };
	struct bind twice[] = { BIND("/", "/r"), BIND("/a", "/src"), BIND("/b", "/src") };
	struct bind inside[] = { BIND("/", "/r"), BIND("/a", "/src"), BIND("/b", "/src/in") };
	struct bind covered[] = { BIND("/", "/r"), BIND("/r", "/none"), BIND("/x", "/r/r") };
	struct bind host[] = { BIND("/", "/srv/r"), BIND("/host", "/") };

	ck_assert(!HAS_ALIASES(apart));
	ck_assert(HAS_ALIASES(twice));
	ck_assert(HAS_ALIASES(inside));
	ck_assert(!HAS_ALIASES(covered));
	ck_assert(HAS_ALIASES(host));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("path_view");

	unit_add(s, "at_exact_names_only", at_exact_names_only);
	unit_add_rows(s, "holding", holding, ROWS(holding_rows));
	unit_add_rows(s, "has_below", has_below, ROWS(below_rows));
	unit_add(s, "has_name", has_name);
	unit_add_rows(s, "there_and_back", there_and_back, ROWS(rows));
	unit_add_rows(s, "renamed_since_the_hint", renamed_since_the_hint, ROWS(renamed_rows));
	unit_add(s, "hidden_from_the_guest", hidden_from_the_guest);
	unit_add(s, "host_root_as_rootfs", host_root_as_rootfs);
	unit_add(s, "aliases", aliases);
	return s;
}

UNIT_MAIN(suite)
