// SPDX-License-Identifier: MIT
/*
 * Extended attributes by every call: user.*, file capabilities, access control lists and what they
 * do to modes and to new files. As root and as others. trusted.* is not for root of a user
 * namespace, with which this is compared: tests/integration/ident-tar.sh.
 * kind: identity
 */
#include "guest.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/xattr.h>

#define ACCESS	"system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"
#define CAPS	"security.capability"

struct xattr_words {
	uint64_t value;
	uint32_t size, flags;
};

struct entry {
	uint16_t tag, perm;
	uint32_t id;
};

struct list {
	uint32_t version;
	struct entry e[6];
};

enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };

#define NONE UINT32_MAX

static const struct list full = { 2, { { USER_OBJ, 6, NONE }, { USER, 7, 10 }, { GROUP_OBJ, 4, NONE },
				       { GROUP, 5, 20 }, { MASK, 5, NONE }, { OTHER, 1, NONE } } };
static const struct list minimal = { 2, { { USER_OBJ, 7, NONE }, { GROUP_OBJ, 5, NONE },
					  { OTHER, 0, NONE } } };
static const struct list broken = { 2, { { GROUP_OBJ, 5, NONE }, { USER_OBJ, 7, NONE },
					 { OTHER, 0, NONE } } };

static size_t bytes(int entries)
{
	return 4 + 8 * (size_t)entries;
}

static void hex(const char *what, const char *buf, ssize_t n)
{
	printf("  %s", what);
	if (n < 0)
		printf(" %s", err_name(errno));
	for (ssize_t i = 0; i < n; i++)
		printf("%s%02x", i % 8 ? "" : " ", (unsigned char)buf[i]);
	printf("\n");
}

static void mode_of(const char *name)
{
	struct stat st;

	if (lstat(name, &st) == 0)
		printf("  %s %u:%u %o\n", name, st.st_uid, st.st_gid, st.st_mode);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lists(const char *name)
{
	char buf[4096], *names[64];
	ssize_t n = llistxattr(name, buf, sizeof(buf));
	int count = 0;

	if (n < 0) {
		printf("  list %s\n", err_name(errno));
		return;
	}
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(buf + at) + 1)
		names[count++] = buf + at;
	qsort(names, count, sizeof(*names), by_name);
	printf("  list (%d)", (int)llistxattr(name, NULL, 0) == n);
	for (int i = 0; i < count; i++)
		printf(" %s", names[i]);
	printf("\n");
}

/* All that there is to know of one file. */
static void look(const char *name)
{
	static const char *const known[] = { "user.a", CAPS, ACCESS, DEFAULT };
	char buf[256];

	mode_of(name);
	lists(name);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		ssize_t n = lgetxattr(name, known[i], buf, sizeof(buf));

		hex(known[i], buf, n);
	}
}

