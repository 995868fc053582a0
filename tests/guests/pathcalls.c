// SPDX-License-Identifier: MIT
/*
 * Every system call that takes a path, given every kind of bad path: NULL, a kernel address, a page
 * that may not be read, a string that runs off the end of its page, "", too long, a missing or
 * wrong-typed component, a link that loops. Which errno wins is the kernel's order of checks.
 *
 * timeout: 90
 */
#include "guest.h"

#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/un.h>
#include <utime.h>

#define F AT_FDCWD

static char out[8192];
static const char *const good = "tree/new";
static struct open_how how = { .flags = O_RDONLY };

/* Each runs one call on one path. */
#define CALL(id, ...) \
	static long id(const char *p) { return syscall(__VA_ARGS__); }

#ifdef SYS_open
CALL(c_open, SYS_open, p, O_RDONLY)
CALL(c_open_w, SYS_open, p, O_WRONLY)
CALL(c_creat_excl, SYS_open, p, O_CREAT | O_EXCL | O_WRONLY, 0600)
CALL(c_open_nofollow, SYS_open, p, O_RDONLY | O_NOFOLLOW)
CALL(c_open_path, SYS_open, p, O_PATH)
CALL(c_creat, SYS_creat, p, 0600)
CALL(c_stat, SYS_stat, p, out)
CALL(c_lstat, SYS_lstat, p, out)
CALL(c_access, SYS_access, p, R_OK)
CALL(c_access_bad, SYS_access, p, 64)
CALL(c_readlink, SYS_readlink, p, out, 4096)
CALL(c_readlink_0, SYS_readlink, p, out, 0)
CALL(c_readlink_null, SYS_readlink, p, NULL, 4096)
CALL(c_mkdir, SYS_mkdir, p, 0755)
CALL(c_rmdir, SYS_rmdir, p)
CALL(c_unlink, SYS_unlink, p)
CALL(c_link_from, SYS_link, p, good)
CALL(c_link_to, SYS_link, "file", p)
CALL(c_symlink_text, SYS_symlink, p, good)
CALL(c_symlink, SYS_symlink, "x", p)
CALL(c_rename_from, SYS_rename, p, good)
CALL(c_rename_to, SYS_rename, "file", p)
CALL(c_mknod, SYS_mknod, p, S_IFIFO | 0600, 0)
CALL(c_mknod_dev, SYS_mknod, p, S_IFCHR | 0600, 259)
CALL(c_mknod_bad, SYS_mknod, p, S_IFDIR | 0600, 0)
CALL(c_chmod, SYS_chmod, p, 0644)
CALL(c_chown, SYS_chown, p, -1, -1)
CALL(c_lchown, SYS_lchown, p, -1, -1)
CALL(c_utime, SYS_utime, p, NULL)
CALL(c_utimes, SYS_utimes, p, NULL)
CALL(c_futimesat, SYS_futimesat, F, p, NULL)
#endif
#ifdef SYS_stat64
CALL(c_stat64, SYS_stat64, p, out)
CALL(c_lstat64, SYS_lstat64, p, out)
CALL(c_fstatat64, SYS_fstatat64, F, p, out, 0)
CALL(c_statfs64, SYS_statfs64, p, 84, out)
CALL(c_statfs64_bad, SYS_statfs64, p, 1, out)
CALL(c_truncate64, SYS_truncate64, p, 0, 0)
CALL(c_chown32, SYS_chown32, p, -1, -1)
CALL(c_lchown32, SYS_lchown32, p, -1, -1)
CALL(c_oldstat, SYS_oldstat, p, out)
CALL(c_oldlstat, SYS_oldlstat, p, out)
CALL(c_umount, SYS_umount, p)
CALL(c_utimensat64, SYS_utimensat_time64, F, p, NULL, 0)
#endif
#ifdef SYS_newfstatat
CALL(c_newfstatat, SYS_newfstatat, F, p, out, 0)
CALL(c_newfstatat_bad, SYS_newfstatat, F, p, out, 0x10000)
CALL(c_newfstatat_empty, SYS_newfstatat, F, p, out, AT_EMPTY_PATH)
#endif
CALL(c_openat, SYS_openat, F, p, O_RDONLY)
CALL(c_openat_badfd, SYS_openat, 77, p, O_RDONLY)
CALL(c_openat_filefd, SYS_openat, 3, p, O_RDONLY)
CALL(c_openat2, SYS_openat2, F, p, &how, sizeof(how))
CALL(c_openat2_size, SYS_openat2, F, p, &how, 8)
CALL(c_statx, SYS_statx, F, p, 0, 0x7ff, out)
CALL(c_statx_bad, SYS_statx, F, p, 0x6000, 0x7ff, out)
CALL(c_statx_null, SYS_statx, F, p, 0, 0x7ff, NULL)
CALL(c_faccessat, SYS_faccessat, F, p, R_OK)
CALL(c_faccessat2, SYS_faccessat2, F, p, R_OK, AT_EACCESS)
CALL(c_faccessat2_bad, SYS_faccessat2, F, p, R_OK, 0x20000)
CALL(c_readlinkat, SYS_readlinkat, F, p, out, 4096)
CALL(c_mkdirat, SYS_mkdirat, F, p, 0755)
CALL(c_unlinkat, SYS_unlinkat, F, p, 0)
CALL(c_unlinkat_dir, SYS_unlinkat, F, p, AT_REMOVEDIR)
CALL(c_unlinkat_bad, SYS_unlinkat, F, p, 1)
CALL(c_linkat_from, SYS_linkat, F, p, F, good, AT_SYMLINK_FOLLOW)
CALL(c_linkat_to, SYS_linkat, F, "file", F, p, 0)
CALL(c_symlinkat, SYS_symlinkat, "x", F, p)
CALL(c_renameat_from, SYS_renameat, F, p, F, good)
CALL(c_renameat2_to, SYS_renameat2, F, "file", F, p, 1)
CALL(c_renameat2_exch, SYS_renameat2, F, p, F, "file", 2)
CALL(c_renameat2_bad, SYS_renameat2, F, p, F, "file", 3)
CALL(c_mknodat, SYS_mknodat, F, p, S_IFREG | 0600, 0)
CALL(c_fchmodat, SYS_fchmodat, F, p, 0644)
CALL(c_fchmodat2, SYS_fchmodat2, F, p, 0644, 0)
CALL(c_fchmodat2_bad, SYS_fchmodat2, F, p, 0644, 7)
CALL(c_fchownat, SYS_fchownat, F, p, -1, -1, 0)
CALL(c_utimensat, SYS_utimensat, F, p, NULL, AT_SYMLINK_NOFOLLOW)
CALL(c_truncate, SYS_truncate, p, 0)
CALL(c_statfs, SYS_statfs, p, out)
CALL(c_chdir, SYS_chdir, p)
CALL(c_chroot, SYS_chroot, p)
CALL(c_execve, SYS_execve, p, NULL, NULL)
CALL(c_execveat, SYS_execveat, F, p, NULL, NULL, 0)
CALL(c_execveat_bad, SYS_execveat, F, p, NULL, NULL, 1)
CALL(c_setxattr, SYS_setxattr, p, "user.a", "v", 1, 0)
CALL(c_lsetxattr, SYS_lsetxattr, p, "user.a", "v", 1, 0)
CALL(c_getxattr, SYS_getxattr, p, "user.a", out, 10)
CALL(c_lgetxattr, SYS_lgetxattr, p, "user.a", out, 10)
CALL(c_listxattr, SYS_listxattr, p, out, 0)
CALL(c_llistxattr, SYS_llistxattr, p, out, 0)
CALL(c_removexattr, SYS_removexattr, p, "user.a")
CALL(c_lremovexattr, SYS_lremovexattr, p, "user.a")
CALL(c_inotify, SYS_inotify_add_watch, 4, p, 2)
CALL(c_inotify_badfd, SYS_inotify_add_watch, 3, p, 2)
CALL(c_name_to_handle, SYS_name_to_handle_at, F, p, out, out + 4096, 0)
CALL(c_mount, SYS_mount, p, "tree", "tmpfs", 0, NULL)
CALL(c_mount_on, SYS_mount, "none", p, "tmpfs", 0, NULL)
CALL(c_umount2, SYS_umount2, p, 0)
CALL(c_pivot_root, SYS_pivot_root, p, p)
CALL(c_swapon, SYS_swapon, p, 0)
CALL(c_swapoff, SYS_swapoff, p)
CALL(c_acct, SYS_acct, p)

