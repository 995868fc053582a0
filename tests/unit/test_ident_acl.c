// SPDX-License-Identifier: MIT
/*
 * Access control lists against the kernel's own: random lists are given to it, as xattrs of files
 * in /tmp, and what it says, keeps, changes and hands down must be what ident/acl.c does.
 */
#include "ident/acl.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/cred.h"
#include "ident/owner.h"
#include "unit.h"

#define LISTS 20000

static char top[64];
static void *ctx;
static bool kernel_has_them;

static void setup(void)
{
	ctx = talloc_new(NULL);
	srandom(47);
	umask(022);
	snprintf(top, sizeof(top), "/tmp/pr-acl-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chmod(top, 0755), 0);
	ck_assert_int_eq(chdir(top), 0);
	kernel_has_them = getxattr(".", ACL_ACCESS_XATTR, NULL, 0) >= 0 || errno == ENODATA;
}

static void teardown(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
	talloc_free(ctx);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static unsigned one_of(unsigned n)
{
	return (unsigned)random() % n;
}

static void put(struct acl *a, unsigned tag)
{
	static const uint32_t ids[] = { 0, 1, 1000, 1001, 65534 };

	a->entries[a->count++] = (struct acl_entry){ (uint16_t)tag, (uint16_t)one_of(8),
						     tag == ACL_TAG_USER || tag == ACL_TAG_GROUP ?
							     ids[one_of(5)] : UINT32_MAX };
}

/* One that is right, mostly. */
static struct acl *random_list(void)
{
	struct acl *a = talloc_zero_size(ctx, sizeof(*a) + 16 * sizeof(a->entries[0]));
	bool named = false;

	put(a, ACL_TAG_USER_OBJ);
	for (unsigned n = one_of(3); n; n--, named = true)
		put(a, ACL_TAG_USER);
	put(a, ACL_TAG_GROUP_OBJ);
	for (unsigned n = one_of(3); n; n--, named = true)
		put(a, ACL_TAG_GROUP);
	if (named || one_of(3) == 0)
		put(a, ACL_TAG_MASK);
	put(a, ACL_TAG_OTHER);
	return a;
}

static void spoil(struct acl *a)
{
	struct acl_entry *e = &a->entries[one_of((unsigned)a->count)];
	struct acl_entry *f = &a->entries[one_of((unsigned)a->count)], old = *e;

	switch (one_of(5)) {
	case 0: e->tag = (uint16_t)(1u << one_of(7)); break;
	case 1: e->perm = (uint16_t)one_of(10); break;
	case 2:
		*e = *f;
		*f = old;
		break;
	case 3: a->count--; break;
	default: put(a, 1u << one_of(6)); break;
	}
}

static size_t value_of(const struct acl *a, char *ret)
{
	acl_print(a, ret);
	return acl_size(a);
}

/* What a kernel says to this value, in its order: 0 or an errno. */
static int judge(const void *value, size_t size)
{
	struct acl *a;
	int r = acl_parse(ctx, value, size, &a);

	if (r == 0 && a)
		r = acl_check(a);
	talloc_free(r == 0 ? a : NULL);
	return -r;
}

static int give(const char *name, const char *attr, const void *value, size_t size)
{
	return setxattr(name, attr, value, size, 0) < 0 ? errno : 0;
}

static void make_file(const char *name, mode_t mode)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	fchmod(fd, mode);
	close(fd);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	return st.st_mode;
}

/* The xattr is what this list would be; NULL: there is none. */
static void ck_list(const char *name, const char *attr, const struct acl *want)
{
	char got[512], value[512];
	ssize_t n = getxattr(name, attr, got, sizeof(got));

	if (!want) {
		ck_assert_msg(n < 0 && errno == ENODATA, "%s: there is a list", name);
		return;
	}
	ck_assert_int_eq(n, (ssize_t)value_of(want, value));
	ck_assert_int_eq(memcmp(got, value, (size_t)n), 0);
}

/* ---- tests ---------------------------------------------------------------------------------- */

START_TEST(valid)
{
	char value[512];

	make_file("f", 0644);
	for (int i = 0; kernel_has_them && i < LISTS; i++) {
		struct acl *a = random_list();
		size_t size;

		for (unsigned n = one_of(3); n; n--)
			spoil(a);
		size = value_of(a, value);
		if (one_of(8) == 0)
			size -= one_of((unsigned)size);
		if (one_of(8) == 0)
			value[one_of((unsigned)size)] ^= (char)(1 << one_of(8));
		ck_assert_int_eq(judge(value, size), give("f", ACL_ACCESS_XATTR, value, size));
		talloc_free(a);
	}
}
END_TEST

/* What a set list makes of the mode, and a changed mode of the list. */
START_TEST(modes)
{
	char value[512];

	for (int i = 0; kernel_has_them && i < LISTS / 4; i++) {
		struct acl *a = random_list();
		uint32_t mode = S_IFREG | one_of(01000);
		int more;

		make_file("f", mode);
		ck_assert_int_eq(give("f", ACL_ACCESS_XATTR, value, value_of(a, value)), 0);
		more = acl_equiv_mode(a, &mode);
		ck_assert_uint_eq(mode_of("f"), mode);
		ck_list("f", ACL_ACCESS_XATTR, more ? a : NULL);
		mode = S_IFREG | one_of(01000);
		ck_assert_int_eq(chmod("f", mode), 0);
		acl_chmod(a, mode);
		ck_list("f", ACL_ACCESS_XATTR, more ? a : NULL);
		talloc_free(a);
		unlink("f");
	}
}
END_TEST

START_TEST(inherit)
{
	char value[512];

	for (int i = 0; kernel_has_them && i < LISTS / 4; i++) {
		struct acl *a = random_list(), *got;
		bool dir = one_of(2);
		uint32_t mode = one_of(01000) | (dir ? S_IFDIR : S_IFREG), asked = mode;

		ck_assert_int_eq(mkdir("d", 0755), 0);
		ck_assert_int_eq(give("d", ACL_DEFAULT_XATTR, value, value_of(a, value)), 0);
		ck_assert_int_eq(acl_create(ctx, a, &mode, &got), 0);
		ck_assert_int_eq(dir ? mkdir("d/x", asked & 0777) : mknod("d/x", asked, 0), 0);
		ck_assert_uint_eq(mode_of("d/x"), mode);
		ck_list("d/x", ACL_ACCESS_XATTR, got);
		ck_list("d/x", ACL_DEFAULT_XATTR, dir ? a : NULL);
		talloc_free(got);
		talloc_free(a);
		ck_assert_int_eq(dir ? rmdir("d/x") : unlink("d/x"), 0);
		ck_assert_int_eq(rmdir("d"), 0);
	}
}
END_TEST

/* generic_permission without capabilities, around acl_permission. */
static int may(const struct acl *a, const struct cred *c, const struct owner *o, unsigned want)
{
	uint32_t mode = o->mode;

	if (c->fsuid == o->uid)
		return want & ~(mode >> 6) & 7 ? EACCES : 0;
	if (a && (mode & 070))
		return -acl_permission(a, c, o, want);
	if (cred_in_group(c, o->gid))
		mode >>= 3;
	return want & ~mode & 7 ? EACCES : 0;
}

static void become(const struct cred *c)
{
	gid_t groups[4] = { 0 };

	for (unsigned i = 0; i < c->group_count; i++)
		groups[i] = c->groups[i];
	if (setgroups(c->group_count, groups) < 0 || setgid(c->fsgid) < 0 || setuid(c->fsuid) < 0)
		_exit(99);
}

/* Needs to be several users: real root. */
START_TEST(permission)
{
	static const uint32_t ids[] = { 1, 1000, 1001, 65534, 77 };
	uint32_t groups[] = { 1000, 65534 };
	char value[512];

	if (geteuid() != 0 || !kernel_has_them)
		return;
	for (int i = 0; i < LISTS / 10; i++) {
		struct acl *a = random_list();
		struct owner o = { ids[one_of(5)], ids[one_of(5)], S_IFREG | 0600, 0, 0 };
		struct cred c = { .fsuid = ids[one_of(5)], .fsgid = ids[one_of(5)] };
		int status, more, want[8];
		pid_t pid;

		c.group_count = one_of(3);
		c.groups = groups;
		make_file("f", 0600);
		ck_assert_int_eq(chown("f", o.uid, o.gid), 0);
		ck_assert_int_eq(give("f", ACL_ACCESS_XATTR, value, value_of(a, value)), 0);
		more = acl_equiv_mode(a, &o.mode);
		for (unsigned w = 0; w < 8; w++)
			want[w] = may(more ? a : NULL, &c, &o, w);
		pid = fork();
		if (pid == 0) {
			become(&c);
			for (unsigned w = 0; w < 8; w++)
				if ((access("f", (int)w) < 0 ? errno : 0) != want[w])
					_exit(1 + (int)w);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		unlink("f");
		talloc_free(a);
	}
}
END_TEST

static void add(Suite *s, const char *name, const TTest *test)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test);
	suite_add_tcase(s, c);
}

static Suite *suite(void)
{
	Suite *s = suite_create("ident_acl");

	add(s, "valid", valid);
	add(s, "modes", modes);
	add(s, "inherit", inherit);
	add(s, "permission", permission);
	return s;
}

UNIT_MAIN(suite)
