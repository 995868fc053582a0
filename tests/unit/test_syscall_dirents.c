// SPDX-License-Identifier: MIT
/* Directory entries packed by us, checked against the kernel's own structures. */
#include "syscall/dirents.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit.h"

static const enum dirents_form forms[] = { DIRENTS_64, DIRENTS_LONG8, DIRENTS_LONG4 };

static size_t put(enum dirents_form form, char *buf, size_t used, size_t size, const char *name)
{
	const struct dirents_entry e = { name, 77, 0x11223344, DT_DIR };

	return dirents_append(form, buf, used, size, &e);
}

START_TEST(as_the_kernel)
{
	char theirs[32768], ours[DIRENTS_LARGEST];
	int fd = open("/", O_RDONLY | O_DIRECTORY);
	long n = syscall(SYS_getdents64, fd, theirs, sizeof(theirs));

	close(fd);
	ck_assert_int_gt(n, 0);
	for (long at = 0; at < n;) {
		const struct dirent64 *d = (const struct dirent64 *)(theirs + at);
		const struct dirents_entry e = { d->d_name, d->d_ino, (uint64_t)d->d_off,
						 d->d_type };
		size_t len = dirents_append(DIRENTS_64, ours, 0, sizeof(ours), &e);

		ck_assert_uint_eq(len, d->d_reclen);
		ck_assert_mem_eq(ours, theirs + at, 19 + strlen(d->d_name) + 1);
		at += d->d_reclen;
	}
}
END_TEST

START_TEST(added_or_not)
{
	enum dirents_form form = forms[_i];
	char buf[512], name[NAME_MAX + 1];
	size_t one = dirents_size(form, 3), used;

	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	ck_assert_uint_le(dirents_size(form, NAME_MAX), DIRENTS_LARGEST);
	ck_assert_uint_eq(put(form, buf, 0, one - 1, "abc"), 0);
	used = put(form, buf, 0, one, "abc");
	ck_assert_uint_eq(used, one);
	ck_assert_uint_eq(put(form, buf, used, used, "d"), used);
	used = put(form, buf, used, sizeof(buf), name);
	ck_assert_uint_eq(used, one + dirents_size(form, NAME_MAX));
}
END_TEST

START_TEST(offset_changed)
{
	enum dirents_form form = forms[_i];
	const struct dirents_entry other = { "abc", 77, 0x7fff0801, DT_DIR };
	char buf[512], want[512];
	size_t used = put(form, buf, 0, sizeof(buf), "12");
	size_t left = put(form, want, 0, sizeof(want), "12");

	used = put(form, buf, used, sizeof(buf), "abc");
	left = dirents_append(form, want, left, sizeof(want), &other);
	dirents_set_last_off(form, buf, 0, 1);
	dirents_set_last_off(form, buf, used, other.off);
	ck_assert_uint_eq(used, left);
	ck_assert_mem_eq(buf, want, used);
}
END_TEST

START_TEST(dots)
{
	static const char *const names[][3] = { { ".", "..", "x" }, { "..", ".", "x" },
						{ ".", "x", ".." }, { ".", ".", "x" },
						{ "..x", ".", "x" }, { ".", "...", "x" } };
	enum dirents_form form = forms[_i];
	char buf[512];

	for (size_t i = 0; i < ROWS(names); i++) {
		size_t one = put(form, buf, 0, sizeof(buf), names[i][0]);
		size_t two = put(form, buf, one, sizeof(buf), names[i][1]);
		size_t all = put(form, buf, two, sizeof(buf), names[i][2]);

		ck_assert_uint_eq(dirents_dots(form, buf, all), i < 2 ? two : 0);
		ck_assert_uint_eq(dirents_dots(form, buf, two), i < 2 ? two : 0);
		ck_assert_uint_eq(dirents_dots(form, buf, one), 0);
		ck_assert_uint_eq(dirents_dots(form, buf, 0), 0);
	}
}
END_TEST

START_TEST(taken_away)
{
	enum dirents_form form = forms[_i];
	char buf[512], want[512];
	size_t used = 0, left;

	used = put(form, buf, used, sizeof(buf), "12");
	used = put(form, buf, used, sizeof(buf), "123");
	used = put(form, buf, used, sizeof(buf), "1");
	left = put(form, want, 0, sizeof(want), "12");
	left = put(form, want, left, sizeof(want), "1");
	ck_assert_uint_eq(dirents_remove(form, buf, used, "x"), used);
	used = dirents_remove(form, buf, used, "123");
	ck_assert_uint_eq(used, left);
	ck_assert_mem_eq(buf, want, left);
	used = dirents_remove(form, buf, used, "12");
	ck_assert_uint_eq(used, dirents_size(form, 1));
	/* the last one stays as a name that everyone skips */
	ck_assert_uint_eq(dirents_remove(form, buf, used, "1"), used);
	left = put(form, want, 0, sizeof(want), ".");
	ck_assert_mem_eq(buf, want, left);
}
END_TEST

/* Guest memory may change under us: any bytes at all must do no harm. */
START_TEST(nonsense)
{
	enum dirents_form form = forms[_i];
	char buf[256];

	for (unsigned seed = 0; seed < 20000; seed++) {
		size_t n = seed % sizeof(buf);
		char *exact = malloc(n ? n : 1);

		for (size_t i = 0; i < n; i++)
			exact[i] = (char)(rand() % 3 ? rand() % 40 : 0);
		dirents_set_last_off(form, exact, n, 7);
		ck_assert_uint_le(dirents_dots(form, exact, n), n);
		ck_assert_uint_le(dirents_remove(form, exact, n, "1"), n);
		free(exact);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("syscall_dirents");

	unit_add(s, "as_the_kernel", as_the_kernel);
	unit_add_rows(s, "added_or_not", added_or_not, ROWS(forms));
	unit_add_rows(s, "offset_changed", offset_changed, ROWS(forms));
	unit_add_rows(s, "dots", dots, ROWS(forms));
	unit_add_rows(s, "taken_away", taken_away, ROWS(forms));
	unit_add_rows(s, "nonsense", nonsense, ROWS(forms));
	return s;
}

UNIT_MAIN(suite)