static long unix_call(int nr, const char *p)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if ((uintptr_t)p < 4096 || (intptr_t)p < 0 || memchr(p, 0, 108) == NULL)
		return close(fd), 0;
	memcpy(a.sun_path, p, strlen(p) + 1);
	r = nr ? bind(fd, (void *)&a, sizeof(a)) : connect(fd, (void *)&a, sizeof(a));
	nr = errno;
	close(fd);
	errno = nr;
	return r;
}

static long c_bind(const char *p)
{
	return unix_call(1, p);
}

static long c_connect(const char *p)
{
	return unix_call(0, p);
}

struct entry {
	const char *name;
	long (*fn)(const char *p);
	bool needs_readable; /* emulated in user space here: not for bad pointers */
};

#define E(id) { #id, id, false }
static const struct entry entries[] = {
#ifdef SYS_open
	E(c_open), E(c_open_w), E(c_creat_excl), E(c_open_nofollow), E(c_open_path), E(c_creat),
	E(c_stat), E(c_lstat), E(c_access), E(c_access_bad), E(c_readlink), E(c_readlink_0),
	E(c_readlink_null), E(c_mkdir), E(c_rmdir), E(c_unlink), E(c_link_from), E(c_link_to),
	E(c_symlink_text), E(c_symlink), E(c_rename_from), E(c_rename_to), E(c_mknod),
	E(c_mknod_dev), E(c_mknod_bad), E(c_chmod), E(c_chown), E(c_lchown), E(c_utime),
	E(c_utimes), E(c_futimesat),
#endif
#ifdef SYS_stat64
	E(c_stat64), E(c_lstat64), E(c_fstatat64), E(c_statfs64), E(c_statfs64_bad),
	E(c_truncate64), E(c_chown32), E(c_lchown32), E(c_oldstat), E(c_oldlstat), E(c_umount),
	E(c_utimensat64),
#endif
#ifdef SYS_newfstatat
	E(c_newfstatat), E(c_newfstatat_bad), E(c_newfstatat_empty),
#endif
	E(c_openat), E(c_openat_badfd), E(c_openat_filefd), E(c_openat2), E(c_openat2_size),
	E(c_statx), E(c_statx_bad), E(c_statx_null), E(c_faccessat), E(c_faccessat2),
	E(c_faccessat2_bad), E(c_readlinkat), E(c_mkdirat), E(c_unlinkat), E(c_unlinkat_dir),
	E(c_unlinkat_bad), E(c_linkat_from), E(c_linkat_to), E(c_symlinkat), E(c_renameat_from),
	E(c_renameat2_to), E(c_renameat2_exch), E(c_renameat2_bad), E(c_mknodat), E(c_fchmodat),
	E(c_fchmodat2), E(c_fchmodat2_bad), E(c_fchownat), E(c_utimensat), E(c_truncate),
	E(c_statfs), E(c_chdir), E(c_chroot), E(c_execve), E(c_execveat), E(c_execveat_bad),
	E(c_setxattr), E(c_lsetxattr), E(c_getxattr), E(c_lgetxattr), E(c_listxattr),
	E(c_llistxattr), E(c_removexattr), E(c_lremovexattr), E(c_inotify), E(c_inotify_badfd),
	E(c_name_to_handle), E(c_mount), E(c_mount_on), E(c_umount2), E(c_pivot_root),
	E(c_swapon), E(c_swapoff), E(c_acct), { "c_bind", c_bind, true },
	{ "c_connect", c_connect, true },
};

