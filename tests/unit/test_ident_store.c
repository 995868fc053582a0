// SPDX-License-Identifier: MIT
/*
 * The owner store on a real directory: what was set is told, by this store and by the next one,
 * and the host's inode never carries what it must not.
 */
#include "ident/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <talloc.h>
#include <unistd.h>

#include "unit.h"

static char top[64];
static struct store *store;
static void *ctx;

static void reopen(void)
{
	struct store_config config = { .rootfs = top, .uid = 0, .gid = 0 };
	struct fail fail = { "" };

	talloc_free(store);
	store = store_open(ctx, &config, &fail);
	ck_assert_msg(store != NULL, "%s", fail.text);
}

static void setup(void)
{
	const char *base = getenv("PR_STORE_DIR");

	snprintf(top, sizeof(top), "%s/pr-store-XXXXXX", base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chmod(top, 0755), 0);
	ctx = talloc_new(NULL);
	store = NULL;
	reopen();
	ck_assert_int_eq(chdir(top), 0);
}

static void teardown(void)
{
	char command[192];

	talloc_free(ctx);
	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", top, top);
	ck_assert_int_eq(system(command), 0);
}

/* ---- an object ------------------------------------------------------------------------------ */

struct at {
	struct store_object o;
	struct statx st;
};

static void open_at(struct at *a, const char *name, enum store_place place)
{
	int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
	ck_assert_int_eq(statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
			       STATX_BASIC_STATS | STATX_BTIME, &a->st), 0);
	a->o = (struct store_object){ fd, &a->st, place };
}

static struct owner told(const char *name)
{
	struct owner ret;
	struct at a;

	open_at(&a, name, STORE_ROOTFS);
	store_get(store, &a.o, &ret);
	close(a.o.fd);
	return ret;
}

static int set(const char *name, uint32_t uid, uint32_t gid, uint32_t mode)
{
	struct owner want = { uid, gid, mode, 0, 0 };
	struct at a;
	int r;

	open_at(&a, name, STORE_ROOTFS);
	if (!(mode & S_IFMT))
		want.mode |= a.st.stx_mode & S_IFMT;
	r = store_set(store, &a.o, &want);
	close(a.o.fd);
	return r;
}

static void ck_told(const char *name, uint32_t uid, uint32_t gid, uint32_t mode)
{
	struct owner o = told(name);

	ck_assert_msg(o.uid == uid && o.gid == gid && (o.mode & 07777) == mode,
		      "%s: told %u:%u %04o, want %u:%u %04o", name, o.uid, o.gid, o.mode & 07777,
		      uid, gid, mode);
}

