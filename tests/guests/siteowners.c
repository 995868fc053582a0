// SPDX-License-Identifier: MIT
/*
 * Owners and modes of files and directories that are root's, and of such that are not, asked for
 * again and again from the same places, by every name and by descriptor: given away and taken back
 * by the process and by a child, with set-id bits, with an access list, while two of them are
 * exchanged, and where a device stands beside.
 *
 * kind: identity
 * dirs: /tmp/o
 * arch: 64 32 dyn
 * timeout: 60
 */
#include "sites.h"

#include <pthread.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

enum { TIMES = 40 };

SITE(SYS_lgetxattr, site_lgetxattr, const char *, const char *, void *, size_t);

static int wrong;

static void check(const char *what, const char *how, const struct statx *st, long r, unsigned uid,
		  unsigned gid, unsigned mode)
{
	if (r == 0 && st->stx_uid == uid && st->stx_gid == gid && st->stx_mode == mode)
		return;
	if (wrong++ < 10)
		printf("%s by %s: %ld, %u:%u %o for %u:%u %o\n", what, how, r, st->stx_uid,
		       st->stx_gid, st->stx_mode, uid, gid, mode);
}

/* /tmp/o/NAME; the cwd is /tmp/o. */
static void expect(const char *what, const char *name, unsigned uid, unsigned gid, unsigned mode)
{
	int dir = open("/tmp/o", O_RDONLY | O_DIRECTORY), fd = open(name, O_RDONLY | O_NONBLOCK);
	struct statx st = { 0 };
	struct stat again = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/tmp/o/%s", name);
	for (int i = 0; i < 3; i++) {
		long r = site_statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &st);

		check(what, "path", &st, r, uid, gid, mode);
		r = site_statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, STATX_MODE, &st);
		check(what, "name", &st, r, uid, gid, mode);
		r = site_statx(dir, name, 0, STATX_BASIC_STATS, &st);
		check(what, "directory", &st, r, uid, gid, mode);
		r = site_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);
		check(what, "descriptor", &st, r, uid, gid, mode);
		r = stat(path, &again);
		st.stx_uid = again.st_uid, st.stx_gid = again.st_gid, st.stx_mode = again.st_mode;
		check(what, "stat", &st, r, uid, gid, mode);
		r = fstat(fd, &again);
		st.stx_uid = again.st_uid, st.stx_gid = again.st_gid, st.stx_mode = again.st_mode;
		check(what, "fstat", &st, r, uid, gid, mode);
		r = site_access(path, X_OK);
		if ((r == 0) != (S_ISDIR(mode) || (mode & 0111)) && wrong++ < 10)
			printf("%s: access %ld\n", what, r);
	}
	close(fd);
	close(dir);
}

static void by_child(const char *name, uid_t uid, gid_t gid)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(chown(name, uid, gid) != 0);
	finish("child", pid);
}

static void turn(const char *name, unsigned type)
{
	expect("made", name, 0, 0, type | 0755);
	NEED(chown(name, 5, 6) == 0);
	expect("given away", name, 5, 6, type | 0755);
	NEED(chmod(name, 07711) == 0);
	expect("set-id", name, 5, 6, type | 07711);
	NEED(chmod(name, 0600) == 0);
	expect("private", name, 5, 6, type | 0600);
	by_child(name, 7, 0);
	expect("by a child", name, 7, 0, type | 0600);
	NEED(rename(name, "renamed") == 0 && rename("renamed", name) == 0);
	expect("renamed", name, 7, 0, type | 0600);
	NEED(chown(name, 0, 0) == 0);
	expect("taken back", name, 0, 0, type | 0600);
	NEED(chmod(name, 0111) == 0);
	expect("shut", name, 0, 0, type | 0111);
	by_child(name, 0, 9);
	expect("a group's", name, 0, 9, type | 0111);
	NEED(chmod(name, 0755) == 0);
	by_child(name, 0, 0);
	expect("as it was", name, 0, 0, type | 0755);
}

/* struct posix_acl_xattr_header and entries: u::rw- u:5:rwx g::r-- m::rwx o::--- */
static const unsigned char list[] = {
	2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 7, 0, 5, 0, 0, 0,
	4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 7, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
};

