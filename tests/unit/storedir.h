/* SPDX-License-Identifier: MIT */
/*
 * A rootfs of the test's own and its owner store, on what kinds of file system there are: as /tmp
 * is; without xattrs, without birth times, without both (pretended: ident/store_host.h); and on a
 * ramfs, which has neither, where a user namespace may mount one ($PR_STORE_DIR: a directory to
 * use in its place). And with owners on the inodes, for real root.
 */
#ifndef TESTS_UNIT_STOREDIR_H
#define TESTS_UNIT_STOREDIR_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/store.h"
#include "ident/store_host.h"
#include "unit.h"

enum storedir_kind { KIND_PLAIN, KIND_NO_XATTR, KIND_NO_BTIME, KIND_NEITHER, KIND_RAMFS,
		     KIND_REAL, KINDS };

static char storedir_top[96]; /* holds the rootfs, and what lies beside it */
static struct store *store;
static void *ctx;
static bool storedir_missing; /* no such file system can be had: the test is to return */
static enum storedir_kind storedir_kind;

/* For children, too: what is told to libcheck by a process that is killed meanwhile confuses it. */
static void storedir_must(bool holds, const char *what, const char *why, int line)
{
	if (holds)
		return;
	fprintf(stderr, "storedir.h:%d: %s: %s\n", line, what, why);
	abort();
}

#define MUST(expr, why) storedir_must(expr, #expr, why, __LINE__)