static uint32_t on_host(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

static void make(const char *name, mode_t type)
{
	if (S_ISDIR(type))
		ck_assert_int_eq(mkdir(name, 0755), 0);
	else if (S_ISLNK(type))
		ck_assert_int_eq(symlink("target", name), 0);
	else
		ck_assert_int_eq(mknod(name, type | 0644, 0), 0);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static const struct row {
	mode_t type;
	uint32_t uid, gid, mode;
} rows[] = {
	{ S_IFREG, 101, 102, 0644 },   { S_IFREG, 0, 0, 04755 },  { S_IFREG, 33, 33, 0 },
	{ S_IFREG, 0, 0, 0444 },       { S_IFREG, 0, 42, 02711 }, { S_IFREG, 65534, 65534, 0007 },
	{ S_IFDIR, 101, 102, 0755 },   { S_IFDIR, 0, 0, 01777 },  { S_IFDIR, 0, 50, 02775 },
	{ S_IFDIR, 5, 0, 0 },	       { S_IFIFO, 1, 2, 0600 },   { S_IFIFO, 0, 0, 0 },
	{ S_IFSOCK, 1, 2, 01777 },     { S_IFREG, 0, 0, 0600 },   { S_IFDIR, 0, 0, 0700 },
	{ S_IFREG, 4294967294, 1, 07777 },
};

/* Told at once and in the next session; the host has what it may have. */
START_TEST(set_row)
{
	const struct row *r = &rows[_i];
	uint32_t least = S_ISDIR(r->type) ? 0700 : 0600;

	make("x", r->type);
	ck_assert_int_eq(set("x", r->uid, r->gid, r->mode), 0);
	ck_told("x", r->uid, r->gid, r->mode);
	ck_assert_uint_eq(on_host("x") & (S_ISUID | S_ISGID), 0);
	ck_assert_uint_eq(on_host("x") & least, least);
	ck_assert_uint_eq(on_host("x") & 0077, r->mode & 0077);
	reopen();
	if (S_ISREG(r->type) || S_ISDIR(r->type))
		ck_told("x", r->uid, r->gid, r->mode);
	/* back to what needs no record: nothing of it is left */
	ck_assert_int_eq(set("x", 0, 0, 0755), 0);
	ck_told("x", 0, 0, 0755);
	ck_assert_uint_eq(on_host("x"), 0755);
	ck_assert_int_eq((int)listxattr("x", NULL, 0), 0);
}
END_TEST

START_TEST(link_owner)
{
	make("l", S_IFLNK);
	ck_told("l", 0, 0, 0777);
	ck_assert_int_eq(set("l", 7, 8, 0777), 0);
	ck_told("l", 7, 8, 0777);
}
END_TEST

START_TEST(device)
{
	struct owner want = { 0, 5, S_IFCHR | 0666, 1, 3 }, got;
	struct at a;

	make("null", S_IFREG);
	open_at(&a, "null", STORE_ROOTFS);
	ck_assert_int_eq(store_set(store, &a.o, &want), 0);
	close(a.o.fd);
	got = told("null");
	ck_assert_int_eq(memcmp(&got, &want, sizeof(got)), 0);
}
END_TEST

/* A file of a mode that kept us out is opened up for us, and looks to the guest as it did. */
START_TEST(widen)
{
	struct at a;

	make("x", S_IFREG);
	ck_assert_int_eq(chmod("x", 0), 0);
	open_at(&a, "x", STORE_ROOTFS);
	ck_assert_int_eq(store_widen(store, &a.o), 0);
	close(a.o.fd);
	ck_told("x", 0, 0, 0);
	ck_assert_uint_eq(on_host("x") & 0777, 0600);
}
END_TEST

/* In a bind the user's own files are the first ids', and others' nobody's. */
START_TEST(bind)
{
	struct owner o;
	struct at a;

	make("x", S_IFREG);
	open_at(&a, "x", STORE_BIND);
	store_get(store, &a.o, &o);
	close(a.o.fd);
	ck_assert_uint_eq(o.uid, 0);
	open_at(&a, "/", STORE_BIND);
	store_get(store, &a.o, &o);
	close(a.o.fd);
	ck_assert_uint_eq(o.uid, geteuid() ? 65534 : 0);
}
END_TEST

START_TEST(xattrs)
{
	static const char cap[] = "security.capability";
	static const char caps[20] = { 1, 0, 0, 2, 0, 4 }; /* version 2, cap_net_bind_service */
	char list[256], value[32];
	struct at a;

	make("x", S_IFREG);
	ck_assert_int_eq(chmod("x", 0755), 0);
	open_at(&a, "x", STORE_ROOTFS);
	ck_assert_int_eq(store_getxattr(store, &a.o, cap, value, 8), -ENODATA);
	ck_assert_int_eq(store_setxattr(store, &a.o, cap, caps, 20, XATTR_REPLACE), -ENODATA);
	ck_assert_int_eq(store_setxattr(store, &a.o, cap, caps, 20, 0), 0);
	close(a.o.fd);
	ck_told("x", 0, 0, 0755);

	open_at(&a, "x", STORE_ROOTFS);
	ck_assert_int_eq(store_setxattr(store, &a.o, cap, caps, 20, XATTR_CREATE), -EEXIST);
	ck_assert_int_eq(store_getxattr(store, &a.o, cap, NULL, 0), 20);
	ck_assert_int_eq(store_getxattr(store, &a.o, cap, value, 19), -ERANGE);
	ck_assert_int_eq(store_getxattr(store, &a.o, cap, value, 32), 20);
	ck_assert_int_eq(memcmp(value, caps, 20), 0);
	ck_assert_int_eq(store_listxattr(store, &a.o, list, sizeof(list)), sizeof(cap));
	ck_assert_str_eq(list, cap);
	ck_assert_int_eq(store_removexattr(store, &a.o, cap), 0);
	ck_assert_int_eq(store_removexattr(store, &a.o, cap), -ENODATA);
	ck_assert_int_eq(store_listxattr(store, &a.o, list, sizeof(list)), 0);
	close(a.o.fd);
}
END_TEST

static void add(Suite *s, const char *name, const TTest *test, int n)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, test, 0, n);
	suite_add_tcase(s, c);
}

static Suite *suite(void)
{
	Suite *s = suite_create("ident_store");

	add(s, "set", set_row, ROWS(rows));
	add(s, "link", link_owner, 1);
	add(s, "device", device, 1);
	add(s, "widen", widen, 1);
	add(s, "bind", bind, 1);
	add(s, "xattrs", xattrs, 1);
	return s;
}

UNIT_MAIN(suite)
