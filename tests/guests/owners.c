// SPDX-License-Identifier: MIT
/*
 * Owners and modes as root sees and sets them: every call of the stat family tells the same, chown
 * and chmod do what the kernel's do, and what they did follows renames and links.
 * kind: identity
 * binds: @/data:/mnt/data
 */
#include "guest.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>

/* What all of the stat family must agree upon. */
struct seen {
	unsigned uid, gid, mode, nlink, rdev_major, rdev_minor;
};

static void print_seen(const char *how, const char *name, long r, const struct seen *s)
{
	if (r < 0)
		printf("%s %s = %s\n", how, name, err_name(errno));
	else
		printf("%s %s = %u:%u %o links %u dev %u:%u\n", how, name, s->uid, s->gid, s->mode,
		       S_ISDIR(s->mode) ? 0 : s->nlink, s->rdev_major, s->rdev_minor);
}

static void print_stat(const char *how, const char *name, long r, const struct stat *st)
{
	struct seen s = { st->st_uid, st->st_gid, st->st_mode, st->st_nlink, major(st->st_rdev),
			  minor(st->st_rdev) };

	print_seen(how, name, r, &s);
}

static void print_statx(const char *how, const char *name, long r, const struct statx *st)
{
	struct seen s = { st->stx_uid, st->stx_gid, st->stx_mode, st->stx_nlink, st->stx_rdev_major,
			  st->stx_rdev_minor };

	print_seen(how, name, r, &s);
}

#if defined(__i386__)
struct old_stat {
	unsigned short dev, ino, mode, nlink, uid, gid, rdev;
	unsigned size, atime, mtime, ctime;
};

struct short_stat {
	unsigned dev, ino;
	unsigned short mode, nlink, uid, gid;
	unsigned rdev, rest[13];
};

static void look_32(const char *name)
{
	struct short_stat st = { 0 };
	struct seen s;
	long r = syscall(SYS_stat, name, &st);

	s = (struct seen){ st.uid, st.gid, st.mode, st.nlink, major(st.rdev), minor(st.rdev) };
	if (r == 0 || errno != EOVERFLOW)
		print_seen("short stat", name, r, &s);
	r = syscall(SYS_lstat, name, &st);
	s = (struct seen){ st.uid, st.gid, st.mode, st.nlink, major(st.rdev), minor(st.rdev) };
	if (r == 0 || errno != EOVERFLOW)
		print_seen("short lstat", name, r, &s);
}
#else
static void look_32(const char *name)
{
	(void)name;
}
#endif

static void look(const char *name)
{
	struct stat st = { 0 };
	struct statx stx = { 0 };
	int fd;

	print_stat("stat", name, stat(name, &st), &st);
	print_stat("lstat", name, lstat(name, &st), &st);
	print_stat("fstatat", name, fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW), &st);
	print_statx("statx", name, statx(AT_FDCWD, name, 0, STATX_BASIC_STATS, &stx), &stx);
	look_32(name);
	fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	print_stat("fstat by path", name, fstat(fd, &st), &st);
	print_stat("fstatat empty", name, fstatat(fd, "", &st, AT_EMPTY_PATH), &st);
	print_statx("statx empty", name, statx(fd, "", AT_EMPTY_PATH, STATX_UID, &stx), &stx);
	close(fd);
}

static void brief(const char *what, const char *name)
{
	struct stat st = { 0 };

	print_stat(what, name, lstat(name, &st), &st);
}

static void plain(void)
{
	make_file("f", "text");
	make_dir("d");
	make_link("f", "l");
	look("f");
	look("d");
	look("l");
	look("d/");
	look("d/.");
	look(".");
	look("/");
	look("/mnt/data");
	look("/mnt/data/file");
	look("/proc/self");
	look("/proc/self/cwd");
	look("/proc/self/fd/1");
	look("missing");
	look("f/");
	look("f/x");
	look("");
}

