// SPDX-License-Identifier: MIT
/* Texts of owners: what others write is read, what we write is what they read. */
#include "ident/record.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "unit.h"

static const struct {
	const char *text;
	uint32_t host;
	int r;
	struct owner owner;
} reads[] = {
	/* containers/storage */
	{ "1000:1001:0644:file", S_IFREG, 0, { 1000, 1001, S_IFREG | 0644, 0, 0 } },
	{ "1000:1001:0755:dir", S_IFDIR, 0, { 1000, 1001, S_IFDIR | 0755, 0, 0 } },
	{ "0:0:4755:file", S_IFREG, 0, { 0, 0, S_IFREG | 04755, 0, 0 } },
	{ "1:2:0777:symlink", S_IFREG, 0, { 1, 2, S_IFLNK | 0777, 0, 0 } },
	{ "1:2:0666:pipe", S_IFREG, 0, { 1, 2, S_IFIFO | 0666, 0, 0 } },
	{ "1:2:0700:socket", S_IFREG, 0, { 1, 2, S_IFSOCK | 0700, 0, 0 } },
	{ "0:6:0660:block-8-17", S_IFREG, 0, { 0, 6, S_IFBLK | 0660, 8, 17 } },
	{ "0:5:0666:char-1-3", S_IFREG, 0, { 0, 5, S_IFCHR | 0666, 1, 3 } },
	{ "0:5:0666:char-1-3-from_the_future", S_IFREG, 0, { 0, 5, S_IFCHR | 0666, 1, 3 } },
	/* fuse-overlayfs before types; libkrun with the type's bits */
	{ "0:0:755", S_IFDIR, 0, { 0, 0, S_IFDIR | 0755, 0, 0 } },
	{ "0:0:0555", S_IFDIR, 0, { 0, 0, S_IFDIR | 0555, 0, 0 } },
	{ "0:0:0100755", S_IFREG, 0, { 0, 0, S_IFREG | 0755, 0, 0 } },
	{ "0:0:0120777", S_IFREG, 0, { 0, 0, S_IFLNK | 0777, 0, 0 } },
	{ "7:8:020600", S_IFREG, 0, { 7, 8, S_IFREG | 0600, 0, 0 } },
	{ "0:0:0644:", S_IFREG, 0, { 0, 0, S_IFREG | 0644, 0, 0 } },
	{ "0:0:0644:whiteout", S_IFREG, 0, { 0, 0, S_IFREG | 0644, 0, 0 } },
	{ "4294967294:4294967294:07777", S_IFREG, 0,
	  { 4294967294, 4294967294, S_IFREG | 07777, 0, 0 } },
	/* not records */
	{ "", S_IFREG, -EINVAL, { 0 } },
	{ "1000", S_IFREG, -EINVAL, { 0 } },
	{ "1000:1001", S_IFREG, -EINVAL, { 0 } },
	{ "1000:1001:", S_IFREG, -EINVAL, { 0 } },
	{ "-1:0:0644", S_IFREG, -EINVAL, { 0 } },
	{ " 1:0:0644", S_IFREG, -EINVAL, { 0 } },
	{ "4294967295:0:0644", S_IFREG, -EINVAL, { 0 } },
	{ "0:4294967296:0644", S_IFREG, -EINVAL, { 0 } },
	{ "99999999999999999999:0:0644", S_IFREG, -EINVAL, { 0 } },
	{ "0:0:0644:char", S_IFREG, 0, { 0, 0, S_IFREG | 0644, 0, 0 } },
	{ "0:0:0644:char-", S_IFREG, -EINVAL, { 0 } },
	{ "0:0:0644:char-1", S_IFREG, -EINVAL, { 0 } },
	{ "0:0:0644:block-x-1", S_IFREG, -EINVAL, { 0 } },
};

static void ck_owner(const struct owner *got, const struct owner *want)
{
	ck_assert_uint_eq(got->uid, want->uid);
	ck_assert_uint_eq(got->gid, want->gid);
	ck_assert_uint_eq(got->mode, want->mode);
	ck_assert_uint_eq(got->rdev_major, want->rdev_major);
	ck_assert_uint_eq(got->rdev_minor, want->rdev_minor);
}

START_TEST(read_row)
{
	struct owner o = { 0 };

	ck_assert_int_eq(record_parse(reads[_i].text, strlen(reads[_i].text), reads[_i].host, &o),
			 reads[_i].r);
	ck_owner(&o, &reads[_i].owner);
}
END_TEST

/* Some write the NUL with it. */
START_TEST(read_nul)
{
	struct owner o;

	ck_assert_int_eq(record_parse("1:2:0600", 9, S_IFREG, &o), 0);
	ck_assert_uint_eq(o.mode, S_IFREG | 0600);
	ck_assert_int_eq(record_parse("1:2:0600:dir", 13, S_IFDIR, &o), 0);
	ck_assert_uint_eq(o.mode, S_IFDIR | 0600);
}
END_TEST