static void values(void)
{
	char buf[64] = "";
	int fd = open("f", O_RDWR | O_CLOEXEC), path = open("f", O_PATH | O_CLOEXEC);
	struct xattr_words x = { (uintptr_t)"at", 2, 0 };

	SHOW(setxattr("f", "user.a", "value", 5, 0));
	SHOW(setxattr("f", "user.a", "value", 5, XATTR_CREATE));
	SHOW(setxattr("f", "user.b", "value", 5, XATTR_REPLACE));
	SHOW(setxattr("f", "user.a", "value", 5, 8));
	SHOW(getxattr("f", "user.a", buf, 3));
	SHOW(getxattr("f", "user.a", NULL, 0));
	SHOW(getxattr("f", "user.a", buf, sizeof(buf)));
	SHOW(getxattr("f", "user.a", NULL, 9));
	SHOW(fsetxattr(fd, "user.c", "x", 1, 0));
	SHOW(fsetxattr(path, "user.c", "x", 1, 0));
	SHOW(fsetxattr(77, "user.c", "x", 1, 0));
	SHOW(fgetxattr(fd, "user.c", buf, sizeof(buf)));
	SHOW(fgetxattr(path, "user.c", buf, sizeof(buf)));
	SHOW(syscall(SYS_setxattrat, AT_FDCWD, "f", 0, "user.d", &x, sizeof(x)));
	SHOW(syscall(SYS_setxattrat, fd, "", AT_EMPTY_PATH, "user.e", &x, sizeof(x)));
	SHOW(syscall(SYS_setxattrat, AT_FDCWD, "f", 0, "user.d", &x, sizeof(x) - 1));
	SHOW(syscall(SYS_setxattrat, AT_FDCWD, "f", 0x1000000, "user.d", &x, sizeof(x)));
	x = (struct xattr_words){ (uintptr_t)buf, sizeof(buf), 0 };
	SHOW(syscall(SYS_getxattrat, AT_FDCWD, "f", 0, "user.d", &x, sizeof(x)));
	SHOW(syscall(SYS_listxattrat, AT_FDCWD, "f", 0, NULL, 0) > 0);
	look("f");
	SHOW(syscall(SYS_removexattrat, AT_FDCWD, "f", 0, "user.d"));
	SHOW(removexattr("f", "user.d"));
	SHOW(fremovexattr(fd, "user.c"));
	SHOW(lremovexattr("f", "user.e"));
	SHOW(lsetxattr("l", "user.a", "1", 1, 0));
	SHOW(setxattr("l", "user.l", "1", 1, 0));
	SHOW(getxattr("f", "user.l", buf, sizeof(buf)));
	SHOW(lgetxattr("l", "user.l", buf, sizeof(buf)));
	SHOW(setxattr("f", "", "1", 1, 0));
	SHOW(setxattr("f", "odd", "1", 1, 0));
	SHOW(setxattr("f", "user.", "1", 1, 0));
	SHOW(getxattr("f", "system.none", buf, sizeof(buf)));
	SHOW(setxattr("missing", "user.a", "1", 1, 0));
	SHOW(setxattr("p", "user.a", "1", 1, 0));
	SHOW(getxattr("p", "user.a", buf, sizeof(buf)));
	look("f");
	SHOW(chmod("f", 0));
	SHOW(setxattr("f", "user.a", "shut", 4, 0));
	SHOW(getxattr("f", "user.a", buf, sizeof(buf)));
	SHOW(chmod("f", 0644));
	close(fd);
	close(path);
}

static void capabilities(void)
{
	struct vfs_ns_cap_data cap = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = { { .permitted = 1 << CAP_NET_RAW } },
	};
	int fd;

	SHOW(setxattr("f", CAPS, &cap, XATTR_CAPS_SZ_2, 0));
	look("f");
	SHOW(setxattr("f", CAPS, &cap, 5, 0));
	SHOW(setxattr("f", CAPS, &cap, XATTR_CAPS_SZ_2, XATTR_CREATE));
	SHOW(chmod("f", 0755));
	look("f");
	SHOW(chown("f", 0, 0));
	look("f");
	cap.magic_etc = VFS_CAP_REVISION_3;
	SHOW(setxattr("f", CAPS, &cap, XATTR_CAPS_SZ_3, 0));
	look("f");
	cap.rootid = 1000;
	SHOW(setxattr("f", CAPS, &cap, XATTR_CAPS_SZ_3, 0));
	look("f");
	SHOW(rename("f", "g"));
	look("g");
	SHOW(rename("g", "f"));
	SHOW(removexattr("f", CAPS));
	SHOW(removexattr("f", CAPS));
	look("f");
	SHOW(setxattr("f", CAPS, &cap, XATTR_CAPS_SZ_3, 0));
	close(SHOW(open("f", O_WRONLY)));
	close(SHOW(open("f", O_RDWR)));
	SHOW(utimensat(AT_FDCWD, "f", NULL, 0));
	look("f");
	fd = open("f", O_WRONLY | O_APPEND);
	SHOW(write(fd, "x", 1));
	close(fd);
	look("f");
	SHOW(setxattr("f", CAPS, &cap, XATTR_CAPS_SZ_3, 0));
	close(open("f", O_RDWR | O_TRUNC));
	look("f");
	SHOW(setxattr("d", CAPS, &cap, XATTR_CAPS_SZ_3, 0));
	SHOW(removexattr("d", CAPS));
}