static void remove_tree(void)
{
	chmod("/", 0755); /* some call may have taken our own right to search */
	chmod("/tmp", 0755);
	chdir("/tmp");
	remove_all("tree");
	remove_all("file");
}

/* As new before every call; 3 is a file and 4 an inotify instance. */
static void fixture(void)
{
	remove_tree();
	make_dir("tree");
	make_dir("tree/d");
	make_dir("tree/d/e");
	make_file("tree/f", "f\n");
	make_file("tree/d/f", "f\n");
	make_file("file", "file\n");
	make_link("loop", "tree/loop");
	make_link("missing", "tree/dang");
	make_link("d", "tree/to-d");
	make_link("f", "tree/to-f");
	for (int fd = 3; fd < 10; fd++)
		close(fd);
	NEED(open("file", O_RDONLY | O_CLOEXEC) == 3);
	NEED(syscall(SYS_inotify_init1, O_CLOEXEC) == 4);
}

static void try(const struct entry *e, const char *label, const char *path)
{
	struct stat st = { 0 };
	long r;

	fixture();
	r = e->fn(path);
	if (r > 0 && strncmp(e->name, "c_readlink", 10) != 0 && strcmp(e->name, "c_inotify") != 0)
		r = fcntl(r, F_GETFD) >= 0 ? 0 : r;
	SHOW_AS(r, "%s %s", e->name + 2, label);
	/* What it did, as far as a later look can tell. */
	if (r == 0 && lstat("/tmp/tree/new", &st) == 0)
		printf("  new is %o\n", st.st_mode);
}

