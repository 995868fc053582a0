// SPDX-License-Identifier: MIT
/*
 * What a device node that nobody drives lets be done to it: a whiteout, 0:0, is the one that root of a
 * user namespace may make. All calls that look at what a file is.
 * kind: identity
 */
#include "guest.h"

#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>

static const char *const names[] = { "node", "to-node", "./node", "node/", "node/x", "hard", "moved" };

static void opens(const char *name)
{
	static const struct {
		const char *what;
		int flags;
	} ways[] = {
		{ "read", O_RDONLY },
		{ "write", O_WRONLY },
		{ "both", O_RDWR },
		{ "neither", O_ACCMODE },
		{ "truncate", O_WRONLY | O_TRUNC },
		{ "append", O_WRONLY | O_APPEND },
		{ "nonblock", O_RDONLY | O_NONBLOCK },
		{ "create", O_WRONLY | O_CREAT },
		{ "create anew", O_WRONLY | O_CREAT | O_EXCL },
		{ "directory", O_RDONLY | O_DIRECTORY },
		{ "nofollow", O_RDONLY | O_NOFOLLOW },
		{ "path", O_PATH },
		{ "tmpfile", O_TMPFILE | O_RDWR },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int fd = open(name, ways[i].flags | O_CLOEXEC, 0644);

		SHOW_AS(fd < 0 ? -1 : 0, "open %s %s", name, ways[i].what);
		if (fd >= 0)
			close(fd);
	}
}

static void looks(const char *name)
{
	char *const argv[] = { (char *)name, NULL };
	struct stat st;

	SHOW_AS(truncate(name, 0), "truncate %s", name);
	SHOW_AS(setxattr(name, "user.a", "b", 1, 0), "setxattr %s", name);
	SHOW_AS(getxattr(name, "user.a", NULL, 0), "getxattr %s", name);
	SHOW_AS(listxattr(name, NULL, 0), "listxattr %s", name);
	SHOW_AS(removexattr(name, "user.a"), "removexattr %s", name);
	SHOW_AS(access(name, R_OK | W_OK), "access %s rw", name);
	SHOW_AS(access(name, X_OK), "access %s x", name);
	SHOW_AS(readlink(name, (char[8]){ 0 }, 8), "readlink %s", name);
	SHOW_AS(chdir(name), "chdir %s", name);
	SHOW_AS(rmdir(name), "rmdir %s", name);
	SHOW_AS(execve(name, argv, NULL), "execve %s", name);
	SHOW_AS(utimes(name, NULL), "utimes %s", name);
	if (SHOW_AS(stat(name, &st), "stat %s", name) == 0)
		printf("  %o %u:%u dev %u:%u links %u size %ld\n", st.st_mode, st.st_uid, st.st_gid,
		       major(st.st_rdev), minor(st.st_rdev), (unsigned)st.st_nlink, (long)st.st_size);
}

/* By a descriptor that may look at what it is, and no more. */
static void by_descriptor(void)
{
	char name[64];
	int fd = open("node", O_PATH | O_CLOEXEC);
	struct stat st;

	NEED(fd >= 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	SHOW(fstat(fd, &st));
	printf("  %o\n", st.st_mode);
	SHOW_AS(open(name, O_RDONLY | O_CLOEXEC), "open by descriptor");
	SHOW_AS(open(name, O_WRONLY | O_TRUNC | O_CLOEXEC), "open by descriptor to write");
	SHOW_AS(truncate(name, 0), "truncate by descriptor");
	SHOW_AS(chmod(name, 0600), "chmod by descriptor");
	SHOW_AS(fchownat(fd, "", 3, 4, AT_EMPTY_PATH), "fchownat");
	close(fd);
}

/* The same name where another mount shows it. */
static void in_mount(const char *what, unsigned long flags)
{
	printf("-- %s\n", what);
	NEED(mount("/tmp/d", "/tmp/m", NULL, MS_BIND, NULL) == 0);
	SHOW(mount(NULL, "/tmp/m", NULL, MS_REMOUNT | MS_BIND | flags, NULL));
	opens("/tmp/m/node");
	looks("/tmp/m/node");
	SHOW(chmod("/tmp/m/node", 0600));
	SHOW(lchown("/tmp/m/node", 1, 1));
	SHOW(rename("/tmp/m/node", "/tmp/m/other"));
	SHOW(mknod("/tmp/m/new", S_IFCHR | 0666, 0));
	SHOW(umount("/tmp/m"));
}

static void in_mounts(void)
{
	NEED(mkdir("/tmp/d", 0755) == 0 && mkdir("/tmp/m", 0755) == 0);
	NEED(mknod("/tmp/d/node", S_IFCHR | 0666, 0) == 0);
	in_mount("read-only", MS_RDONLY);
	in_mount("read-only, nodev", MS_NODEV | MS_RDONLY);
	NEED(mknod("/tmp/d/node", S_IFCHR | 0666, 0) == 0 || errno == EEXIST);
	in_mount("nodev", MS_NODEV);
}

int main(void)
{
	NEED(chdir("/tmp") == 0);
	SHOW(mknod("node", S_IFCHR | 0666, makedev(0, 0)));
	NEED(symlink("node", "to-node") == 0);
	by_descriptor();
	in_mounts();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		opens(names[i]);
		looks(names[i]);
		if (i == 4)
			SHOW(link("node", "hard"));
		if (i == 5)
			SHOW(rename("node", "moved"));
	}
	NEED(chdir("/tmp") == 0 && chmod("moved", 0) == 0);
	NEED(setresgid(7, 7, 7) == 0 && setresuid(7, 7, 7) == 0);
	opens("moved");
	looks("moved");
	return 0;
}