static bool write_text(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* This process alone: a user namespace in which it stays who it is, and a ramfs over `dir`. */
static bool mount_ramfs(const char *dir)
{
	char map[32];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0 ? unshare(CLONE_NEWNS) < 0 : unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	if (uid != 0 && !write_text("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	if (uid != 0 && (!write_text("/proc/self/setgroups", "deny") ||
			 !write_text("/proc/self/gid_map", map)))
		return false;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("ramfs", dir, "ramfs", 0, "mode=755") == 0;
}

/* Rights over everything would hide what a user is refused. */
static void drop_caps(void)
{
	uint32_t head[2] = { 0x20080522, 0 }, none[6] = { 0 };

	if (geteuid() != 0)
		syscall(SYS_capset, head, none);
}

static struct store *storedir_open(void)
{
	struct store_config config = { .real = storedir_kind == KIND_REAL };
	char *here = getcwd(NULL, 0);
	struct fail fail = { "" };
	struct store *s;

	config.rootfs = here;
	s = store_open(ctx, &config, &fail);
	MUST(s != NULL, fail.text);
	free(here);
	return s;
}

static void reopen(void)
{
	talloc_free(store);
	store = storedir_open();
}

/* One for all: who mounts there is in a mount namespace of its own, and may not unmount any more. */
static const char *ramfs_point(void)
{
	static char point[64];

	snprintf(point, sizeof(point), "/tmp/pr-store-ramfs-%u", geteuid());
	MUST(mkdir(point, 0700) == 0 || errno == EEXIST, strerror(errno));
	storedir_missing = !mount_ramfs(point);
	if (storedir_missing)
		fprintf(stderr, "no ramfs can be mounted: left out\n");
	return point;
}

/* The cwd is then the rootfs, without a store yet. */
static void storedir_make(enum storedir_kind kind)
{
	const char *base = kind == KIND_RAMFS ? getenv("PR_STORE_DIR") : "/tmp";

	storedir_kind = kind;
	ctx = talloc_new(NULL);
	store = NULL;
	umask(0);
	snprintf(storedir_top, sizeof(storedir_top), "%s/pr-store-XXXXXX",
		 base ? base : ramfs_point());
	MUST(mkdtemp(storedir_top) != NULL, strerror(errno));
	if (kind == KIND_REAL)
		storedir_missing = !store_is_real(storedir_top);
	drop_caps();
	host_pretend((kind == KIND_NO_XATTR || kind == KIND_NEITHER ? HOST_NO_XATTR : 0) |
		     (kind == KIND_NO_BTIME || kind == KIND_NEITHER ? HOST_NO_BTIME : 0));
	MUST(chdir(storedir_top) == 0, strerror(errno));
	MUST(mkdir("root", 0755) == 0, strerror(errno));
	MUST(chdir("root") == 0, strerror(errno));
}

static void storedir_remove(void)
{
	char *command = talloc_asprintf(ctx, "cd %s && chmod -R u+rwx . && rm -rf * .pr-*; "
					     "rmdir %s 2>/dev/null", storedir_top, storedir_top);

	MUST(system(command) >= 0, strerror(errno));
	talloc_free(ctx);
}

/* ---- an object ------------------------------------------------------------------------------ */

struct at {
	struct store_object o;
	struct statx st;
};

static void open_at(struct at *a, const char *name)
{
	int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	MUST(fd >= 0, name);
	MUST(host_stat(fd, &a->st) == 0, strerror(errno));
	a->o = (struct store_object){ fd, &a->st, STORE_ROOTFS };
}

static struct owner told(const char *name)
{
	struct owner ret;
	struct at a;

	open_at(&a, name);
	store_get(store, &a.o, &ret);
	close(a.o.fd);
	return ret;
}

static int set(const char *name, uint32_t uid, uint32_t gid, uint32_t mode)
{
	struct owner want = { uid, gid, mode, 0, 0 };
	struct at a;
	int r;

	open_at(&a, name);
	want.mode |= a.st.stx_mode & S_IFMT;
	r = store_set(store, &a.o, &want);
	close(a.o.fd);
	return r;
}

static void make(const char *name, mode_t type, mode_t mode)
{
	if (S_ISDIR(type))
		MUST(mkdir(name, mode) == 0, strerror(errno));
	else if (S_ISLNK(type))
		MUST(symlink("target", name) == 0, strerror(errno));
	else
		MUST(mknod(name, type | mode, 0) == 0, strerror(errno));
}

/* rename(2) within the rootfs, and the store is told; false: it was refused. */
static bool rename_told(const char *from, const char *to)
{
	char *here = getcwd(NULL, 0);
	char *a = talloc_asprintf(ctx, "%s/%s", here, from);
	char *b = talloc_asprintf(ctx, "%s/%s", here, to);
	bool done = rename(from, to) == 0;

	if (done)
		store_renamed(store, a, b);
	talloc_free(a);
	talloc_free(b);
	free(here);
	return done;
}

static ssize_t get_x(const char *name, const char *attr, void *buf, size_t size)
{
	struct at a;
	ssize_t n;

	open_at(&a, name);
	n = store_getxattr(store, &a.o, attr, buf, size);
	close(a.o.fd);
	return n;
}

static int set_x(const char *name, const char *attr, const void *value, size_t size, int flags)
{
	struct at a;
	int r;

	open_at(&a, name);
	r = store_setxattr(store, &a.o, attr, value, size, flags);
	close(a.o.fd);
	return r;
}

static int remove_x(const char *name, const char *attr)
{
	struct at a;
	int r;

	open_at(&a, name);
	r = store_removexattr(store, &a.o, attr);
	close(a.o.fd);
	return r;
}

/* ---- a suite: every test finds a fresh rootfs, without a store ------------------------------ */

static void make_plain(void) { storedir_make(KIND_PLAIN); }
static void make_no_xattr(void) { storedir_make(KIND_NO_XATTR); }
static void make_no_btime(void) { storedir_make(KIND_NO_BTIME); }
static void make_neither(void) { storedir_make(KIND_NEITHER); }
static void make_ramfs(void) { storedir_make(KIND_RAMFS); }
static void make_real(void) { storedir_make(KIND_REAL); }

static TCase *storedir_add(Suite *s, const char *name, enum storedir_kind kind, const TTest *test,
			   int n)
{
	static void (*const makers[KINDS])(void) = {
		[KIND_PLAIN] = make_plain,	 [KIND_NO_XATTR] = make_no_xattr,
		[KIND_NO_BTIME] = make_no_btime, [KIND_NEITHER] = make_neither,
		[KIND_RAMFS] = make_ramfs,	 [KIND_REAL] = make_real,
	};
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, makers[kind], storedir_remove);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, test, 0, n);
	suite_add_tcase(s, c);
	return c;
}

/* On every kind; `prepare` (or NULL) comes before the test. */
static void storedir_add_everywhere(Suite *s, const char *name, void (*prepare)(void),
				    const TTest *test, int n)
{
	for (enum storedir_kind kind = 0; kind < KINDS; kind++) {
		TCase *c = storedir_add(s, name, kind, test, n);

		if (prepare)
			tcase_add_checked_fixture(c, prepare, NULL);
	}
}

#endif