static void chowns(void)
{
	int fd = open("f", O_RDWR | O_CLOEXEC), path = open("f", O_PATH | O_CLOEXEC);
	int link = open("l", O_PATH | O_NOFOLLOW | O_CLOEXEC);

	SHOW(chown("f", 10, 20));
	look("f");
	SHOW(chown("f", -1, 21));
	brief("chown", "f");
	SHOW(chown("f", 11, -1));
	brief("chown", "f");
	SHOW(lchown("l", 5, 6));
	look("l");
	SHOW(chown("l", 7, 8));
	brief("chown", "l");
	brief("chown", "f");
	SHOW(fchown(fd, 9, 9));
	brief("fchown", "f");
	SHOW(fchown(path, 1, 1));
	SHOW(fchown(-1, 1, 1));
	SHOW(fchownat(path, "", 12, 13, AT_EMPTY_PATH));
	brief("fchownat", "f");
	SHOW(fchownat(link, "", 14, 15, AT_EMPTY_PATH));
	look("l");
	SHOW(fchownat(AT_FDCWD, "l", 16, 17, AT_SYMLINK_NOFOLLOW));
	brief("fchownat", "l");
	SHOW(fchownat(AT_FDCWD, "f", 1, 1, 0x4000));
	SHOW(fchownat(AT_FDCWD, "", 1, 1, 0));
	SHOW(fchownat(77, "", 1, 1, AT_EMPTY_PATH));
	SHOW(chown("missing", 1, 1));
	SHOW(chown("f/x", 1, 1));
	SHOW(chown("d", 30, 40));
	look("d");
	SHOW(chown("f", 65534, 65533));
	brief("chown", "f");
	SHOW(chown("f", 0, 0));
	look("f");
	SHOW(chown(".", 1, 2));
	look(".");
	SHOW(chown("/mnt/data/file", 3, 4));
	look("/mnt/data/file");
	close(fd);
	close(path);
	close(link);
}

/* What a change of owner takes away, and what not. */
static void set_ids(void)
{
	static const int modes[] = { 04755, 02755, 06755, 02745, 02644, 07777, 01644, 04000 };

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		SHOW_AS(chmod("f", modes[i]), "chmod %o", modes[i]);
		brief("file", "f");
		SHOW(chown("f", i, -1));
		brief("file", "f");
		chmod("f", modes[i]);
		SHOW(chown("f", -1, -1));
		brief("file", "f");
		SHOW_AS(chmod("d", modes[i]), "chmod d %o", modes[i]);
		SHOW(chown("d", i, i));
		look("d");
	}
	SHOW(chmod("d", 0755));
}

static void chmods(void)
{
	static const int modes[] = { 0, 0444, 0200, 0111, 0777, 0640 };
	int fd = open("f", O_RDWR | O_CLOEXEC), path = open("f", O_PATH | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		SHOW_AS(chmod("f", modes[i]), "chmod %o", modes[i]);
		look("f");
		SHOW_AS(chmod("d", modes[i]), "chmod d %o", modes[i]);
		look("d");
	}
	SHOW(chmod("d", 0755));
	SHOW(fchmod(fd, 04711));
	brief("fchmod", "f");
	SHOW(fchmod(path, 0600));
	SHOW(fchmod(99, 0600));
	SHOW(fchmodat(AT_FDCWD, "l", 0604, 0));
	brief("fchmodat", "f");
	SHOW(syscall(SYS_fchmodat2, AT_FDCWD, "l", 0600, AT_SYMLINK_NOFOLLOW));
	SHOW(syscall(SYS_fchmodat2, path, "", 0611, AT_EMPTY_PATH));
	brief("fchmodat2", "f");
	SHOW(syscall(SYS_fchmodat2, AT_FDCWD, "f", 0600, 0x8000));
	SHOW(chmod("f", 0177777));
	brief("chmod", "f");
	SHOW(chmod("missing", 0644));
	close(fd);
	close(path);
}

/* What is remembered is the inode's. */
static void names(void)
{
	make_file("n", "n");
	SHOW(chown("n", 41, 42));
	SHOW(chmod("n", 04710));
	SHOW(link("n", "n2"));
	look("n2");
	SHOW(rename("n", "d/n"));
	look("d/n");
	SHOW(unlink("d/n"));
	brief("left", "n2");
	SHOW(unlink("n2"));
	make_file("n2", "another");
	brief("new", "n2");
	make_link("x", "nl");
	SHOW(lchown("nl", 43, 44));
	SHOW(rename("nl", "nl2"));
	brief("renamed", "nl2");
	SHOW(unlink("nl2"));
	make_link("x", "nl2");
	brief("new", "nl2");
	SHOW(rename("d", "e"));
	brief("renamed", "e");
	SHOW(rename("e", "d"));
}

