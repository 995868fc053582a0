// SPDX-License-Identifier: MIT
/*
 * Younger and rarer calls with paths: statx, faccessat2, fchmodat2, extended attributes by name, by fd
 * and *xattrat, file_getattr, name_to_handle_at, inotify, fanotify, quotactl, the mount family.
 *
 * binds: @/data:/mnt/data @/ro:/mnt/ro:ro
 */
#include "guest.h"

#include <linux/stat.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/xattr.h>

/* Extended attributes by the younger calls. */
struct xattr_arg {
	uint64_t value;
	uint32_t size;
	uint32_t flags;
};

static const char *const files[] = { "/tmp/f", "/tmp/link", "/tmp/d", "/mnt/data/file", "/mnt/ro/file",
				     "/tmp/missing", "/tmp/dangling" };

static void stat_x(const char *path, int flags)
{
	struct statx stx = { 0 };

	SHOW_AS(syscall(SYS_statx, AT_FDCWD, path, flags, STATX_BASIC_STATS, &stx), "statx %s %#x", path,
		flags);
	printf("  mode %o size %lld\n", stx.stx_mode,
	       S_ISREG(stx.stx_mode) ? (long long)stx.stx_size : 0LL);
}

static void xattrs(const char *path)
{
	char buf[64] = "";

	printf("xattrs of %s\n", path);
	SHOW(setxattr(path, "user.one", "1", 1, 0));
	SHOW(setxattr(path, "user.one", "1", 1, XATTR_CREATE));
	SHOW(setxattr(path, "user.two", "2", 1, XATTR_REPLACE));
	SHOW(lsetxattr(path, "user.three", "333", 3, 0));
	SHOW(getxattr(path, "user.one", buf, sizeof(buf)));
	SHOW(lgetxattr(path, "user.three", buf, 1));
	SHOW(getxattr(path, "trusted.x", buf, 1));
	SHOW(setxattr(path, "trusted.x", buf, 1, 0));
	SHOW(setxattr(path, "bogus", buf, 1, 0));
	SHOW(listxattr(path, buf, sizeof(buf)));
	SHOW(llistxattr(path, NULL, 0));
	SHOW(removexattr(path, "user.one"));
	SHOW(removexattr(path, "user.one"));
	SHOW(lremovexattr(path, "user.three"));
}

static void xattrat(const char *path, int flags)
{
	char buf[64] = "";
	struct xattr_arg set = { (uintptr_t)"v", 1, 0 }, get = { (uintptr_t)buf, sizeof(buf), 0 };

	printf("xattrat %s %#x\n", path, flags);
	SHOW(syscall(SYS_setxattrat, AT_FDCWD, path, flags, "user.at", &set, sizeof(set)));
	SHOW(syscall(SYS_getxattrat, AT_FDCWD, path, flags, "user.at", &get, sizeof(get)));
	SHOW(syscall(SYS_listxattrat, AT_FDCWD, path, flags, NULL, (size_t)0));
	SHOW(syscall(SYS_removexattrat, AT_FDCWD, path, flags, "user.at"));
	SHOW(syscall(SYS_removexattrat, AT_FDCWD, path, flags, "user.at"));
}

static void fd_forms(void)
{
	int fd = open("/tmp/f", O_RDWR), dir = open("/tmp", O_RDONLY);
	char buf[64] = "";
	struct xattr_arg set = { (uintptr_t)"v", 1, 0 };
	struct statx stx;

	SHOW(fsetxattr(fd, "user.fd", "v", 1, 0));
	SHOW(fgetxattr(fd, "user.fd", buf, sizeof(buf)));
	SHOW(flistxattr(fd, NULL, 0));
	SHOW(fremovexattr(fd, "user.fd"));
	SHOW(syscall(SYS_setxattrat, fd, "", AT_EMPTY_PATH, "user.e", &set, sizeof(set)));
	SHOW(syscall(SYS_setxattrat, fd, NULL, AT_EMPTY_PATH, "user.e", &set, sizeof(set)));
	SHOW(syscall(SYS_setxattrat, fd, "", 0, "user.e", &set, sizeof(set)));
	SHOW(syscall(SYS_setxattrat, dir, "f", 0, "user.e", &set, sizeof(set)));
	SHOW(syscall(SYS_removexattrat, dir, "f", 0, "user.e"));
	SHOW(syscall(SYS_setxattrat, dir, "f", 0, "user.e", &set, (size_t)8));
	SHOW(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx));
	SHOW(syscall(SYS_statx, fd, NULL, AT_EMPTY_PATH, STATX_BASIC_STATS, &stx));
	SHOW(syscall(SYS_statx, fd, "", 0, STATX_BASIC_STATS, &stx));
	SHOW(syscall(SYS_statx, dir, "link", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx));
	printf("  mode %o\n", stx.stx_mode);
	SHOW(syscall(SYS_statx, dir, "d/../f", 0, STATX_BASIC_STATS, &stx));
	close(fd);
	close(dir);
}

static void chmods(const char *path)
{
	struct stat st = { 0 };

	SHOW_AS(syscall(SYS_fchmodat2, AT_FDCWD, path, 0640, 0), "fchmodat2 %s", path);
	SHOW_AS(syscall(SYS_fchmodat2, AT_FDCWD, path, 0600, AT_SYMLINK_NOFOLLOW),
		"fchmodat2 nofollow %s", path);
	SHOW_AS(stat(path, &st), "stat");
	printf("  mode %o\n", st.st_mode & 07777);
	if (S_ISDIR(st.st_mode))
		chmod(path, 0755);
}

