// SPDX-License-Identifier: MIT
/*
 * Calls relative to a directory descriptor: renamed and deleted directories, dup2 over one, O_PATH,
 * AT_EMPTY_PATH, O_TMPFILE with linkat, binds below a descriptor, ".." out of one.
 *
 * dirs: /tmp/d
 * binds: @/data:/mnt/data @/other:/tmp/d/bound @/file:/tmp/d/boundfile
 */
#include "guest.h"

#include <linux/openat2.h>

static char *const no_args[] = { "x", NULL };

static void through(const char *what, int fd)
{
	struct stat st;
	char buf[64];
	int r;

	printf("through %s\n", what);
	SHOW(fstatat(fd, "f", &st, 0));
	SHOW(fstatat(fd, "../f", &st, 0));
	SHOW(fstatat(fd, "", &st, 0));
	SHOW(fstatat(fd, "", &st, AT_EMPTY_PATH));
	SHOW(fstatat(fd, "/tmp", &st, 0));
	SHOW(fstatat(fd, "..", &st, 0));
	SHOW(fstatat(fd, "../../../..", &st, 0));
	SHOW(fstatat(fd, "link", &st, 0));
	SHOW(fstatat(fd, "abslink", &st, AT_SYMLINK_NOFOLLOW));
	SHOW(fstatat(fd, "abslink", &st, 0));
	SHOW(readlinkat(fd, "link", buf, sizeof(buf)));
	SHOW(readlinkat(fd, "", buf, sizeof(buf)));
	SHOW(faccessat(fd, "f", R_OK, 0));
	SHOW(mkdirat(fd, "made", 0755));
	SHOW(renameat(fd, "made", fd, "moved"));
	SHOW(unlinkat(fd, "moved", AT_REMOVEDIR));
	SHOW(symlinkat("f", fd, "sym"));
	SHOW(linkat(fd, "sym", fd, "hard", AT_SYMLINK_FOLLOW));
	SHOW(unlinkat(fd, "sym", 0));
	SHOW(unlinkat(fd, "hard", 0));
	SHOW(fchmodat(fd, "f", 0640, 0));
	SHOW(utimensat(fd, "f", NULL, 0));
	r = SHOW(openat(fd, "f", O_RDONLY));
	if (r >= 0)
		close(r);
}

static void directories(void)
{
	int d = open("d", O_RDONLY | O_DIRECTORY), path = open("d", O_PATH), file = open("f", O_RDONLY);

	through("a directory", d);
	through("O_PATH", path);
	through("a file", file);
	through("AT_FDCWD", AT_FDCWD);
	through("a closed one", 99);
	through("-1", -1);
	NEED(rename("d", "renamed") == 0);
	through("a renamed one", d);
	NEED(rename("renamed", "deeper/d") == 0);
	through("a moved one", d);
	NEED(rename("deeper/d", "d") == 0);
	NEED(dup2(file, d) == d);
	through("dup2 of a file over it", d);
	NEED(dup2(path, d) == d);
	through("dup2 of O_PATH over it", d);
	close(d);
	through("closed", d);
	close(path);
	close(file);
}

static void deleted(void)
{
	int d;

	make_dir("gone");
	d = open("gone", O_RDONLY | O_DIRECTORY);
	rmdir("gone");
	through("a deleted one", d);
	make_dir("gone");
	through("a deleted one, its name made again", d);
	rmdir("gone");
	close(d);
}

/* Descriptors of things without a name. */
static void empty_path(void)
{
	int fds[5] = { open("f", O_RDONLY), open("f", O_PATH), open("link", O_PATH | O_NOFOLLOW),
		       syscall(SYS_memfd_create, "m", 0), AT_FDCWD };
	static const char *const names[] = { "file", "O_PATH file", "O_PATH link", "memfd", "cwd" };
	struct stat st;
	char buf[64];

	for (int i = 0; i < 5; i++) {
		int fd = fds[i];

		printf("empty path of %s\n", names[i]);
		SHOW(fstatat(fd, "", &st, AT_EMPTY_PATH));
		SHOW(fstatat(fd, NULL, &st, AT_EMPTY_PATH));
		SHOW(readlinkat(fd, "", buf, sizeof(buf)));
		SHOW(syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH));
		SHOW(fchownat(fd, "", -1, -1, AT_EMPTY_PATH));
		SHOW(linkat(fd, "", AT_FDCWD, "linked", AT_EMPTY_PATH));
		unlink("linked");
		SHOW(syscall(SYS_fchmodat2, fd, "", 0644, AT_EMPTY_PATH));
		SHOW(syscall(SYS_utimensat, fd, NULL, NULL, 0));
		SHOW(syscall(SYS_utimensat, fd, "", NULL, AT_EMPTY_PATH));
		SHOW(syscall(SYS_execveat, fd, "", no_args, NULL, AT_EMPTY_PATH | 0x10000));
		chmod("/tmp", 0755);
		if (fd >= 0)
			close(fd);
	}
}