/* What has no name is its maker's. */
static void nameless(void)
{
	int fds[2], fd;
	struct stat st;

	NEED(pipe(fds) == 0);
	print_stat("fstat", "pipe", fstat(fds[0], &st), &st);
	SHOW(fchmod(fds[0], 0640));
	print_stat("fstat", "pipe", fstat(fds[1], &st), &st);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	print_stat("fstat", "socket", fstat(fds[0], &st), &st);
	fd = memfd_create("m", 0);
	print_stat("fstat", "memfd", fstat(fd, &st), &st);
	SHOW(fchmod(fd, 04700));
	print_stat("fstat", "memfd", fstat(fd, &st), &st);
	close(fd);
	fd = open("f", O_RDONLY | O_CLOEXEC);
	NEED(unlink("f") == 0);
	print_stat("fstat", "unlinked", fstat(fd, &st), &st);
	SHOW(fchown(fd, 3, 3));
	SHOW(fchmod(fd, 02755));
	print_stat("fstat", "unlinked", fstat(fd, &st), &st);
	close(fd);
	make_file("f", "text");
}

static void write_as_another(const char *name, int flags)
{
	int fd;

	NEED(setresuid(10, 10, 0) == 0);
	fd = open(name, flags);
	if (fd >= 0 && (flags & O_ACCMODE) != O_RDONLY)
		NEED(write(fd, "x", 1) == 1);
	close(fd);
	NEED(setresuid(0, 0, 0) == 0);
}

/* What a write takes away, if it is not root's. */
static void writes(void)
{
	static const int modes[] = { 06777, 02767, 04666 };

	make_file("w", "text");
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		NEED(chmod("w", modes[i]) == 0);
		write_as_another("w", O_RDONLY);
		brief("read", "w");
		write_as_another("w", O_WRONLY);
		brief("written", "w");
		NEED(chmod("w", modes[i]) == 0);
		write_as_another("w", O_WRONLY | O_TRUNC);
		brief("cut", "w");
		NEED(chmod("w", modes[i]) == 0 && setresuid(10, 10, 0) == 0);
		SHOW(truncate("w", 2));
		NEED(setresuid(0, 0, 0) == 0);
		brief("truncated", "w");
	}
	NEED(unlink("w") == 0);
}

static bool is_later(const char *name, const struct timespec *before)
{
	struct stat st;

	NEED(lstat(name, &st) == 0);
	return st.st_ctim.tv_sec > before->tv_sec ||
	       (st.st_ctim.tv_sec == before->tv_sec && st.st_ctim.tv_nsec > before->tv_nsec);
}

static void change_times(void)
{
	struct stat st;

	NEED(stat("f", &st) == 0);
	nap_ms(30);
	SHOW(chown("f", st.st_uid, st.st_gid));
	printf("chown to the same moves ctime: %d\n", is_later("f", &st.st_ctim));
	NEED(stat("f", &st) == 0);
	nap_ms(30);
	SHOW(chmod("f", st.st_mode & 07777));
	printf("chmod to the same moves ctime: %d\n", is_later("f", &st.st_ctim));
	NEED(lstat("l", &st) == 0);
	nap_ms(30);
	SHOW(lchown("l", -1, -1));
	printf("lchown to the same moves ctime: %d\n", is_later("l", &st.st_ctim));
}

static void errors(void)
{
	char *edge = page_before_gap() + sysconf(_SC_PAGESIZE) - 8;
	static char path[5000];
	struct stat st;

	memset(path, 'p', sizeof(path) - 1);
	SHOW(stat(path, &st));
	SHOW(stat("f", (void *)edge));
	SHOW(stat("f", NULL));
	SHOW(stat(NULL, &st));
	SHOW(stat((void *)16, &st));
	SHOW(fstat(-1, &st));
	SHOW(fstat(1, NULL));
	SHOW(fstat(1000, &st));
	SHOW(fstatat(AT_FDCWD, "f", &st, 0x10000));
	SHOW(fstatat(1000, "f", &st, 0));
	SHOW(fstatat(1000, "", &st, AT_EMPTY_PATH));
	SHOW(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
	SHOW(fstatat(AT_FDCWD, "f", &st, AT_NO_AUTOMOUNT));
	SHOW(statx(AT_FDCWD, "f", 0x6000, STATX_UID, (void *)&st));
	SHOW(statx(AT_FDCWD, "f", 0, 0x80000000, (void *)&st));
	SHOW(statx(AT_FDCWD, "f", AT_STATX_FORCE_SYNC, STATX_UID, NULL));
}

int main(void)
{
	NEED(mkdir("/tmp/w", 0755) == 0 && chdir("/tmp/w") == 0);
	plain();
	chowns();
	set_ids();
	chmods();
	names();
	nameless();
	writes();
	change_times();
	errors();
	return 0;
}