/* What is said of a name that was just looked at, while a list comes and goes. */
static void lists(void)
{
	static const char name[] = "system.posix_acl_access";
	char value[64];
	struct statx st;
	int fd = open("list", O_RDWR | O_CREAT, 0644);

	NEED(mkdir("d", 0755) == 0);
	close(open("d/list", O_RDWR | O_CREAT, 0644));
	for (int i = 0; i < TIMES; i++) {
		const char *path = i / 3 % 2 ? "list" : "/tmp/o/list";
		long r;

		site_statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &st);
		r = site_lgetxattr(path, name, value, sizeof(value));
		if (r != -ENODATA && wrong++ < 10)
			printf("no list: %ld\n", r);
		NEED((i % 3 == 0   ? fsetxattr(fd, name, list, sizeof(list), 0) :
		      i % 3 == 1 ? lsetxattr("list", name, list, sizeof(list), 0) :
				   setxattr("/tmp/o/list", name, list, sizeof(list), 0)) == 0);
		r = site_lgetxattr(path, name, value, sizeof(value));
		if ((r != sizeof(list) || memcmp(value, list, sizeof(list)) != 0) && wrong++ < 10)
			printf("list: %ld\n", r);
		expect("with a list", "list", 0, 0, S_IFREG | 0670);
		site_statx(AT_FDCWD, "list", 0, STATX_BASIC_STATS, &st);
		NEED(site_chdir("/tmp/o/d") == 0);
		r = site_lgetxattr("list", name, value, sizeof(value));
		if (r != -ENODATA && wrong++ < 10)
			printf("another's list: %ld\n", r);
		site_statx(AT_FDCWD, "list", 0, STATX_BASIC_STATS, &st);
		NEED(site_chdir("/tmp/o") == 0);
		r = site_lgetxattr("list", name, value, sizeof(value));
		if (r != sizeof(list) && wrong++ < 10)
			printf("list again: %ld\n", r);
		NEED((i % 2 ? lremovexattr("list", name) : fremovexattr(fd, name)) == 0);
		NEED(chmod("list", 0644) == 0);
	}
	close(fd);
}

static int stop;

static void *exchange(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, "y", 2 /* RENAME_EXCHANGE */);
	return arg;
}

static void make(const char *name, uid_t uid, mode_t mode)
{
	close(open(name, O_RDWR | O_CREAT, 0600));
	NEED(chown(name, uid, uid) == 0 && chmod(name, mode) == 0);
}

/* Each of the two is itself under either name. */
static void exchanged(void)
{
	struct statx x, y, st;
	pthread_t thread;

	make("x", 11, 0640);
	make("y", 12, 0711);
	NEED(statx(AT_FDCWD, "x", 0, STATX_BASIC_STATS, &x) == 0);
	NEED(statx(AT_FDCWD, "y", 0, STATX_BASIC_STATS, &y) == 0);
	NEED(pthread_create(&thread, NULL, exchange, NULL) == 0);
	for (int i = 0; i < 3000; i++) {
		const struct statx *is;
		long r = site_statx(AT_FDCWD, i % 2 ? "x" : "/tmp/o/x", 0, STATX_BASIC_STATS, &st);

		is = st.stx_ino == x.stx_ino ? &x : &y;
		check("exchanged", "name", &st, r, is->stx_uid, is->stx_gid, is->stx_mode);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

/* The one kind that root of a user namespace may make. */
static void device(void)
{
	struct statx st;

	NEED(mknod("whiteout", S_IFCHR | 0666, makedev(0, 0)) == 0 && chmod("whiteout", 0666) == 0);
	for (int i = 0; i < 5; i++) {
		long r = site_statx(AT_FDCWD, "/tmp/o/whiteout", 0, STATX_BASIC_STATS, &st);

		check("device", "path", &st, r, 0, 0, S_IFCHR | 0666);
	}
}

int main(void)
{
	umask(022);
	NEED(chdir("/tmp/o") == 0);
	for (int i = 0; i < TIMES; i++) {
		make("file", 0, 0755);
		turn("file", S_IFREG);
		NEED(unlink("file") == 0);
		NEED(mkdir("dir", 0755) == 0);
		turn("dir", S_IFDIR);
		NEED(rmdir("dir") == 0);
	}
	lists();
	exchanged();
	device();
	printf("%d wrong\n", wrong);
	return 0;
}
