// SPDX-License-Identifier: MIT
/* The list of a conversion, written, cut short and read back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/convert/convert.h"
#include "unit.h"

static char top[] = "/tmp/unit-convert.XXXXXX";
static char rootfs[64];
static void *ctx;

static void set_up(void)
{
	memcpy(top + strlen(top) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(rootfs, sizeof(rootfs), "%s/root", top);
	ck_assert_int_eq(mkdir(rootfs, 0755), 0);
	ctx = talloc_new(NULL);
}

static void tear_down(void)
{
	talloc_free(ctx);
	rmdir(rootfs);
	rmdir(top);
}

static struct truth_xattr xattrs[] = {
	{ "security.capability", "\0\n\1e 1 2", 8, false },
	{ "trusted.none", "", 0, true },
	{ "system.posix_acl_access", "end 3\n", 6, false },
};

static const struct {
	const char *name;
	struct truth truth;
} entries[] = {
	{ ".", { .owner = { 0, 0, S_IFDIR | 01777, 0, 0 } } },
	{ "a\nb", { .owner = { 4294967294u, 1, S_IFREG | 06755, 0, 0 } } },
	{ "end 2", { .owner = { 1, 2, S_IFBLK | 0600, 259, 1048575 }, .is_kept = true } },
	{ "x/ y", { .owner = { 3, 4, S_IFREG, 0, 0 }, .xattrs = xattrs, .xattr_count = 3 } },
};

static void write_list(void)
{
	struct list l;

	ck_assert_int_eq(list_open(ctx, rootfs, &l), 0);
	ck_assert(!l.is_whole && l.from == MARK_NONE);
	l.from = MARK_RECORDS;
	l.ids = MARK_MAPPED;
	ck_assert_int_eq(list_begin(&l), 0);
	for (int i = 0; i < ROWS(entries); i++)
		ck_assert_int_eq(list_add(ctx, &l, &(struct entry){
			.name = (char *)entries[i].name, .ino = 10 + (uint64_t)i,
			.truth = entries[i].truth, .dir_mtime = { -1, 999999999 - i } }), 0);
	ck_assert_int_eq(list_write(&l), 0);
	close(l.fd);
}

static void ck_entry(const struct entry *e, int i)
{
	const struct truth *want = &entries[i].truth;

	ck_assert_str_eq(e->name, entries[i].name);
	ck_assert_uint_eq(e->ino, 10 + (uint64_t)i);
	ck_assert(e->dir_mtime.tv_sec == -1 && e->dir_mtime.tv_nsec == 999999999 - i);
	ck_assert_int_eq(memcmp(&e->truth.owner, &want->owner, sizeof(want->owner)), 0);
	ck_assert_int_eq(e->truth.is_kept, want->is_kept);
	ck_assert_uint_eq(e->truth.xattr_count, want->xattr_count);
	for (unsigned k = 0; k < want->xattr_count; k++) {
		const struct truth_xattr *x = &e->truth.xattrs[k];

		ck_assert_str_eq(x->name, want->xattrs[k].name);
		ck_assert_uint_eq(x->size, want->xattrs[k].size);
		ck_assert_int_eq(memcmp(x->value, want->xattrs[k].value, x->size), 0);
		ck_assert_int_eq(x->is_kept, want->xattrs[k].is_kept);
	}
}

START_TEST(what_was_written_is_read)
{
	struct list l;

	set_up();
	write_list();
	ck_assert_int_eq(list_open(ctx, rootfs, &l), 0);
	ck_assert(l.is_whole);
	ck_assert(l.from == MARK_RECORDS && l.ids == MARK_MAPPED);
	ck_assert_uint_eq(l.count, (size_t)ROWS(entries));
	for (int i = 0; i < ROWS(entries); i++)
		ck_entry(&l.entries[i], i);
	list_close(&l);
	ck_assert_int_eq(access(l.file, F_OK), -1);
	tear_down();
}
END_TEST

/* Killed while it was written: the first line is known, and that nothing was changed yet. */
START_TEST(what_is_cut_is_not_whole)
{
	struct list l;
	off_t size;

	set_up();
	write_list();
	ck_assert_int_eq(list_open(ctx, rootfs, &l), 0);
	size = lseek(l.fd, 0, SEEK_END);
	close(l.fd);
	while (size-- > 0) {
		ck_assert_int_eq(truncate(l.file, size), 0);
		ck_assert_int_eq(list_open(ctx, rootfs, &l), 0);
		ck_assert_msg(!l.is_whole, "whole, cut at %ld", (long)size);
		ck_assert(l.from == MARK_RECORDS || size <= (off_t)strlen("pr convert 2 1 3"));
		close(l.fd);
	}
	ck_assert_int_eq(list_open(ctx, rootfs, &l), 0);
	list_close(&l);
	tear_down();
}
END_TEST

START_TEST(one_at_a_time)
{
	struct list l, other;

	set_up();
	ck_assert_int_eq(list_open(ctx, rootfs, &l), 0);
	ck_assert_int_eq(list_open(ctx, rootfs, &other), -EWOULDBLOCK);
	list_close(&l);
	ck_assert_int_eq(list_open(ctx, rootfs, &other), 0);
	list_close(&other);
	tear_down();
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("engine_convert");

	unit_add(s, "written", what_was_written_is_read);
	unit_add(s, "cut", what_is_cut_is_not_whole);
	unit_add(s, "lock", one_at_a_time);
	return s;
}

UNIT_MAIN(suite)