static const struct {
	struct owner owner;
	uint32_t host;
	const char *text;
} writes[] = {
	{ { 0, 0, S_IFREG | 0644, 0, 0 }, S_IFREG, "0:0:0644" },
	{ { 0, 0, S_IFREG | 04755, 0, 0 }, S_IFREG, "0:0:04755" },
	{ { 0, 0, S_IFDIR | 01777, 0, 0 }, S_IFDIR, "0:0:01777" },
	{ { 0, 0, S_IFREG, 0, 0 }, S_IFREG, "0:0:0000" },
	{ { 0, 0, S_IFREG | 04, 0, 0 }, S_IFREG, "0:0:0004" },
	{ { 101, 4294967294, S_IFREG | 0640, 0, 0 }, S_IFREG, "101:4294967294:0640" },
	{ { 0, 6, S_IFBLK | 0660, 259, 1048575 }, S_IFREG, "0:6:0660:block-259-1048575" },
	{ { 0, 5, S_IFCHR | 0666, 1, 3 }, S_IFREG, "0:5:0666:char-1-3" },
	{ { 0, 0, S_IFIFO | 0600, 0, 0 }, S_IFREG, "0:0:0600:pipe" },
	{ { 0, 0, S_IFSOCK | 0600, 0, 0 }, S_IFREG, "0:0:0600:socket" },
	{ { 0, 0, S_IFSOCK | 0600, 0, 0 }, S_IFSOCK, "0:0:0600" },
	{ { 0, 0, S_IFLNK | 0777, 0, 0 }, S_IFREG, "0:0:0777:symlink" },
	{ { 0, 0, S_IFDIR | 0700, 0, 0 }, S_IFREG, "0:0:0700:dir" },
	{ { 0, 0, S_IFREG | 0700, 0, 0 }, S_IFDIR, "0:0:0700:file" },
};

START_TEST(write_row)
{
	char text[RECORD_LIMIT];
	size_t n = record_print(&writes[_i].owner, writes[_i].host, text);
	struct owner back;

	ck_assert_uint_eq(n, strlen(writes[_i].text));
	ck_assert_int_eq(memcmp(text, writes[_i].text, n), 0);
	ck_assert_int_eq(record_parse(text, n, writes[_i].host, &back), 0);
	ck_owner(&back, &writes[_i].owner);
}
END_TEST

#define KEEP "\xff\xff\xff\xff\x0f"

static const struct {
	const char *bytes;
	size_t len;
	int r;
	uint32_t uid, gid;
} protos[] = {
	{ "\x08\x65\x10\x66", 4, 0, 101, 102 },
	{ "\x10\x66\x08\x65", 4, 0, 101, 102 },
	{ "\x08\xe8\x07", 3, 0, 1000, 0 },
	{ "", 0, 0, 0, 0 },
	{ "\x08" KEEP "\x10\x05", 8, 0, 9, 5 },
	{ "\x08\x05\x10" KEEP, 8, 0, 5, 9 },
	{ "\x1a\x02hi\x08\x05\x10\x06", 8, 0, 5, 6 }, /* a field we do not know */
	{ "\x1d" "abcd\x08\x05\x10\x06", 9, 0, 5, 6 },
	{ "\x08", 1, -EINVAL, 9, 9 },
	{ "\x08\x80", 2, -EINVAL, 9, 9 },
	{ "\x1a\x7fhi", 4, -EINVAL, 9, 9 },
	{ "\x0b\x08\x05", 3, -EINVAL, 9, 9 },
	{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, -EINVAL, 9, 9 },
};

START_TEST(proto_row)
{
	struct owner o = { 9, 9, S_IFREG | 0644, 0, 0 };

	ck_assert_int_eq(record_parse_rootless(protos[_i].bytes, protos[_i].len, &o),
			 protos[_i].r);
	ck_assert_uint_eq(o.uid, protos[_i].uid);
	ck_assert_uint_eq(o.gid, protos[_i].gid);
	ck_assert_uint_eq(o.mode, S_IFREG | 0644);
}
END_TEST

START_TEST(proot)
{
	struct owner o = { 0 };

	ck_assert_int_eq(record_parse_proot("755\n33\n34\n", 10, S_IFREG, &o), 0);
	ck_owner(&o, &(struct owner){ 33, 34, S_IFREG | 0755, 0, 0 });
	ck_assert_int_eq(record_parse_proot("4755 0 1 ", 9, S_IFDIR, &o), 0);
	ck_owner(&o, &(struct owner){ 0, 1, S_IFDIR | 04755, 0, 0 });
	ck_assert_int_eq(record_parse_proot("755 33", 6, S_IFREG, &o), -EINVAL);
	ck_assert_int_eq(record_parse_proot("899 3 3", 7, S_IFREG, &o), -EINVAL);
	ck_assert_int_eq(record_parse_proot("", 0, S_IFREG, &o), -EINVAL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ident_record");

	unit_add_rows(s, "read", read_row, ROWS(reads));
	unit_add(s, "read_nul", read_nul);
	unit_add_rows(s, "write", write_row, ROWS(writes));
	unit_add_rows(s, "proto", proto_row, ROWS(protos));
	unit_add(s, "proot", proot);
	return s;
}

UNIT_MAIN(suite)