/* A descriptor of something else: also of a link that leads to a directory. */
static void not_a_directory(int fd)
{
	static const char *const names[] = { "x", "./x", ".", "..", "../f", "d/../f", "tmp/../tmp/f", "a/b/c" };
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT };
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		printf("from what is no directory: %s\n", names[i]);
		SHOW_FD(openat(fd, names[i], O_RDONLY));
		SHOW(fstatat(fd, names[i], &st, AT_SYMLINK_NOFOLLOW));
		SHOW(mkdirat(fd, names[i], 0755));
		SHOW(renameat(fd, names[i], AT_FDCWD, "moved"));
		SHOW(renameat(AT_FDCWD, "f", fd, names[i]));
		SHOW(linkat(fd, names[i], AT_FDCWD, "linked", 0));
		SHOW_FD(syscall(SYS_openat2, fd, names[i], &how, sizeof(how)));
	}
	SHOW_FD(syscall(SYS_openat2, fd, "/f", &how, sizeof(how)));
	how.resolve = RESOLVE_BENEATH;
	SHOW_FD(syscall(SYS_openat2, fd, "/f", &how, sizeof(how)));
	SHOW_FD(syscall(SYS_openat2, fd, "d/../f", &how, sizeof(how)));
}

static void o_path(void)
{
	int fd = open("f", O_PATH), link = open("link", O_PATH | O_NOFOLLOW);
	char name[64], buf[8];
	struct stat st;

	SHOW(read(fd, buf, 1));
	SHOW(fchmod(fd, 0644));
	SHOW(fstat(fd, &st));
	SHOW(fstat(link, &st));
	printf("link type %o\n", st.st_mode & S_IFMT);
	SHOW(fchdir(fd));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	SHOW_FD(open(name, O_RDONLY));
	SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "by-proc", AT_SYMLINK_FOLLOW));
	SHOW(unlink("by-proc"));
	SHOW(chmod(name, 0600));
	SHOW(truncate(name, 1));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", link);
	SHOW_FD(open(name, O_RDONLY));
	SHOW(stat(name, &st));
	not_a_directory(link);
	not_a_directory(fd);
	close(fd);
	close(link);
	link = open("d/dirlink", O_PATH | O_NOFOLLOW);
	not_a_directory(link);
	close(link);
}

static void tmpfile_link(void)
{
	int fd = SHOW(open("d", O_TMPFILE | O_RDWR, 0600));
	char name[64];

	SHOW(write(fd, "tmp\n", 4));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	SHOW(linkat(AT_FDCWD, name, AT_FDCWD, "from-tmp", AT_SYMLINK_FOLLOW));
	SHOW(linkat(fd, "", AT_FDCWD, "from-tmp2", AT_EMPTY_PATH));
	show_file("from-tmp");
	SHOW(unlink("from-tmp"));
	SHOW(unlink("from-tmp2"));
	close(fd);
	SHOW_FD(open("f", O_TMPFILE | O_RDWR, 0600));
	SHOW_FD(open("missing", O_TMPFILE | O_RDWR, 0600));
	SHOW_FD(open("d", O_TMPFILE | O_RDONLY, 0600));
	SHOW_FD(open("d/bound", O_TMPFILE | O_RDWR, 0600));
}

/* The descriptor is outside, the name leads into a bind, and the other way round. */
static void binds_below(void)
{
	int d = open("d", O_RDONLY), in = open("d/bound", O_PATH), mnt = open("/mnt", O_PATH);
	struct stat st;

	SHOW_FD(openat(d, "bound/file", O_RDONLY));
	SHOW_FD(openat(d, "bound/../f", O_RDONLY));
	SHOW_FD(openat(d, "boundfile", O_RDONLY));
	SHOW(fstatat(d, "boundfile/", &st, 0));
	SHOW_FD(openat(in, "../f", O_RDONLY));
	SHOW_FD(openat(in, "../bound/../../f", O_RDONLY));
	SHOW_FD(openat(mnt, "data/inner/../../data/file", O_RDONLY));
	SHOW(renameat(in, "file", d, "out"));
	SHOW(linkat(d, "f", in, "hard", 0));
	SHOW(unlinkat(d, "bound", AT_REMOVEDIR));
	SHOW(unlinkat(d, "boundfile", 0));
	close(d);
	close(in);
	close(mnt);
}

int main(void)
{
	NEED(chdir("/tmp") == 0);
	make_dir("d");
	make_dir("deeper");
	make_file("f", "f\n");
	make_file("d/f", "df\n");
	make_link("f", "d/link");
	make_link("/tmp/f", "d/abslink");
	make_link("/", "d/dirlink");
	make_link("f", "link");
	directories();
	deleted();
	empty_path();
	o_path();
	tmpfile_link();
	binds_below();
	return 0;
}