static void attributes(const char *path)
{
	struct {
		uint64_t xflags;
		uint32_t extsize, nextents, projid, cowextsize;
	} attr = { 0 };

	SHOW_AS(syscall(SYS_file_getattr, AT_FDCWD, path, &attr, sizeof(attr), 0), "file_getattr %s",
		path);
	SHOW_AS(syscall(SYS_file_getattr, AT_FDCWD, path, &attr, sizeof(attr), AT_SYMLINK_NOFOLLOW),
		"file_getattr nofollow %s", path);
	SHOW_AS(syscall(SYS_file_setattr, AT_FDCWD, path, &attr, (size_t)4, 0), "file_setattr small %s",
		path);
}

static void handles(const char *path)
{
	union {
		struct file_handle h;
		char room[256];
	} u = { 0 };
	int mount_id;

	SHOW_AS(name_to_handle_at(AT_FDCWD, path, &u.h, &mount_id, 0), "handle %s", path);
	u.h.handle_bytes = 128;
	SHOW_AS(name_to_handle_at(AT_FDCWD, path, &u.h, &mount_id, 0), "handle 128 %s", path);
	SHOW_AS(name_to_handle_at(AT_FDCWD, path, &u.h, &mount_id, AT_SYMLINK_FOLLOW), "follow %s", path);
	SHOW_AS(open_by_handle_at(AT_FDCWD, &u.h, O_RDONLY), "open by handle %s", path);
}

static void inotify(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char buf[4096];
	ssize_t n;

	SHOW(inotify_add_watch(fd, "/tmp/d", IN_CREATE | IN_DELETE | IN_MOVED_TO));
	SHOW(inotify_add_watch(fd, "/tmp/link", IN_MODIFY));
	SHOW(inotify_add_watch(fd, "/tmp/link", IN_MODIFY | IN_DONT_FOLLOW));
	SHOW(inotify_add_watch(fd, "/tmp/f", IN_ONLYDIR | IN_MODIFY));
	SHOW(inotify_add_watch(fd, "/mnt/data", IN_CREATE));
	SHOW(inotify_add_watch(fd, "/tmp/missing", IN_CREATE));
	make_file("/tmp/d/made", "x");
	make_file("/mnt/data/made", "x");
	make_file("/tmp/f", "more");
	unlink("/tmp/d/made");
	n = read(fd, buf, sizeof(buf));
	for (char *p = buf; p < buf + n;) {
		struct inotify_event *e = (void *)p;

		printf("event %d %#x %s\n", e->wd, e->mask, e->len ? e->name : "");
		p += sizeof(*e) + e->len;
	}
	close(fd);
}

static void refused(void)
{
	int fd = SHOW(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, O_RDONLY));

	SHOW(fanotify_mark(fd, FAN_MARK_ADD, FAN_CREATE, AT_FDCWD, "/tmp/d"));
	SHOW(fanotify_mark(fd, FAN_MARK_ADD, FAN_CREATE, AT_FDCWD, "/tmp/missing"));
	SHOW(fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_DONT_FOLLOW, FAN_MODIFY, AT_FDCWD, "/tmp/link"));
	close(fd);
	SHOW(syscall(SYS_quotactl, 0x80000700, "/dev/vda", 0, 0));
	SHOW(syscall(SYS_mount, "none", "/tmp/d", "tmpfs", 0, NULL));
	SHOW(syscall(SYS_umount2, "/mnt/data", 0));
	SHOW(syscall(SYS_umount2, "/tmp/d", 0));
	SHOW(syscall(SYS_umount2, "/tmp/missing", 0));
	SHOW(syscall(SYS_pivot_root, "/tmp", "/tmp/d"));
	SHOW(syscall(SYS_chroot, "/tmp"));
	SHOW(syscall(SYS_chroot, "/tmp/missing"));
	SHOW(syscall(SYS_chroot, "/tmp/f"));
	SHOW(syscall(SYS_swapon, "/tmp/f", 0));
	SHOW(syscall(SYS_acct, "/tmp/f"));
	SHOW(syscall(SYS_fsopen, "tmpfs", 0));
	SHOW(syscall(SYS_fspick, AT_FDCWD, "/tmp", 0));
	SHOW(syscall(SYS_move_mount, AT_FDCWD, "/tmp", AT_FDCWD, "/tmp/d", 0));
	SHOW(syscall(SYS_mount_setattr, AT_FDCWD, "/tmp", 0, NULL, (size_t)0));
}

int main(void)
{
	size_t n = sizeof(files) / sizeof(*files);

	NEED(chdir("/tmp") == 0);
	make_dir("d");
	make_file("f", "f\n");
	make_link("f", "link");
	make_link("gone", "dangling");
	for (size_t i = 0; i < n; i++) {
		stat_x(files[i], 0);
		stat_x(files[i], AT_SYMLINK_NOFOLLOW);
		stat_x(files[i], AT_NO_AUTOMOUNT | 0x4000);
		xattrs(files[i]);
		xattrat(files[i], 0);
		xattrat(files[i], AT_SYMLINK_NOFOLLOW);
		xattrat(files[i], 0x8000);
		chmods(files[i]);
		attributes(files[i]);
		handles(files[i]);
		SHOW(syscall(SYS_faccessat2, AT_FDCWD, files[i], W_OK, 0));
		SHOW(syscall(SYS_faccessat2, AT_FDCWD, files[i], W_OK, AT_SYMLINK_NOFOLLOW | AT_EACCESS));
	}
	fd_forms();
	inotify();
	refused();
	return 0;
}