static void access_lists(void)
{
	SHOW(setxattr("f", ACCESS, &full, bytes(6), 0));
	look("f");
	SHOW(chmod("f", 0600));
	look("f");
	SHOW(chmod("f", 0770));
	look("f");
	SHOW(chown("f", 5, 5));
	look("f");
	SHOW(setxattr("f", ACCESS, &minimal, bytes(3), XATTR_CREATE));
	look("f");
	SHOW(setxattr("f", ACCESS, &full, bytes(6), 0));
	SHOW(removexattr("f", ACCESS));
	look("f");
	SHOW(removexattr("f", ACCESS));
	SHOW(setxattr("f", ACCESS, &broken, bytes(3), 0));
	SHOW(setxattr("f", ACCESS, &full, 7, 0));
	SHOW(setxattr("f", ACCESS, &full, 4, 0));
	SHOW(setxattr("f", ACCESS, NULL, 0, 0));
	SHOW(setxattr("f", DEFAULT, &full, bytes(6), 0));
	SHOW(removexattr("f", DEFAULT));
	SHOW(lsetxattr("l", ACCESS, &full, bytes(6), 0));
	SHOW(lgetxattr("l", ACCESS, NULL, 0));
	SHOW(chown("f", 0, 0));
}

static void inheritance(void)
{
	SHOW(setxattr("d", DEFAULT, &full, bytes(6), 0));
	look("d");
	NEED(chdir("d") == 0);
	for (int mask = 0; mask <= 077; mask += 077) {
		umask(mask);
		close(SHOW(open("a", O_RDWR | O_CREAT | O_EXCL, 0666)));
		look("a");
		SHOW(mkdir("b", 0777));
		look("b");
		SHOW(mkfifo("c", 0640));
		look("c");
		SHOW(symlink("x", "e"));
		look("e");
		SHOW(mkdir("b/b", 0700));
		look("b/b");
		remove_all("b");
		unlink("a");
		unlink("c");
		unlink("e");
	}
	umask(022);
	NEED(chdir("..") == 0);
	SHOW(removexattr("d", DEFAULT));
	look("d");
}

static void as_another(void)
{
	struct vfs_cap_data cap = { .magic_etc = VFS_CAP_REVISION_2 };
	char buf[64];

	chmod("d", 01777);
	SHOW(setresgid(20, 20, 20));
	SHOW(setresuid(10, 10, 10));
	SHOW(setxattr("f", "user.z", "1", 1, 0));
	SHOW(getxattr("f", "user.a", buf, sizeof(buf)));
	SHOW(setxattr("d", "user.z", "1", 1, 0));
	SHOW(setxattr("f", CAPS, &cap, sizeof(cap), 0));
	SHOW(setxattr("f", ACCESS, &full, bytes(6), 0));
	SHOW(removexattr("f", ACCESS));
	SHOW(removexattr("f", CAPS));
	SHOW(setxattr("f", "security.other", "1", 1, 0));
	SHOW(setxattr("f", "trusted.a", "1", 1, 0));
	SHOW(getxattr("f", "trusted.a", buf, sizeof(buf)));
	make_file("d/own", "mine");
	SHOW(setxattr("d/own", "user.a", "1", 1, 0));
	SHOW(setxattr("d/own", ACCESS, &full, bytes(6), 0));
	SHOW(setxattr("d/own", CAPS, &cap, sizeof(cap), 0));
	look("d/own");
	SHOW(chmod("d/own", 02755));
	SHOW(setxattr("d/own", ACCESS, &minimal, bytes(3), 0));
	look("d/own");
}

int main(void)
{
	NEED(mkdir("/tmp/w", 0755) == 0 && chdir("/tmp/w") == 0);
	make_file("f", "text");
	make_dir("d");
	make_link("f", "l");
	NEED(mkfifo("p", 0644) == 0);
	look("f");
	values();
	capabilities();
	access_lists();
	inheritance();
	as_another();
	return 0;
}