static void bad_pointers(const struct entry *e)
{
	char *page = page_before_gap();
	long size = sysconf(_SC_PAGESIZE);

	memcpy(page + size - 6, "tree/f", 6); /* no NUL before the gap */
	try(e, "runs into the gap", page + size - 6);
	memcpy(page + size - 7, "tree/f", 7);
	try(e, "ends at the gap", page + size - 7);
	try(e, "PROT_NONE", page + size);
	NEED(mprotect(page, size, PROT_READ) == 0);
	try(e, "read-only page", page + size - 7);
	NEED(mprotect(page, size, PROT_WRITE) == 0);
	munmap(page, 2 * size);
	try(e, "unmapped", page);
	try(e, "NULL", NULL);
	try(e, "kernel address", (char *)-4096L);
	try(e, "low address", (char *)8);
}

static void bad_paths(const struct entry *e)
{
	static const char *const paths[] = {
		"", "/", ".", "..", "/missing/x", "tree/f/", "tree/f/x", "tree/f/..", "tree/d",
		"tree/d/", "tree/d/.", "tree/d/..", "tree/d/e", "tree/loop", "tree/loop/",
		"tree/dang", "tree/dang/", "tree/dang/x", "tree/missing", "tree/missing/", "tree/to-d",
		"tree/to-d/", "tree/to-d/e", "tree/to-f", "tree/to-f/", "tree/f",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		try(e, paths[i], paths[i]);
}

static void long_paths(const struct entry *e)
{
	static char path[5000];

	memset(path, '/', sizeof(path));
	memcpy(path, "tree", 4);
	path[4094] = 'f';
	path[4095] = '\0';
	try(e, "4095 bytes", path);
	path[4094] = '/';
	path[4095] = 'f';
	path[4096] = '\0';
	try(e, "4096 bytes", path);
	memset(path + 5, 'x', 256);
	path[5 + 256] = '\0';
	try(e, "name of 256", path);
	path[5 + 255] = '\0';
	try(e, "name of 255", path);
	unlink(path);
	rmdir(path);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		if (!entries[i].needs_readable)
			bad_pointers(&entries[i]);
		bad_paths(&entries[i]);
		long_paths(&entries[i]);
	}
	fixture();
	remove_tree();
	return 0;
}
